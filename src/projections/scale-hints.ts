import { type LogMessage } from '../datasources/log/log.ts'
import { type ScaleHint } from '../datasources/runs/runs.ts'
import { parseNanos } from '../time.ts'
import { parseJsonObject, textOf } from './event-text.ts'
import { isSubjectToken, type UnreadableMessage } from './events.ts'

const recommendations: Readonly<Record<string, ScaleHint['recommendation']>> = {
  scale_up: 'SCALE_UP',
  scale_down: 'SCALE_DOWN',
  steady: 'STEADY',
}

/** The tenant of `demon.scale.v1.{tenant}.hints`, or null for any other subject. */
export function tenantOfScaleSubject(subject: string): string | null {
  const [demon, scale, version, tenantId, hints, ...rest] = subject.split('.')
  if (demon !== 'demon' || scale !== 'scale' || version !== 'v1' || hints !== 'hints' || rest.length > 0) return null
  return tenantId !== undefined && isSubjectToken(tenantId) ? tenantId : null
}

/**
 * Reads one message of the scale stream; never throws. A word that we do not know is UNKNOWN, a time that cannot be read is the log's.
 * (contract: demon 4.7)
 */
export function parseScaleHint(
  message: LogMessage,
): { readonly readable: true; readonly hint: ScaleHint } | ({ readonly readable: false } & UnreadableMessage) {
  const tenantId = tenantOfScaleSubject(message.subject)
  if (tenantId === null) return { readable: false, tenantId, reason: 'the subject has no form that we know' }
  const parsed = parseJsonObject(message.payload)
  if ('refused' in parsed) return { readable: false, tenantId, reason: parsed.refused }
  const word = parsed.object['recommendation']
  const known = parsed.object['event'] === 'agent.scale.hint:v1' && typeof word === 'string' && Object.hasOwn(recommendations, word)
  return {
    readable: true,
    hint: {
      tenantId,
      sequence: message.sequence,
      at: parseNanos(parsed.object['ts']) ?? message.recordedAtNs,
      recommendation: (known ? recommendations[word] : undefined) ?? 'UNKNOWN',
      reason: textOf(parsed.object['reason']),
      payload: parsed.text,
    },
  }
}
