import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startNats } from './support/nats.ts'
import { answerOf, graphql, serve, temporaryFolder, untilReady } from './support/program.ts'
import { createTestDatabase } from './support/sql.ts'

t.test('backup and restore, embedded: a copied folder is the same installation', async (t) => {
  const folder = await temporaryFolder(t)
  const data = join(folder, 'data')
  const first = await serve(t, ['--empty', '--data', data])
  await graphql(first.url, 'mutation { startRun(input: { ritualId: "a", runId: "kept" }) { __typename } }')
  first.child.kill('SIGTERM')
  t.equal(await first.ended, 0)
  cpSync(data, join(folder, 'backup'), { recursive: true })
  const restored = await serve(t, ['--empty', '--data', join(folder, 'backup')])
  t.match(await graphql(restored.url, '{ runs { nodes { runId status } } }'), {
    data: { runs: { nodes: [{ runId: 'kept', status: 'RUNNING' }] } },
  })
})

t.test(
  'backup and restore, connected: a dump into a new database goes on where it was, and the log fills in what came later',
  async (t) => {
    const database = await createTestDatabase(t)
    const other = await createTestDatabase(t)
    const nats = await startNats(t)
    if (database === null || other === null || nats === null) return
    const env = { DATABASE_URL: database, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on' }
    const first = await serve(t, [], env)
    await untilReady(first)
    const startRun = (url: string, id: string) =>
      graphql(url, `mutation { startRun(input: { ritualId: "a", runId: "${id}" }) { __typename } }`)
    await startRun(first.url, 'before')
    const dump = join(await temporaryFolder(t), 'orrery.dump')
    execFileSync('pg_dump', ['--format=custom', `--file=${dump}`, database])
    await startRun(first.url, 'after-the-dump')
    first.child.kill('SIGTERM')
    await first.ended
    execFileSync('pg_restore', ['--no-owner', '--clean', '--if-exists', `--dbname=${other}`, dump])

    const restored = await serve(t, [], { ...env, DATABASE_URL: other })
    await untilReady(restored)
    const ids = async () => {
      const { data } = await graphql(restored.url, '{ runs(orderBy: STARTED_ASC) { nodes { runId events { nodes { type } } } } }')
      return ((data as { runs?: { nodes: { runId: string; events: { nodes: unknown[] } }[] } } | null)?.runs?.nodes ?? []).map(
        ({ runId, events }) => `${runId}:${events.nodes.length}`,
      )
    }
    await answerOf(async () => (await ids()).length === 2)
    t.strictSame(await ids(), ['before:1', 'after-the-dump:1'])
  },
)
