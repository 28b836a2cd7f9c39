// npm run bench -- pages [runs]: what a page of a large read model costs, near its start and deep inside, on PGlite (a tenth of the runs) and,
// with DATABASE_URL, on PostgreSQL. Default: 1,000,000 runs with their events and gates.
import { type Approval, type ApprovalFilter, type ApprovalOrder } from '../src/datasources/approvals/approvals.ts'
import { createSqlApprovals } from '../src/datasources/approvals/sql-approvals.ts'
import { type Page, type PageRequest } from '../src/datasources/page.ts'
import { type Run, type RunFilter, type RunOrder } from '../src/datasources/runs/runs.ts'
import { createSqlRuns } from '../src/datasources/runs/sql-runs.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { sqlAdapters } from '../test/support/sql.ts'
import { bench, elapsedMs, median, owner, quantile } from './support/bench.ts'

const wanted = Number(process.argv[2] ?? 1_000_000)
const size = 50
const deepPage = 1000
const scope = { tenantId: 't1' }
const loading = { timeoutMs: 600_000 }

/** Rows as the projector leaves them: nine of ten runs in our tenant, one of 997 waiting, the newest still running, two gates on half of the runs. */
async function load(sql: Sql, runs: number): Promise<void> {
  const statements = [
    `insert into runs select i * 3, case when i % 10 = 0 then 't2' else 't1' end, 'DEMON', 'ritual-' || (i % 40), 'run-' || i, s, null,
       case when s in ('COMPLETED', 'FAILED', 'CANCELED') then s end, 'done', start, start, start,
       case when s in ('COMPLETED', 'FAILED', 'CANCELED') then start + 5000000000 end, start + 6000000000, i * 3 + 2, '{"id":"x"}',
       '{"ok":true}', null, false, 1, case when s = 'AWAITING_APPROVAL' then 1 else 0 end, null, null
     from (select i, 1763000000000000000 + i * 3000000 as start, case when i > ${runs} - 50 then 'RUNNING' when i % 997 = 0 then 'AWAITING_APPROVAL'
       when i % 20 = 0 then 'FAILED' when i % 101 = 0 then 'CANCELED' else 'COMPLETED' end as s from generate_series(1::bigint, ${runs}) i) r`,
    `insert into run_events select r.run_seq + k, r.run_seq, r.tenant_id, 'ritual.state.transitioned:v1', r.started_at_ns + k,
       r.started_at_ns + k, false, '{"event":"ritual.state.transitioned:v1","fromState":"a","toState":"b"}' from runs r cross join generate_series(0, 2) k`,
    `insert into approvals select r.run_seq, 'gate-' || k, r.run_seq + k, r.run_seq + k, r.tenant_id, 'DEMON', r.ritual_id, r.run_id,
       case when r.status = 'AWAITING_APPROVAL' then 'PENDING' when r.run_seq % 11 = 0 then 'DENIED' else 'GRANTED' end, 'dana@example.com', 'please',
       r.started_at_ns + k, r.started_at_ns + k, case when r.status = 'AWAITING_APPROVAL' then null else 'GRANT' end, 'lee@example.com', null, null,
       r.started_at_ns + 1000, r.run_seq + 2, '[]', case when r.run_seq % 2 = 0 then r.started_at_ns + 3600000000000 end, null
     from runs r cross join generate_series(0, 1) k where r.run_seq % 4 < 2`,
    'insert into ritual_counts select tenant_id, ritual_id, status, count(*) from runs group by tenant_id, ritual_id, status',
    'analyze',
  ]
  for (const statement of statements) await sql.run(statement, [], loading)
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100

type List = (page: PageRequest) => Promise<Page<unknown>>

/** Both pages are read in turns, so that whatever else the machine does falls on both. */
async function measure(list: List, rounds: number): Promise<Record<string, number>> {
  const page = (cursor: string | null, direction: PageRequest['direction'] = 'FORWARD'): PageRequest => ({ size, direction, cursor })
  let cursor: string | null = null
  let turned = 1
  for (; turned < deepPage; turned++) {
    const { items, hasNextPage } = await list(page(cursor))
    if (!hasNextPage) break
    cursor = items.at(-1)?.cursor ?? null
  }
  const first: number[] = []
  const deep: number[] = []
  const back: number[] = []
  for (let round = 0; round < rounds; round++) {
    first.push(await elapsedMs(() => list(page(null))))
    deep.push(await elapsedMs(() => list(page(cursor))))
    back.push(await elapsedMs(() => list(page(cursor, 'BACKWARD'))))
  }
  return {
    'page 1, p50 ms': rounded(quantile(first, 0.5)),
    'p99 ms': rounded(quantile(first, 0.99)),
    'deep page': turned,
    'deep, p50 ms': rounded(quantile(deep, 0.5)),
    'deep, p99 ms': rounded(quantile(deep, 0.99)),
    'back from there, p50 ms': rounded(quantile(back, 0.5)),
    // of the same round: what else the machine did fell on both
    'deep / page 1': rounded(median(deep.map((ms, round) => ms / (first[round] ?? NaN)))),
  }
}

async function lists(sql: Sql, rounds: number): Promise<void> {
  const runs = createSqlRuns({ sql })
  const approvals = createSqlApprovals({ sql })
  const runList =
    (filter: RunFilter, order: RunOrder) =>
    (page: PageRequest): Promise<Page<Run>> =>
      runs.list(scope, filter, order, page)
  const gateList =
    (filter: ApprovalFilter, order: ApprovalOrder) =>
    (page: PageRequest): Promise<Page<Approval>> =>
      approvals.list(scope, filter, order, page)
  const all: Record<string, List> = {
    'runs, newest first': runList({}, 'STARTED_DESC'),
    'runs, oldest first': runList({}, 'STARTED_ASC'),
    'runs, newest event first': runList({}, 'UPDATED_DESC'),
    'runs that failed or wait': runList({ statuses: ['FAILED', 'AWAITING_APPROVAL'] }, 'STARTED_DESC'),
    'runs of one ritual': runList({ ritualId: 'ritual-7' }, 'STARTED_DESC'),
    'gates, longest waiting first': gateList({ states: ['PENDING'] }, 'REQUESTED_ASC'),
    'gates that can be decided': gateList({ states: ['PENDING'], decidable: true }, 'REQUESTED_ASC'),
    'gates, next to expire first': gateList({}, 'EXPIRES_ASC'),
  }
  const table: Record<string, Record<string, number>> = {}
  for (const [name, list] of Object.entries(all)) table[name] = await measure(list, rounds)
  console.table(table)
}

async function levels(sql: Sql, rounds: number): Promise<void> {
  const runs = createSqlRuns({ sql })
  const approvals = createSqlApprovals({ sql })
  const page: PageRequest = { size: 20, direction: 'FORWARD', cursor: null }
  const list = await runs.list(scope, {}, 'STARTED_DESC', { ...page, size })
  const keys = list.items.map(({ item }) => item)
  const all: Record<string, () => Promise<unknown>> = {
    'runs by key': () => runs.byKeys(scope, keys),
    'their events': () => runs.eventsOf(scope, keys, null, page),
    'their gates': () => approvals.ofRuns(scope, keys, null, page),
    'rituals with counts and last run': () => runs.rituals(scope, page),
    'count of all runs': () => runs.count(scope, {}),
  }
  const table: Record<string, Record<string, number>> = {}
  for (const [name, read] of Object.entries(all)) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await elapsedMs(read))
    table[name] = { 'p50 ms': rounded(quantile(times, 0.5)), 'p99 ms': rounded(quantile(times, 0.99)) }
  }
  console.log(`one statement each, for ${size} runs at once`)
  console.table(table)
}

await bench(async () => {
  for (const { name, sql } of await sqlAdapters(owner, { timeoutMs: 60_000 })) {
    const runs = name === 'pglite' ? Math.round(wanted / 10) : wanted
    const ms = await elapsedMs(() => load(sql, runs))
    console.log(`${name}: ${runs} runs, ${runs * 3} events, loaded in ${Math.round(ms / 1000)} s; pages of ${size}`)
    await lists(sql, 200)
    await levels(sql, 100)
  }
})
