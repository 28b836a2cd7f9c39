import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openPostgresSql } from '../src/datasources/sql/postgres-sql.ts'
import { packageRoot } from '../src/root.ts'
import { startNats } from './support/nats.ts'
import { answerOf, graphql, run, serve, type Serving, temporaryFolder, untilReady } from './support/program.ts'
import { readResuming } from './support/resuming-readers.ts'
import { createTestDatabase } from './support/sql.ts'

type Owner = Parameters<typeof createTestDatabase>[0] & Parameters<typeof startNats>[0]

async function stores(t: Owner): Promise<Record<string, string> | null> {
  const database = await createTestDatabase(t)
  const nats = await startNats(t)
  if (database === null || nats === null) return null
  return { DATABASE_URL: database, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', BUDGET_CAPACITY: '0', DATABASE_POOL_SIZE: '4' }
}

const isActive = async ({ url }: Serving) => /^orrery_projector_active 1$/m.test(await (await fetch(`${url}/metrics`)).text())

const startRun = async (url: string, runId: string): Promise<string> => {
  const query = 'mutation ($id: String) { startRun(input: { ritualId: "nightly", runId: $id }) { __typename ... on UserError { code } } }'
  const { data, errors } = await graphql(url, query, { id: runId })
  return errors === undefined ? String((data as { startRun: { __typename: string } }).startRun.__typename) : JSON.stringify(errors)
}

/** Every run with how many events it has, as the read model shows them. */
async function eventsPerRun(url: string): Promise<Map<string, number>> {
  const query =
    'query ($after: String) { runs(first: 50, after: $after, orderBy: STARTED_ASC) { pageInfo { hasNextPage endCursor } nodes { runId events(first: 5) { nodes { sequence } } } } }'
  const found = new Map<string, number>()
  for (let after: string | null = null; ;) {
    const { data } = await graphql(url, query, { after })
    const page = (
      data as { runs: { pageInfo: { hasNextPage: boolean; endCursor: string }; nodes: { runId: string; events: { nodes: unknown[] } }[] } }
    ).runs
    for (const { runId, events } of page.nodes) found.set(runId, events.nodes.length)
    if (!page.pageInfo.hasNextPage) return found
    after = page.pageInfo.endCursor
  }
}

t.test('two APIs and two workers: the active worker is killed, the other takes over within 5 s, nothing is applied twice', async (t) => {
  const env = await stores(t)
  if (env === null) return
  const start = (roles: string) => serve(t, [], { ...env, ROLES: roles })
  const apis = [await start('api'), await start('api')] as const
  const workers = [await start('worker'), await start('worker')] as const
  for (const process of [...apis, ...workers]) await untilReady(process)
  const active = await answerOf(async () => {
    for (const worker of workers) if (await isActive(worker)) return worker
    return null
  })
  const standby = active === workers[0] ? workers[1] : workers[0]
  t.notOk(await isActive(standby))

  const accepted: string[] = []
  const write = async (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const runId = `r${index}`
      if ((await startRun((index % 2 === 0 ? apis[0] : apis[1]).url, runId)) === 'RunAccepted') accepted.push(runId)
    }
  }
  await write(0, 10)
  active.child.kill('SIGKILL')
  const killed = performance.now()
  const writing = write(10, 40)
  await answerOf(() => isActive(standby), standby.stderr)
  const tookMs = Math.round(performance.now() - killed)
  await writing
  t.comment(`take-over in ${tookMs} ms`)
  t.ok(tookMs < 5000, `the other took over after ${tookMs} ms`)
  t.equal(accepted.length, 40, 'every write was accepted meanwhile')
  await answerOf(async () => (await eventsPerRun(apis[0].url)).size === 40)
  t.strictSame([...new Set((await eventsPerRun(apis[1].url)).values())], [1], 'each event is there once')
})

/** A build of the next version: the same program, and one migration more. */
async function nextVersion(t: Owner): Promise<string> {
  const folder = await temporaryFolder(t)
  cpSync(join(packageRoot, 'build', 'src'), join(folder, 'build', 'src'), { recursive: true })
  for (const part of ['schema', 'migrations', 'package.json', 'assets'])
    cpSync(join(packageRoot, part), join(folder, part), { recursive: true })
  symlinkSync(join(packageRoot, 'node_modules'), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'migrations'), { recursive: true })
  writeFileSync(join(folder, 'migrations', '9001_next_version.sql'), 'create table next_version (id integer primary key);\n')
  return join(folder, 'build', 'src', 'cli.js')
}

