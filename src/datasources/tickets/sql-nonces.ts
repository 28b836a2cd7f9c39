import { groupCommit } from '../group-commit.ts'
import { type Sql } from '../sql/sql.ts'
import { type Consumption, type Looked, type Nonces, type NonceState } from './nonces.ts'
import { stampColumns } from './sql-stamps.ts'
import { NONCE_GRACE_MS, type NonceCode } from './ticket-rules.ts'

interface Row {
  readonly repo_id: string
  readonly nonce: string
  readonly ticket_id: string
  readonly won: boolean
  readonly is_foreign: boolean
  readonly is_revoked: boolean
}

const keyOf = (repoId: string, nonce: string): string => JSON.stringify([repoId, nonce])

/** Uses of one nonce within a group: the first stands for all, the others lose to it. */
function withoutRepeats(asked: readonly Consumption[]): Map<string, Consumption> {
  const first = new Map<string, Consumption>()
  for (const one of asked) {
    const key = keyOf(one.repoId, one.nonce)
    if (!first.has(key)) first.set(key, one)
  }
  return first
}

const codeOf = ({ won, is_foreign, is_revoked }: Row): NonceCode =>
  is_foreign ? 'INVALID_SIGNATURE' : won ? 'OK' : is_revoked ? 'REVOKED' : 'REPLAY'

/**
 * One statement is one transaction: nonces are inserted unless they are known or their tickets are revoked or another tenant's, and the tickets are
 * marked with them, their stamps kept. Inserted in the order of their key, so that two groups never wait for each other in a circle.
 */
async function consumeGroup(sql: Sql, asked: readonly Consumption[]): Promise<NonceCode[]> {
  const first = withoutRepeats(asked)
  const column = <T>(pick: (one: Consumption) => T): T[] => [...first.values()].map(pick)
  const rows = await sql.any<Row>(
    `with asked as (
       select a.*, coalesce(t.tenant_id <> a.tenant_id, false) as is_foreign, t.revoked_at_ms is not null as is_revoked
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) with ordinality
                as a (tenant_id, ticket_id, repo_id, nonce, used_at, expires_at, ord)
         left join tickets t on t.id = a.ticket_id),
     won as (
       insert into nonces (repo_id, nonce, ticket_id, used_at, expires_at)
         select repo_id, nonce, ticket_id, used_at, expires_at from asked where not is_foreign and not is_revoked order by repo_id, nonce
       on conflict do nothing returning repo_id, nonce),
     marked as (
       update tickets t set consumed_at_ms = a.used_at from asked a join won w on w.repo_id = a.repo_id and w.nonce = a.nonce
        where t.id = a.ticket_id and t.tenant_id = a.tenant_id),
     stamped as (
       insert into stamps (stamp_id, tenant_id, ticket_id, repo_sha, plan_hash, file_path, stamp, created_at_ms)
         select s.stamp_id, a.tenant_id, a.ticket_id, s.repo_sha, s.plan_hash, s.file_path, s.stamp, a.used_at
           from unnest($7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
                  as s (ord, stamp_id, repo_sha, plan_hash, file_path, stamp)
           join asked a on a.ord = s.ord join won w on w.repo_id = a.repo_id and w.nonce = a.nonce)
     select a.repo_id, a.nonce, a.ticket_id, a.is_foreign, a.is_revoked, w.nonce is not null as won
       from asked a left join won w on w.repo_id = a.repo_id and w.nonce = a.nonce`,
    [
      column(({ tenantId }) => tenantId),
      column(({ ticketId }) => ticketId),
      column(({ repoId }) => repoId),
      column(({ nonce }) => nonce),
      column(({ nowMs }) => BigInt(nowMs)),
      column(({ expMs }) => BigInt(expMs + NONCE_GRACE_MS)),
      ...stampColumns([...first.values()]),
    ],
  )
  const codes = new Map(rows.map((row) => [keyOf(row.repo_id, row.nonce), codeOf(row)]))
  return asked.map((one) => {
    const key = keyOf(one.repoId, one.nonce)
    const code = codes.get(key) ?? 'REPLAY'
    return code === 'OK' && first.get(key) !== one ? 'REPLAY' : code
  })
}

/** What is known of tickets, for all that are asked about at once. */
async function lookGroup(sql: Sql, asked: readonly Looked[]): Promise<NonceState[]> {
  const column = (pick: (one: Looked) => string): string[] => asked.map(pick)
  const rows = await sql.any<{ ord: bigint; is_foreign: boolean; is_revoked: boolean; seen: boolean }>(
    `select a.ord, coalesce(t.tenant_id <> a.tenant_id, false) as is_foreign, t.revoked_at_ms is not null as is_revoked, n.nonce is not null as seen
       from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as a (tenant_id, ticket_id, repo_id, nonce, ord)
       left join tickets t on t.id = a.ticket_id
       left join nonces n on n.repo_id = a.repo_id and n.nonce = a.nonce`,
    [column(({ tenantId }) => tenantId), column(({ ticketId }) => ticketId), column(({ repoId }) => repoId), column(({ nonce }) => nonce)],
  )
  const states: NonceState[] = []
  for (const { ord, is_foreign: isForeign, is_revoked: isRevoked, seen } of rows)
    states[Number(ord) - 1] = isForeign ? { code: 'INVALID_SIGNATURE', seen: false } : { code: isRevoked ? 'REVOKED' : 'OK', seen }
  return states
}

export function createSqlNonces({ sql }: { sql: Sql }): Nonces {
  return {
    consume: groupCommit({ run: (asked: readonly Consumption[]) => consumeGroup(sql, asked), most: 500, lanes: 2 }),
    look: groupCommit({ run: (asked: readonly Looked[]) => lookGroup(sql, asked), most: 500, lanes: 2 }),
    async check() {
      // a row stays until it is deleted
    },
  }
}
