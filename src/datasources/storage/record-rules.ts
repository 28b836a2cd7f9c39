import { hash } from 'node:crypto'
import { badUserInput } from '../../errors.ts'
import { type RunKey } from '../runs/runs.ts'
import { type DataClass } from './storage.ts'

export interface RecordLimits {
  /** Largest payload of one record. */
  readonly recordBytes: number
  /** Most records of one append. */
  readonly batchRecords: number
  /** Largest sum of payloads of one append. */
  readonly batchBytes: number
}

export const RESERVED_PREFIX = '_'
/** The reserved stream of a tenant's audit receipts. */
export const AUDIT_STREAM = '_audit'

/** @throws AppError BAD_USER_INPUT */
export function checkStreamName(name: string): string {
  if (name === '' || name.length > 256 || /[\p{Cc}\p{Cs}]/u.test(name))
    throw badUserInput('A stream name has 1 to 256 characters, none of them a control character.', { path: ['name'] })
  if (name.startsWith(RESERVED_PREFIX)) throw badUserInput(`Names that begin with "${RESERVED_PREFIX}" are reserved.`, { path: ['name'] })
  return name
}

/** @throws AppError BAD_USER_INPUT for an empty batch, or one beyond the limits */
export function checkBatch(payloads: readonly Uint8Array[], limits: RecordLimits): void {
  if (payloads.length === 0) throw badUserInput('Give at least one record.', { path: ['records'] })
  if (payloads.length > limits.batchRecords) throw badUserInput(`At most ${limits.batchRecords} records at once.`, { path: ['records'] })
  let bytes = 0
  payloads.forEach((payload, index) => {
    if (payload.length > limits.recordBytes)
      throw badUserInput(`Record ${index} has ${payload.length} bytes; at most ${limits.recordBytes} are stored.`, { path: ['records'] })
    bytes += payload.length
  })
  if (bytes > limits.batchBytes) throw badUserInput(`At most ${limits.batchBytes} bytes at once.`, { path: ['records'] })
}

const sensitive: readonly DataClass[] = ['PHI', 'PII', 'PCI']

/** Whether payloads of this class are shown only to those with `storage:sensitive`. */
export const isSensitive = (dataClass: DataClass): boolean => sensitive.includes(dataClass)

const OPENING_BRACE = 0x7b
const runIdMark = Buffer.from('"runId"')
const MOST_BYTES_SEARCHED = 65_536
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The text of a payload; null when it is not UTF-8. */
export function payloadText(payload: Uint8Array): string | null {
  try {
    return decoder.decode(payload)
  } catch {
    return null
  }
}

/** The JSON value of a payload; undefined when it is none. */
export function payloadJson(payload: Uint8Array): unknown {
  const text = payloadText(payload)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 512

/**
 * The run that a payload names: a JSON object with the texts `ritualId` and `runId` at its top. Payloads beyond 64 KiB are not searched.
 * @returns null when it names none
 */
export function runOfPayload(payload: Uint8Array): RunKey | null {
  if (payload[0] !== OPENING_BRACE || payload.length > MOST_BYTES_SEARCHED) return null
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  if (!bytes.includes(runIdMark)) return null
  const value = payloadJson(payload)
  if (typeof value !== 'object' || value === null || !('ritualId' in value) || !('runId' in value)) return null
  return isId(value.ritualId) && isId(value.runId) ? { system: 'DEMON', ritualId: value.ritualId, runId: value.runId } : null
}

const half = (text: string): Buffer => hash('sha256', text, 'buffer').subarray(0, 16)

/** By what the records of a run are found: 16 bytes, of one tenant. */
export const aboutRun = (tenantId: string, { ritualId, runId }: Pick<RunKey, 'ritualId' | 'runId'>): Buffer =>
  half(JSON.stringify([tenantId, ritualId, runId]))

/** By what the receipts about a subject are found. */
export const aboutSubject = (tenantId: string, subject: string): Buffer => half(JSON.stringify([tenantId, 'receipt', subject]))

const receiptMark = Buffer.from('{"receipt":')

/** By what a record can be found beside its offset; null where it names nothing. */
export function aboutOfPayload(tenantId: string, payload: Uint8Array): Buffer | null {
  if (payload[0] !== OPENING_BRACE) return null
  if (Buffer.compare(payload.subarray(0, receiptMark.length), receiptMark) === 0) {
    const value = payloadJson(payload)
    const subject = typeof value === 'object' && value !== null && 'subject' in value ? value.subject : null
    return typeof subject === 'string' ? aboutSubject(tenantId, subject) : null
  }
  const run = runOfPayload(payload)
  return run === null ? null : aboutRun(tenantId, run)
}

/** @throws AppError BAD_USER_INPUT where a check was told not to go over so many records */
export function checkVerified(count: bigint, most: bigint | undefined): void {
  if (most !== undefined && count > most)
    throw badUserInput(`At most ${most} records at once: give \`from\` and \`to\`, and go on where one check ended.`, { path: ['to'] })
}
