import { randomUUID } from 'node:crypto'
import { badUserInput } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type Correction, type SloDataSource, type SloDefinition } from './slo.ts'
import { countsTheSame, parseSpec } from './spec.ts'
import { nextStateRevision } from './state-memory.ts'

const MOST_SLOS = 5000
const MOST_CORRECTIONS = 200

interface SloRow {
  tenant_id: string
  name: string
  spec: string
  revision: bigint
  created_at_ns: bigint
  updated_at_ns: bigint
  updated_by: string
}

interface CorrectionRow {
  id: string
  tenant_id: string
  slo_name: string
  starts_at_ns: bigint
  ends_at_ns: bigint
  reason: string
  author: string
  created_at_ns: bigint
}

const correctionOf = (row: CorrectionRow): Correction => ({
  id: row.id,
  slo: row.slo_name,
  startsAt: row.starts_at_ns,
  endsAt: row.ends_at_ns,
  reason: row.reason,
  author: row.author,
  createdAt: row.created_at_ns,
})

const definitionOf = (row: SloRow, corrections: readonly Correction[]): SloDefinition => ({
  ...parseSpec(JSON.parse(row.spec)),
  tenantId: row.tenant_id,
  revision: Number(row.revision),
  createdAt: row.created_at_ns,
  updatedAt: row.updated_at_ns,
  updatedBy: row.updated_by,
  corrections,
})

/** Definitions of objectives and their corrections, audited. */
export interface SloStore extends Pick<SloDataSource, 'upsert' | 'remove' | 'correct'> {
  /** Read again only when the tenant's revision has moved. */
  ofTenant(scope: Scope): Promise<readonly SloDefinition[]>
  /** Of all tenants: for the worker and the counters. */
  all(): Promise<readonly SloDefinition[]>
}

/** The next revision of a tenant; the row's lock puts changes of one tenant in a row. */
async function nextRevision(tx: SqlExecutor, tenantId: string): Promise<bigint> {
  const { revision } = await tx.one<{ revision: bigint }>(
    `insert into slo_revisions (tenant_id, revision) values ($1, 1)
     on conflict (tenant_id) do update set revision = slo_revisions.revision + 1 returning revision`,
    [tenantId],
  )
  return revision
}

const note = (tx: SqlExecutor, entry: { tenantId: string; name: string; action: string; actor: string; spec: string | null; at: Nanos }) =>
  tx.run('insert into slo_changes (tenant_id, slo_name, action, actor, spec, at_ns) values ($1, $2, $3, $4, $5, $6)', [
    entry.tenantId,
    entry.name,
    entry.action,
    entry.actor,
    entry.spec,
    entry.at,
  ])

/** Removes what own counters stored for an objective. */
async function forgetCounts(tx: SqlExecutor, tenantId: string, name: string): Promise<void> {
  await tx.run('delete from slo_slots where tenant_id = $1 and slo_name = $2', [tenantId, name])
  await tx.run('delete from slo_group_slots where tenant_id = $1 and slo_name = $2', [tenantId, name])
}

