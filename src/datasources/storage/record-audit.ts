import { actorOf } from '../../auth/actor.ts'
import { AppError, isOutage } from '../../errors.ts'
import { formatNanos, parseNanos, type Clock } from '../../time.ts'
import { type EventLog } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type AuditLog, type AuditReceipt, type NewReceipt } from './audit.ts'
import { AUDIT_STREAM, aboutSubject, payloadJson } from './record-rules.ts'
import { recordColumns, type RecordRow, toRecord } from './sql-records.ts'
import { type NativeRecordStore } from './sql-record-store.ts'
import { type RecordStream, type StoredRecord } from './storage.ts'

/** Where receipts wait in the event log while SQL does not answer; the rest of the subject is the tenant, in base64url. */
export const PENDING_RECEIPTS = 'orrery.audit.v1.pending'

const GENESIS = '0'.repeat(64)
const MOST_TENANTS = 10_000

/** `receipt` stands first: that is how a receipt's bytes are told from other JSON. */
const bytesOf = ({ actor, action, subject, outcome, requestId, inputDigest }: NewReceipt, at: bigint): Buffer =>
  Buffer.from(
    JSON.stringify({ receipt: 1, at: formatNanos(at), actor, action, subject, outcome, requestId, inputDigest: `sha256:${inputDigest}` }),
  )

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** @returns null for a record that is no receipt of ours */
export function readReceipt(tenantId: string, { offset, hash, previousHash, payload }: StoredRecord): AuditReceipt | null {
  const value = payloadJson(payload)
  if (typeof value !== 'object' || value === null || !('receipt' in value)) return null
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const actor = fields['actor']
  const named = typeof actor === 'object' && actor !== null && 'id' in actor && typeof actor.id === 'string' ? actor.id : 'unknown'
  const told: Readonly<Record<string, unknown>> = typeof actor === 'object' && actor !== null ? { ...actor } : {}
  const kinds = ['USER', 'SERVICE', 'SYSTEM', 'UNKNOWN'] as const
  return {
    tenantId,
    sequence: offset,
    hash: hash ?? '',
    previousHash: previousHash ?? GENESIS,
    actor: {
      id: named,
      kind: kinds.find((kind) => kind === told['kind']) ?? actorOf(named).kind,
      displayName: typeof told['displayName'] === 'string' ? told['displayName'] : null,
    },
    action: textOf(fields['action']),
    subject: typeof fields['subject'] === 'string' ? fields['subject'] : null,
    outcome: textOf(fields['outcome']),
    requestId: textOf(fields['requestId']),
    inputDigest: textOf(fields['inputDigest']).replace(/^sha256:/, ''),
    at: parseNanos(fields['at']) ?? 0n,
    payload: value,
  }
}

export interface RecordAuditOptions {
  readonly sql: Sql
  readonly store: NativeRecordStore
  readonly log: EventLog
  readonly clock: Clock
}

/** What only the worker does: chaining the receipts that waited in the event log. */
export interface NativeAuditLog extends AuditLog {
  /** Chains a receipt that waited; harmless when repeated. */
  chain(tenantId: string, payload: Uint8Array, messageId: string): Promise<void>
}

/** Receipts as records of the reserved stream of each tenant. */
export function createRecordAudit({ sql, store, log, clock }: RecordAuditOptions): NativeAuditLog {
  const streams = new Map<string, RecordStream>()

  async function streamOf(tenantId: string): Promise<RecordStream> {
    const known = streams.get(tenantId)
    if (known !== undefined) return known
    const stream = await store.createReserved({ tenantId }, { name: AUDIT_STREAM, dataClass: 'CONFIDENTIAL', retentionDays: null })
    if (streams.size >= MOST_TENANTS) streams.clear()
    streams.set(tenantId, stream)
    return stream
  }

  async function chainBytes(tenantId: string, payload: Uint8Array, messageId: string | null): Promise<{ offset: bigint; hash: string }> {
    const idempotency = messageId === null ? null : { actorId: 'system', key: messageId, requestHash: messageId }
    const done = await store.append({ tenantId }, await streamOf(tenantId), { payloads: [payload], expectedOffset: null, idempotency })
    if (done.outcome !== 'APPENDED') throw new Error('an append without expectation has no conflict')
    return { offset: done.firstOffset, hash: done.headHash ?? '' }
  }

  async function leaveInLog(tenantId: string, payload: Uint8Array, cause: unknown): Promise<void> {
    try {
      await log.append(`${PENDING_RECEIPTS}.${Buffer.from(tenantId).toString('base64url')}`, payload)
    } catch (error) {
      throw new AppError('SOURCE_UNAVAILABLE', 'The audit receipt could not be written.', {
        source: 'sql',
        cause: new AggregateError([cause, error]),
      })
    }
  }

  async function find(scope: Scope, sequence: bigint): Promise<AuditReceipt | null> {
    const stream = await store.find(scope, AUDIT_STREAM)
    if (stream === null) return null
    const [record] = await store.read(scope, stream, { from: sequence, to: sequence + 1n })
    return record === undefined ? null : readReceipt(scope.tenantId, record)
  }

  return {
    async append({ tenantId }, receipt) {
      const at = clock.now()
      const payload = bytesOf(receipt, at)
      try {
        const { offset, hash } = await chainBytes(tenantId, payload, null)
        return {
          ...receipt,
          tenantId,
          sequence: offset,
          hash,
          previousHash: offset === 0n ? GENESIS : null,
          at,
          payload: payloadJson(payload),
        }
      } catch (error) {
        if (!isOutage(error)) throw error
        await leaveInLog(tenantId, payload, error)
        return null
      }
    },
    async chain(tenantId, payload, messageId) {
      await chainBytes(tenantId, payload, messageId)
    },
    find,
    async about(scope, subject) {
      const rows = await sql.any<RecordRow>(
        `select ${recordColumns} from record_streams s join records r on r.stream_key = s.stream_key
          where s.tenant_id = $1 and s.name = $2 and r.about = $3::bytea order by r.record_offset desc limit 100`,
        [scope.tenantId, AUDIT_STREAM, aboutSubject(scope.tenantId, subject)],
        { signal: scope.signal },
      )
      return rows.flatMap((row) => readReceipt(scope.tenantId, toRecord(row)) ?? [])
    },
    async verify(scope, { from, to }) {
      const stream = await store.find(scope, AUDIT_STREAM)
      if (stream === null) return { ok: false, checkedFrom: from, checkedTo: to, reason: 'There is no audit log yet.' }
      const found = await store.verify(scope, stream, { from, to: to + 1n })
      return {
        ok: found.ok,
        checkedFrom: from,
        checkedTo: found.ok ? from + found.checked - 1n : (found.firstBrokenOffset ?? to),
        reason: found.reason,
      }
    },
  }
}
