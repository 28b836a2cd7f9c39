import t from 'tap'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { systemClock } from '../src/time.ts'
import { ask, openControlPlane, viewerOf } from './support/control-plane.ts'
import { ritualMessage } from './support/ritual-events.ts'
import { countingSql, seed } from './support/seeded-reads.ts'

const dana = viewerOf('dana@example.com')
const count = 7000

interface Page {
  readonly nodes: readonly { readonly type: string }[]
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean }
}

t.test('all pages of one operation share what may be looked at for rare matches; each gets on', async (t) => {
  const { sql, statements } = countingSql(await openPgliteSql({ dataDir: null, timeoutMs: 20_000 }))
  const log = openSqlLog({ sql, clock: systemClock })
  t.teardown(() => log.close())
  const plane = await openControlPlane(t, { sql, log })
  await seed(
    sql,
    Array.from({ length: count }, (_, index) =>
      ritualMessage(index + 1, `demon.ritual.v1.acme.nightly.run-${index % 10}.events`, {
        ...{ event: index === count - 1 ? 'needle.found:v1' : 'rollout.metric:v1', value: index },
        ...{ ts: '2025-11-10T08:00:00.000Z', tenantId: 'acme', ritualId: 'nightly', runId: `run-${index % 10}` },
      }),
    ),
  )
  const fields = 'nodes { type } pageInfo { endCursor hasNextPage }'
  const aliases = Array.from({ length: 15 }, (_, index) => `a${index}: timeline(first: 100, filter: { text: "needle" }) { ${fields} }`)
  statements.length = 0
  const { data, errors } = await ask(plane, dana, `{ ${aliases.join(' ')} }`)
  t.equal(errors, undefined)
  const read = statements.filter((text) => text.includes('from run_events e')).length
  // 400 rows each
  t.ok(read < 35, `${read} batches of rows were read`)
  for (const page of Object.values(data ?? {}) as unknown as Page[])
    t.match(page, { nodes: [], pageInfo: { hasNextPage: true, endCursor: String } })

  let after: string | null = null
  let pages = 0
  for (let found: Page | null = null; found?.nodes.length !== 1; pages++) {
    const answer = await ask(
      plane,
      dana,
      `query ($after: String) { page: timeline(first: 100, after: $after, filter: { text: "needle" }) { ${fields} } }`,
      {
        after,
      },
    )
    t.equal(answer.errors, undefined)
    found = (answer.data?.['page'] ?? null) as unknown as Page | null
    after = found?.pageInfo.endCursor ?? null
    if (pages > 10) throw new Error('the match is never reached')
  }
  t.equal(pages, 2)
})
