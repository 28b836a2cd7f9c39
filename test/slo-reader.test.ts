import t from 'tap'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { systemClock } from '../src/time.ts'
import { repeat } from './support/bombs.ts'
import { ask, openControlPlane, viewerOf } from './support/control-plane.ts'
import { countingSql } from './support/seeded-reads.ts'

const lee = viewerOf('lee@example.com')

t.test('an operation measures each objective once, however many fields ask for it, and again after a change', async (t) => {
  const { sql, statements } = countingSql(await openPgliteSql({ dataDir: null, timeoutMs: 20_000 }))
  const log = openSqlLog({ sql, clock: systemClock })
  t.teardown(() => log.close())
  const plane = await openControlPlane(t, { sql, log })
  const told = async (text: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await ask(plane, lee, text, variables)
    t.equal(errors, undefined)
    return data
  }
  const inputOf = (name: string, targetPercent: number) => ({
    ...{ name, service: 'shop', targetPercent, window: '1d', minCoverage: 0 },
    indicator: { events: { event: 'RUNS' } },
  })
  const changes =
    'mutation ($a: UpsertSloInput!, $b: UpsertSloInput!) { a: upsertSlo(input: $a) { ...F } b: upsertSlo(input: $b) { ...F } }'
  const made = await told(`${changes} fragment F on SloAccepted { slo { name objective { targetPercent } } }`, {
    a: inputOf('one', 99),
    b: inputOf('one', 95),
  })
  t.match(made, { a: { slo: { objective: { targetPercent: 99 } } }, b: { slo: { objective: { targetPercent: 95 } } } })
  await told('mutation ($a: UpsertSloInput!) { upsertSlo(input: $a) { __typename } }', { a: inputOf('two', 90) })

  statements.length = 0
  const data = await told(`{
    ${repeat(4, (index) => `quick${index}: slos(first: 2) { nodes { name } }`)}
    ${repeat(4, (index) => `burning${index}: slos(first: 2, orderBy: BURN_DESC) { nodes { name } }`)}
    ${repeat(4, (index) => `services${index}: sloServices { name slos { name } }`)}
    ${repeat(4, (index) => `one${index}: slo(name: "one") { status }`)}
  }`)
  t.match(data, { quick3: { nodes: [{}, {}] }, burning3: { nodes: [{}, {}] }, services3: [{ slos: [{}, {}] }], one3: { status: String } })
  const measured = statements.filter((text) => text.includes('from runs r')).length
  t.ok(measured <= 4, `${measured} statements measured`)
})
