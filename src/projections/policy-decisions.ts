import { idOf, intOf, isObject, jsonText, textOf, type JsonObject } from './event-text.ts'

/** What a `policy.decision:v1` says, whichever of its four shapes it has; what a shape lacks is null. `validation` and `details` are JSON text. */
export interface PolicyReading {
  readonly allowed: boolean | null
  readonly capability: string | null
  readonly reason: string | null
  readonly quota: { readonly limit: number; readonly windowSeconds: number; readonly remaining: number | null } | null
  readonly validation: string | null
  readonly details: string | null
}

/**
 * allowed = `decision.allowed`, else what `decision.effect` says, else unknown. (contract: demon 4.6)
 * @param payload any JSON object; nothing in it is trusted
 */
export function readPolicyDecision(payload: JsonObject): PolicyReading {
  const decision = isObject(payload['decision']) ? payload['decision'] : {}
  return {
    allowed: readAllowed(decision),
    capability: idOf(payload['capability']),
    reason: textOf(decision['reason']),
    quota: readQuota(payload['quota']),
    validation: jsonText(payload['validation']),
    details: jsonText(decision['details'] ?? payload['details']),
  }
}

function readAllowed(decision: JsonObject): boolean | null {
  if (typeof decision['allowed'] === 'boolean') return decision['allowed']
  if (decision['effect'] === 'allow') return true
  return decision['effect'] === 'deny' ? false : null
}

function readQuota(quota: unknown): PolicyReading['quota'] {
  if (!isObject(quota)) return null
  const limit = intOf(quota['limit'])
  const windowSeconds = intOf(quota['windowSeconds'])
  return limit === null || windowSeconds === null ? null : { limit, windowSeconds, remaining: intOf(quota['remaining']) }
}
