import { parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { conditions, signedOf, ticketColumns, ticketOf, type TicketRow } from './ticket-rows.ts'
import { type Ticket, type TicketsDataSource } from './tickets.ts'

type TicketReads = Pick<TicketsDataSource, 'find' | 'list' | 'count' | 'openOfRuns' | 'signed'>

export async function ticketRowOf(sql: Sql, scope: Scope, id: string): Promise<TicketRow | null> {
  return sql.maybeOne<TicketRow>(`select ${ticketColumns} from tickets t where t.id = $1 and t.tenant_id = $2`, [id, scope.tenantId], {
    signal: scope.signal,
  })
}

export function createTicketReads({ sql, nowMs }: { sql: Sql; nowMs: () => number }): TicketReads {
  return {
    async find(scope, id) {
      const row = await ticketRowOf(sql, scope, id)
      return row === null ? null : ticketOf(row)
    },
    async list(scope, filter, page) {
      const params = parameters(scope.tenantId)
      const where = conditions(filter, params, nowMs())
      return readPage<TicketRow, Ticket>(sql, scope, {
        source: {
          ...{ list: 'tickets', columns: ticketColumns, from: 'tickets t', where },
          order: {
            name: 'ISSUED_DESC',
            keys: [
              { expression: 't.issued_at_ms', kind: 'integer' },
              { expression: 't.id', kind: 'text' },
            ],
            descending: true,
          },
        },
        page,
        params,
        item: ticketOf,
      })
    },
    async count(scope, filter) {
      const params = parameters(scope.tenantId)
      const where = conditions(filter, params, nowMs())
      const { count } = await sql.one<{ count: bigint }>(
        `select count(*) as count from tickets t where ${where.join(' and ')}`,
        params.values,
        { signal: scope.signal },
      )
      return Number(count)
    },
    async openOfRuns(scope, runKeys) {
      if (runKeys.length === 0) return []
      const rows = await sql.any<TicketRow & { ord: bigint }>(
        `select w.ord, ${ticketColumns} from unnest($2::text[], $3::text[], $4::text[]) with ordinality as w (system, ritual_id, run_id, ord)
           join tickets t on t.tenant_id = $1 and t.run_system = w.system and t.run_ritual_id = w.ritual_id and t.run_id = w.run_id
          where t.consumed_at_ms is null and t.revoked_at_ms is null order by w.ord, t.issued_at_ms, t.id`,
        [scope.tenantId, runKeys.map(({ system }) => system), runKeys.map(({ ritualId }) => ritualId), runKeys.map(({ runId }) => runId)],
        { signal: scope.signal },
      )
      return runKeys.map((_, index) => rows.filter(({ ord }) => Number(ord) === index + 1).map(ticketOf))
    },
    async signed(scope, id) {
      const row = await ticketRowOf(sql, scope, id)
      return row === null ? null : signedOf(row)
    },
  }
}
