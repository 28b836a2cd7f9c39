import { type ExecutionResult } from 'graphql'
import { type Refusal } from '../operation/operation.ts'

export type Profile = 'audit' | 'spec2026'
type Single = 'application/graphql-response+json' | 'application/json'

/** What each refusal means in HTTP (platform 3.4): profile `audit` by media type, profile `spec2026` for both. */
const table: Readonly<Record<Refusal, { readonly grj: number; readonly json: number; readonly spec2026: number }>> = {
  MALFORMED: { grj: 400, json: 400, spec2026: 422 },
  DOCUMENT: { grj: 400, json: 200, spec2026: 422 },
  PARSE: { grj: 400, json: 200, spec2026: 400 },
  VALIDATION: { grj: 400, json: 200, spec2026: 422 },
  VARIABLES: { grj: 400, json: 200, spec2026: 422 },
  OPERATION: { grj: 400, json: 400, spec2026: 422 },
  COST: { grj: 400, json: 400, spec2026: 422 },
  UNAUTHENTICATED: { grj: 401, json: 401, spec2026: 401 },
  FORBIDDEN: { grj: 403, json: 403, spec2026: 403 },
  METHOD: { grj: 405, json: 405, spec2026: 405 },
  BUDGET: { grj: 429, json: 429, spec2026: 429 },
  UNAVAILABLE: { grj: 503, json: 503, spec2026: 503 },
}

export const statusOfRefusal = (refusal: Refusal, profile: Profile, media: Single): number =>
  profile === 'spec2026' ? table[refusal].spec2026 : media === 'application/json' ? table[refusal].json : table[refusal].grj

/** Partial success is told apart by profile `spec2026` only. */
export const statusOfResult = (result: ExecutionResult, profile: Profile): number =>
  profile === 'spec2026' && result.errors !== undefined ? 294 : 200

const failures: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  THROTTLED: 429,
  INTERNAL_SERVER_ERROR: 500,
  SOURCE_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
}

/** What a code means where the answer is no GraphQL response. */
export const statusOfCode = (code: string): number => failures[code] ?? 400

/** `Retry-After` of an answer, or of those that are sent together: the longest wait; nothing where none is to be waited for. */
export function retryAfter(answers: readonly { readonly retryAfterMs?: number | undefined }[]): Record<string, string> {
  const longest = Math.max(...answers.map(({ retryAfterMs }) => retryAfterMs ?? -1))
  return longest < 0 ? {} : { 'retry-after': String(Math.max(1, Math.ceil(longest / 1000))) }
}
