import { type RunKey, systems } from '../runs/runs.ts'
import { type Parameters } from '../sql-keyset.ts'
import { TICKET_VERSION, type SignedTicket } from './ticket-message.ts'
import { type Ticket, type TicketFilter } from './tickets.ts'

/** A row of `tickets`, read by `ticketColumns`. */
export interface TicketRow {
  id: string
  tenant_id: string
  repo_id: string
  base_commit: string
  plan_hash: string
  kid: string
  nonce: string
  scopes: string
  patch_sha256: string
  mac: string
  issued_at_ms: bigint
  expires_at_ms: bigint
  issued_by: string
  run_system: string | null
  run_ritual_id: string | null
  run_id: string | null
  consumed_at_ms: bigint | null
  revoked_at_ms: bigint | null
  revoke_reason: string | null
}

export const ticketColumns =
  't.id, t.tenant_id, t.repo_id, t.base_commit, t.plan_hash, t.kid, t.nonce, t.scopes, t.patch_sha256, t.mac, t.issued_at_ms, t.expires_at_ms, t.issued_by, t.run_system, t.run_ritual_id, t.run_id, t.consumed_at_ms, t.revoked_at_ms, t.revoke_reason'

const textsOf = (json: string): string[] => {
  const parsed: unknown = JSON.parse(json)
  return Array.isArray(parsed) ? parsed.map(String) : []
}
export const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))

function runOf({ run_system, run_ritual_id, run_id }: TicketRow): RunKey | null {
  const system = systems.find((one) => one === run_system)
  return system === undefined || run_ritual_id === null || run_id === null ? null : { system, ritualId: run_ritual_id, runId: run_id }
}

export const ticketOf = (row: TicketRow): Ticket => ({
  id: row.id,
  tenantId: row.tenant_id,
  repoId: row.repo_id,
  kid: row.kid,
  baseCommit: row.base_commit,
  planHash: row.plan_hash,
  scopes: textsOf(row.scopes),
  issuedAtMs: Number(row.issued_at_ms),
  expiresAtMs: Number(row.expires_at_ms),
  issuedBy: row.issued_by,
  consumedAtMs: numberOf(row.consumed_at_ms),
  revokedAtMs: numberOf(row.revoked_at_ms),
  revokeReason: row.revoke_reason,
  run: runOf(row),
})

export const signedOf = (row: TicketRow): SignedTicket => ({
  version: TICKET_VERSION,
  kid: row.kid,
  id: row.id,
  repoId: row.repo_id,
  baseCommit: row.base_commit,
  planHash: row.plan_hash,
  nonce: row.nonce,
  iat: Number(row.issued_at_ms),
  exp: Number(row.expires_at_ms),
  scopes: textsOf(row.scopes),
  patchSha256: row.patch_sha256,
  mac: row.mac,
})

/** Conditions of a list; `$1` is the tenant. */
export function conditions({ states, repoId, runKey }: TicketFilter, { add }: Parameters, nowMs: number): string[] {
  const where = ['t.tenant_id = $1']
  if (repoId != null) where.push(`t.repo_id = ${add(repoId)}`)
  if (runKey != null)
    where.push(`t.run_system = ${add(runKey.system)} and t.run_ritual_id = ${add(runKey.ritualId)} and t.run_id = ${add(runKey.runId)}`)
  if (states != null) {
    const now = add(BigInt(nowMs))
    const texts = {
      REVOKED: 't.revoked_at_ms is not null',
      CONSUMED: 't.revoked_at_ms is null and t.consumed_at_ms is not null',
      EXPIRED: `t.revoked_at_ms is null and t.consumed_at_ms is null and t.expires_at_ms <= ${now}::bigint`,
      ACTIVE: `t.revoked_at_ms is null and t.consumed_at_ms is null and t.expires_at_ms > ${now}::bigint`,
    }
    where.push(states.length === 0 ? 'false' : `(${states.map((state) => `(${texts[state]})`).join(' or ')})`)
  }
  return where
}