export function createSqlSlos({ sql, clock }: { sql: Sql; clock: Clock }): SloStore {
  const known = new Map<string, { revision: bigint; definitions: readonly SloDefinition[] }>()
  let everything: { revision: string; definitions: readonly SloDefinition[] } | null = null

  async function load(db: SqlExecutor, tenantId: string | null, signal?: AbortSignal): Promise<SloDefinition[]> {
    const where = tenantId === null ? '$1::text is null' : 'tenant_id = $1'
    const rows = await db.any<SloRow>(
      `select tenant_id, name, spec, revision, created_at_ns, updated_at_ns, updated_by from slos where ${where} order by name`,
      [tenantId],
      { signal },
    )
    const corrections = await db.any<CorrectionRow>(
      `select id, tenant_id, slo_name, starts_at_ns, ends_at_ns, reason, author, created_at_ns from slo_corrections where ${where} order by starts_at_ns, id`,
      [tenantId],
      { signal },
    )
    const perSlo = new Map<string, Correction[]>()
    for (const row of corrections) {
      const key = JSON.stringify([row.tenant_id, row.slo_name])
      perSlo.set(key, [...(perSlo.get(key) ?? []), correctionOf(row)])
    }
    return rows.map((row) => definitionOf(row, perSlo.get(JSON.stringify([row.tenant_id, row.name])) ?? []))
  }

  const findIn = (definitions: readonly SloDefinition[], name: string): SloDefinition | null =>
    definitions.find((definition) => definition.name === name) ?? null

  return {
    async ofTenant({ tenantId, signal }) {
      const row = await sql.maybeOne<{ revision: bigint }>('select revision from slo_revisions where tenant_id = $1', [tenantId], {
        signal,
      })
      const revision = row?.revision ?? 0n
      const cached = known.get(tenantId)
      if (cached !== undefined && cached.revision === revision) return cached.definitions
      const definitions = revision === 0n ? [] : await load(sql, tenantId, signal)
      if (known.size >= 1000) known.clear()
      known.set(tenantId, { revision, definitions })
      return definitions
    },
    async all() {
      const { revision } = await sql.one<{ revision: string }>(
        `select coalesce(sum(revision), 0)::text || ':' || count(*) as revision from slo_revisions`,
      )
      if (everything?.revision !== revision) everything = { revision, definitions: await load(sql, null) }
      return everything.definitions
    },
    async upsert(scope, spec, actor) {
      const { tenantId } = scope
      const text = JSON.stringify(spec)
      return sql.transaction(async (tx) => {
        const revision = await nextRevision(tx, tenantId)
        const now = clock.now()
        const { count } = await tx.one<{ count: bigint }>('select count(*) as count from slos where tenant_id = $1 and name <> $2', [
          tenantId,
          spec.name,
        ])
        if (count >= MOST_SLOS) throw badUserInput(`A tenant has at most ${MOST_SLOS} objectives.`)
        const before = await tx.maybeOne<{ spec: string }>('select spec from slos where tenant_id = $1 and name = $2', [
          tenantId,
          spec.name,
        ])
        await tx.run(
          `insert into slos (tenant_id, name, service, spec, target_ppm, revision, created_at_ns, updated_at_ns, updated_by)
           values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
           on conflict (tenant_id, name) do update set service = excluded.service, spec = excluded.spec, target_ppm = excluded.target_ppm,
             revision = excluded.revision, updated_at_ns = excluded.updated_at_ns, updated_by = excluded.updated_by`,
          [tenantId, spec.name, spec.service, text, spec.targetPpm, revision, now, actor],
        )
        if (before !== null && !countsTheSame(parseSpec(JSON.parse(before.spec)), spec)) await forgetCounts(tx, tenantId, spec.name)
        await note(tx, { tenantId, name: spec.name, action: before === null ? 'created' : 'changed', actor, spec: text, at: now })
        const definition = findIn(await load(tx, tenantId), spec.name)
        if (definition === null) throw new Error('an objective that was just written is not there')
        return { created: before === null, definition }
      })
    },
    async remove(scope, name, actor) {
      const { tenantId } = scope
      return sql.transaction(async (tx) => {
        await nextRevision(tx, tenantId)
        const gone = await tx.run('delete from slos where tenant_id = $1 and name = $2', [tenantId, name])
        if (gone === 0) return false
        await tx.run('delete from slo_corrections where tenant_id = $1 and slo_name = $2', [tenantId, name])
        await forgetCounts(tx, tenantId, name)
        await nextStateRevision(tx)
        await tx.run('delete from slo_states where tenant_id = $1 and slo_name = $2', [tenantId, name])
        await note(tx, { tenantId, name, action: 'deleted', actor, spec: null, at: clock.now() })
        return true
      })
    },
    async correct(scope, { slo, startsAt, endsAt, reason }, actor) {
      const { tenantId } = scope
      if (endsAt <= startsAt) throw badUserInput('A correction ends after it starts.', { path: ['endsAt'] })
      if (reason.trim() === '' || reason.length > 2000) throw badUserInput('Say why, in 1 to 2,000 characters.', { path: ['reason'] })
      return sql.transaction(async (tx) => {
        const revision = await nextRevision(tx, tenantId)
        const now = clock.now()
        const changed = await tx.run('update slos set revision = $3 where tenant_id = $1 and name = $2', [tenantId, slo, revision])
        if (changed === 0) return null
        const { count } = await tx.one<{ count: bigint }>(
          'select count(*) as count from slo_corrections where tenant_id = $1 and slo_name = $2',
          [tenantId, slo],
        )
        if (count >= MOST_CORRECTIONS) throw badUserInput(`An objective has at most ${MOST_CORRECTIONS} corrections.`)
        await tx.run(
          `insert into slo_corrections (id, tenant_id, slo_name, starts_at_ns, ends_at_ns, reason, author, created_at_ns) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [randomUUID(), tenantId, slo, startsAt, endsAt, reason, actor, now],
        )
        await note(tx, {
          tenantId,
          name: slo,
          action: 'corrected',
          actor,
          spec: JSON.stringify({ startsAt: String(startsAt), endsAt: String(endsAt), reason }),
          at: now,
        })
        return findIn(await load(tx, tenantId), slo)
      })
    },
  }
}
