import { type Approval, type ApprovalKey } from '../datasources/approvals/approvals.ts'
import { type Ritual, type Run, type RunEvent, type RunKey, type System, systems } from '../datasources/runs/runs.ts'
import { type Scope } from '../datasources/scope.ts'
import { type AuditReceipt } from '../datasources/storage/audit.ts'
import { type RecordStoreKind, recordStoreKinds, type RecordStream } from '../datasources/storage/storage.ts'
import { badUserInput } from '../errors.ts'
import { encodeId, expectId } from '../ids.ts'

export const runId = (run: Pick<Run, 'system' | 'tenantId' | 'ritualId' | 'runId'>): string =>
  encodeId('Run', [run.system, run.tenantId, run.ritualId, run.runId])
export const approvalId = (approval: Pick<Approval, 'system' | 'tenantId' | 'ritualId' | 'runId' | 'gateId'>): string =>
  encodeId('Approval', [approval.system, approval.tenantId, approval.ritualId, approval.runId, approval.gateId])
export const recordStreamId = ({ store, tenantId, name }: Pick<RecordStream, 'store' | 'tenantId' | 'name'>): string =>
  encodeId('RecordStream', [store, tenantId, name])
export const recordId = ({ store, tenantId, name }: Pick<RecordStream, 'store' | 'tenantId' | 'name'>, offset: bigint): string =>
  encodeId('Record', [store, tenantId, name, offset.toString()])
export const auditReceiptId = ({ tenantId, sequence }: Pick<AuditReceipt, 'tenantId' | 'sequence'>): string =>
  encodeId('AuditReceipt', [tenantId, sequence.toString()])
export const ritualId = (ritual: Pick<Ritual, 'tenantId' | 'ritualId'>): string => encodeId('Ritual', [ritual.tenantId, ritual.ritualId])
export const runEventId = (event: Pick<RunEvent, 'tenantId' | 'sequence'>): string =>
  encodeId('RunEvent', [event.tenantId, event.sequence.toString()])

export const sloId = (slo: { readonly tenantId: string; readonly name: string }): string => encodeId('Slo', [slo.tenantId, slo.name])

const isSystem = (text: string): text is System => systems.some((system) => system === text)

/** The key that the parts of a run's id name; null for a run of another tenant, which does not exist for this caller. */
export function runKeyOf(scope: Scope, [system, tenantId, ritualId, runId]: readonly string[]): RunKey | null {
  if (system === undefined || ritualId === undefined || runId === undefined || !isSystem(system)) return null
  return tenantId === scope.tenantId ? { system, ritualId, runId } : null
}

export function approvalKeyOf(scope: Scope, parts: readonly string[]): ApprovalKey | null {
  const run = runKeyOf(scope, parts)
  const gateId = parts[4]
  return run === null || gateId === undefined ? null : { ...run, gateId }
}

export function sequenceOf(scope: Scope, [tenantId, sequence]: readonly string[]): bigint | null {
  if (tenantId !== scope.tenantId || sequence === undefined || !/^\d{1,18}$/.test(sequence)) return null
  return BigInt(sequence)
}

interface Target<Key> {
  readonly id?: string | null | undefined
  readonly key?: Key | null | undefined
}

const natural = <Key extends { readonly system?: System | null | undefined }>(key: Key) => ({ ...key, system: key.system ?? 'DEMON' })

/**
 * Which run is meant: by its global id or by its natural key.
 * @returns null when the id names another tenant's run
 * @throws AppError BAD_USER_INPUT when neither or both are given, or the id is not a run's
 */
export function runTarget(
  scope: Scope,
  target: Target<Omit<RunKey, 'system'> & { readonly system?: System | null | undefined }>,
  idName = 'id',
) {
  if (target.id != null && target.key == null) return runKeyOf(scope, expectId('Run', target.id, 4))
  if (target.key != null && target.id == null) return natural(target.key)
  throw badUserInput(`Name the run by \`${idName}\` or by \`key\`.`)
}

/** Which gate is meant; as `runTarget`. */
export function approvalTarget(
  scope: Scope,
  target: Target<Omit<ApprovalKey, 'system'> & { readonly system?: System | null | undefined }>,
  idName = 'id',
) {
  if (target.id != null && target.key == null) return approvalKeyOf(scope, expectId('Approval', target.id, 5))
  if (target.key != null && target.id == null) return natural(target.key)
  throw badUserInput(`Name the gate by \`${idName}\` or by \`key\`.`)
}

export interface RecordStreamKey {
  readonly store: RecordStoreKind
  readonly name: string
}

/** The stream that the parts of an id name; null for one of another tenant. */
export function recordStreamKeyOf(scope: Scope, [store, tenantId, name]: readonly string[]): RecordStreamKey | null {
  const kind = recordStoreKinds.find((known) => known === store)
  return kind === undefined || name === undefined || tenantId !== scope.tenantId ? null : { store: kind, name }
}

/** Which stream is meant; as `runTarget`. */
export function recordStreamTarget(
  scope: Scope,
  target: Target<{ readonly name: string; readonly store?: RecordStoreKind | null | undefined }>,
  idName = 'id',
): RecordStreamKey | null {
  if (target.id != null && target.key == null) return recordStreamKeyOf(scope, expectId('RecordStream', target.id, 3))
  if (target.key != null && target.id == null) return { name: target.key.name, store: target.key.store ?? 'NATIVE' }
  throw badUserInput(`Name the stream by \`${idName}\` or by \`key\`.`)
}
