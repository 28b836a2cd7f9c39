import { badUserInput } from '../../errors.ts'
import { type RunKey } from './runs.ts'

/** Bounds of what may enter an event: ids in characters, texts and JSON in bytes of UTF-8. */
export const limits = { idCharacters: 256, textBytes: 4096, jsonBytes: 262_144, maxLevel: 1000, maxTtlSeconds: 315_360_000 } as const

/** What the 6-token subjects belong to (contract: demon 2.4). */
export const LEGACY_TENANT = 'default'

/** The subject that decisions and lifecycle events of a run are written to: 7 tokens (contract: demon 2.4). */
export const runSubject = (tenantId: string, key: Pick<RunKey, 'ritualId' | 'runId'>): string =>
  `demon.ritual.v1.${tenantId}.${key.ritualId}.${key.runId}.events`

/** The old subject of the same run: read, never written; null for tenants that never had one. */
export const legacySubject = (tenantId: string, key: Pick<RunKey, 'ritualId' | 'runId'>): string | null =>
  tenantId === LEGACY_TENANT ? `demon.ritual.v1.${key.ritualId}.${key.runId}.events` : null

const refuse = (path: string, message: string) => badUserInput(message, { path: [path] })

function checkLength(path: string, value: string): void {
  if (value === '') throw refuse(path, `${path} must not be empty.`)
  if (value.length > limits.idCharacters) throw refuse(path, `${path} may have at most ${limits.idCharacters} characters.`)
}

// A subject's tokens are split at dots, `*` and `>` are wildcards, white space ends the protocol's fields.
const NOT_IN_A_SUBJECT = /[\s.*>\p{Z}\p{Cc}\p{Cs}]/u
// Control characters would break the message id's header; half a surrogate pair has no UTF-8.
const NOT_IN_A_HEADER = /[\p{Cc}\p{Cs}]/u
const NOT_IN_A_TEXT = /[\0\p{Cs}]/u
// Nothing that anybody could see: white space of every kind, zero-width and control characters.
const BLANK = /^[\p{Z}\p{C}]*$/u

/**
 * An id that becomes a token of a subject: tenant, ritual, run (contract: demon 13.12).
 * @throws AppError BAD_USER_INPUT with `details.path`
 */
export function checkSubjectId(path: string, value: string): void {
  checkLength(path, value)
  if (NOT_IN_A_SUBJECT.test(value)) throw refuse(path, `${path} must not hold dots, white space, control characters, "*" or ">".`)
}

/** A gate's id may hold any text except control characters, because it enters the message id's header. @throws AppError BAD_USER_INPUT */
export function checkGateId(value: string): void {
  checkLength('gateId', value)
  if (NOT_IN_A_HEADER.test(value)) throw refuse('gateId', 'gateId must not hold control characters.')
}

/** @throws AppError BAD_USER_INPUT for ids that cannot enter a subject, or a run of another system */
export function checkRun(tenantId: string, key: RunKey): void {
  if (key.system !== 'DEMON') throw refuse('system', `Runs of ${key.system} cannot be written through Demon's log.`)
  checkSubjectId('tenantId', tenantId)
  checkSubjectId('ritualId', key.ritualId)
  checkSubjectId('runId', key.runId)
}

/**
 * A text that the caller may leave out.
 * @returns the text as given; null when it was left out
 * @throws AppError BAD_USER_INPUT when it is given but empty, is too long, or holds what UTF-8 text cannot
 */
export function readText(path: string, value: string | null | undefined, maxBytes: number = limits.textBytes): string | null {
  if (value === null || value === undefined) return null
  if (NOT_IN_A_TEXT.test(value)) throw refuse(path, `${path} holds characters that cannot be stored.`)
  if (BLANK.test(value)) throw refuse(path, `${path} must not be empty.`)
  if (Buffer.byteLength(value) > maxBytes) throw refuse(path, `${path} may have at most ${maxBytes} bytes.`)
  return value
}

/** A text that must be there. @throws AppError BAD_USER_INPUT when it is left out, or as `readText` */
export function requireText(path: string, value: string | null | undefined, maxBytes: number = limits.textBytes): string {
  const text = readText(path, value, maxBytes)
  if (text === null) throw refuse(path, `${path} must not be empty.`)
  return text
}

/** A whole number in bounds. @throws AppError BAD_USER_INPUT */
export function checkWhole(path: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) throw refuse(path, `${path} must be a whole number from ${min} to ${max}.`)
  return value
}

// Values nested too deeply overflow the stack; some values JSON does not have.
function writtenAsJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Any JSON value within the bound. @throws AppError BAD_USER_INPUT when it is too large or no JSON */
export function checkJson(path: string, value: unknown): void {
  const text = writtenAsJson(value)
  if (text === undefined) throw refuse(path, `${path} is not JSON that can be stored.`)
  if (Buffer.byteLength(text) > limits.jsonBytes) throw refuse(path, `${path} may have at most ${limits.jsonBytes} bytes.`)
}

/** A JSON object within the bound; `null` and nothing at all stay null. @throws AppError BAD_USER_INPUT */
export function readObject(path: string, value: unknown): object | null {
  if (value === null || value === undefined) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse(path, `${path} must be a JSON object.`)
  checkJson(path, value)
  return value
}