t.test(
  'a rolling upgrade with a migration in between, while clients read, write and subscribe: no operation fails, no event is missed',
  async (t) => {
    const env = await stores(t)
    if (env === null) return
    const next = await nextVersion(t)
    const both = { ...env, ROLES: 'api,worker' }
    const serving = new Set<Serving>()
    const add = async (started: Serving) => {
      await untilReady(started)
      serving.add(started)
      return started
    }
    const old = [await add(await serve(t, [], both)), await add(await serve(t, [], both))]

    const readers = (['WebSocket', 'SSE'] as const).map((transport, index) =>
      readResuming(transport, () => [...serving][index % serving.size]?.url ?? ''),
    )
    const stopReaders = () => Promise.all(readers.map((reader) => reader.stop()))
    t.teardown(stopReaders)
    await answerOf(() => readers.every((reader) => reader.isLive()))

    const failures: string[] = []
    let operations = 0
    let written = 0
    let stopped = false
    const client = async (name: number) => {
      for (let index = 0; !stopped; index++) {
        // what a Service does: only processes that are ready are asked
        const all = [...serving]
        const target = all[index % all.length]
        if (target === undefined) throw new Error('nobody serves')
        try {
          if (index % 5 === 0) {
            const outcome = await startRun(target.url, `c${name}-${index}`)
            if (outcome === 'RunAccepted') written += 1
            else failures.push(outcome)
          } else {
            const { errors } = await graphql(target.url, '{ runs(first: 5) { nodes { runId status } } }')
            if (errors !== undefined) failures.push(JSON.stringify(errors))
          }
        } catch (error) {
          failures.push(String(error))
        }
        operations += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const clients = [client(1), client(2), client(3)]

    const dump = join(await temporaryFolder(t), 'before-the-upgrade.dump')
    execFileSync('pg_dump', ['--format=custom', `--file=${dump}`, env['DATABASE_URL'] ?? ''])

    const migration = run(t, ['migrate'], both, next)
    t.equal(await migration.ended, 0, migration.stderr())
    t.match(migration.stdout(), /Applied: 9001_next_version\.sql/)
    const replaced: Serving[] = []
    for (const leaving of old) {
      replaced.push(await add(await serve(t, [], both, next)))
      serving.delete(leaving)
      // as preStop does: nobody sends anything new, what is under way ends
      leaving.child.kill('SIGTERM')
      t.equal(await leaving.ended, 0, 'the old process ends cleanly')
    }
    const afterwards = operations
    await answerOf(() => operations > afterwards + 20)
    stopped = true
    await Promise.all(clients)
    t.comment(`${operations} operations, ${written} of them writes`)
    t.strictSame(failures, [])
    t.ok(operations > 50)
    for (const { transport, sequences, troubles } of readers) {
      await answerOf(() => sequences.length >= written)
      t.strictSame(troubles, [], `${transport}: no gap, no error`)
      t.equal(new Set(sequences).size, written, `${transport}: every event`)
      t.strictSame(
        sequences,
        [...new Set(sequences)].sort((a, b) => Number(a - b)),
        `${transport}: once and in order`,
      )
    }
    await stopReaders()
    const [one] = replaced
    t.strictSame([...new Set((await eventsPerRun(one?.url ?? '')).values())], [1], 'nothing was written or applied twice')

    await t.test('the old program refuses the newer tables with one sentence', async (t) => {
      const late = run(t, ['serve', '--port', '0'], both)
      t.equal(await late.ended, 1)
      t.match(late.stderr(), /orrery: The database has migration 9001_next_version\.sql, which this program does not know/)
      const sql = openPostgresSql({ url: env['DATABASE_URL'] ?? '', poolSize: 1, timeoutMs: 5000 })
      t.teardown(() => sql.close())
      await sql.script('select 1 from next_version')
    })

    await t.test('back past the migration: the dump from before it, the old program, and the log fills in the rest', async (t) => {
      const restored = await createTestDatabase(t)
      if (restored === null) return
      execFileSync('pg_restore', ['--no-owner', '--clean', '--if-exists', `--dbname=${restored}`, dump])
      const again = await serve(t, [], { ...both, DATABASE_URL: restored })
      await untilReady(again)
      await answerOf(async () => (await eventsPerRun(again.url)).size === written, again.stderr)
      t.strictSame([...new Set((await eventsPerRun(again.url)).values())], [1], 'every write is there once')
    })
  },
)
