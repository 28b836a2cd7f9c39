import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { UnusableSourceError, isAppError } from '../src/errors.ts'
import { mountDisk } from './support/disk.ts'
import { doctor } from './support/doctor.ts'
import { answerOf, graphql, run, serve } from './support/program.ts'

const noStack = / {4}at \S/

/** What a start and the doctor say of a folder in which no database can be made. */
async function expectRefusal(t: Test, folder: string, message: RegExp, doctorMessage: RegExp): Promise<void> {
  const env = { DATA_DIR: join(folder, 'data'), SAMPLE_DATA: 'off', LOG_LEVEL: 'fatal' }
  const program = run(t, ['serve', '--port', '0'], env)
  t.equal(await program.ended, 1)
  t.match(program.stderr(), message)
  t.equal(program.stderr().trim().split('\n').length, 1, 'one message')
  t.notMatch(program.stderr(), noStack)
  const found = await doctor(t, env)
  t.equal(found.code, 1)
  t.match(
    found.findings.filter(({ verdict }) => verdict === 'fail').map((one) => one.message),
    [doctorMessage],
    'one finding',
  )
}

t.test('no start on a disk that is full, too small, or read-only; one on the same disk when there is room', async (t) => {
  const disk = await mountDisk(t, '1m')
  if (disk === null) return
  disk.fill()
  await expectRefusal(t, disk.folder, /^orrery: \S+data is on a full disk\. Make room/, /data is on a full disk/)
  disk.empty()
  disk.remount('size=16m')
  await expectRefusal(t, disk.folder, /^orrery: \S+data (is on a full disk|has \d+ MiB left)/, /MiB left|full disk/)
  disk.remount('size=200m')
  const server = await serve(t, [], { DATA_DIR: join(disk.folder, 'data'), SAMPLE_DATA: 'off' })
  t.equal((await fetch(`${server.url}/health/ready`)).status, 200, 'what the failed starts left is no obstacle')
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
  disk.remount('ro')
  await expectRefusal(t, disk.folder, /^orrery: \S+data is on a disk that can only be read/, /can only be read/)
})

const startRun = 'mutation ($runId: String!) { startRun(input: { ritualId: "disk", runId: $runId }) { __typename } }'
const readRun = 'query ($runId: String!) { run(key: { ritualId: "disk", runId: $runId }) { status } }'

t.test('a disk that fills while the server runs: writes are refused, reads go on, nothing acknowledged is lost', async (t) => {
  const disk = await mountDisk(t, '120m')
  if (disk === null) return
  const env = { DATA_DIR: join(disk.folder, 'data'), SAMPLE_DATA: 'off', BUDGET_CAPACITY: '0' }
  const server = await serve(t, [], env)
  const acknowledged: string[] = []
  const refusals = new Set<string>()
  let next = 0
  const write = async (url: string): Promise<boolean> => {
    const runId = `run-${(next += 1)}`
    const { data, errors } = await graphql(url, startRun, { runId })
    const outcome = (data?.['startRun'] as { __typename: string } | undefined)?.__typename ?? errors?.[0]?.extensions?.code ?? 'none'
    if (outcome === 'RunAccepted') acknowledged.push(runId)
    else refusals.add(outcome)
    return outcome === 'RunAccepted'
  }
  const shown = async (url: string, runId: string): Promise<boolean> => (await graphql(url, readRun, { runId })).data?.['run'] != null

  t.ok(await write(server.url))
  await answerOf(() => shown(server.url, 'run-1'))
  disk.fill()
  await answerOf(async () => !(await write(server.url)), server.stderr)
  for (let i = 0; i < 20; i += 1) await write(server.url)
  t.strictSame([...refusals], ['Unavailable'], 'every refusal is a coded one')
  t.ok(await shown(server.url, 'run-1'), 'reads go on')
  const detailed = await answerOf(async () => {
    const body = (await (await fetch(`${server.url}/health/detailed`)).json()) as { status: string; errors: { error: string }[] }
    return body.status === 'degraded' && body
  })
  t.match(detailed.errors[0]?.error, /disk is full: writes are refused until there is room/)
  t.equal((await fetch(`${server.url}/health/live`)).status, 200)

  disk.empty()
  await answerOf(() => write(server.url), server.stderr)
  await answerOf(async () => ((await (await fetch(`${server.url}/health/detailed`)).json()) as { status: string }).status === 'ok')
  for (const runId of acknowledged) await answerOf(() => shown(server.url, runId), server.stderr)
  t.notMatch(server.stderr(), /cannot go on/)

  disk.fill()
  server.child.kill('SIGKILL')
  await server.ended
  disk.empty()
  const again = await serve(t, [], env)
  for (const runId of acknowledged) await answerOf(() => shown(again.url, runId), again.stderr)
  t.pass(`${acknowledged.length} acknowledged writes are there after a kill on a full disk too`)
})

t.test('no room for the log of the database itself: it comes back by itself when there is room', async (t) => {
  const disk = await mountDisk(t, '120m')
  if (disk === null) return
  const sql = await openPgliteSql({ dataDir: join(disk.folder, 'data'), timeoutMs: 10_000 })
  t.teardown(() => sql.close())
  await sql.run('create table kept (n integer)')
  await sql.run('insert into kept values (1)')
  t.equal(sql.complaint(), null)
  disk.fill()
  const fillLog = async (): Promise<void> => {
    for (;;) await sql.any(`select pg_logical_emit_message(true, 'filler', repeat('x', 1000000))`)
  }
  await t.rejects(fillLog(), { code: 'SOURCE_UNAVAILABLE' })
  t.match(sql.complaint(), /disk is full/)
  disk.empty()
  const insert = async (): Promise<boolean> => {
    try {
      return (await sql.run('insert into kept values (2)')) === 1
    } catch (error) {
      if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
      return false
    }
  }
  await answerOf(insert)
  t.strictSame(await sql.any('select n from kept order by n'), [{ n: 1 }, { n: 2 }])
  t.equal(sql.complaint(), null)
})

t.test('a table that finds no room is a refusal with its reason, of that statement alone', async (t) => {
  const disk = await mountDisk(t, '120m')
  if (disk === null) return
  const sql = await openPgliteSql({ dataDir: join(disk.folder, 'data'), timeoutMs: 10_000 })
  t.teardown(() => sql.close())
  await sql.run('create table big (n integer, filler text)')
  disk.fill()
  const grow = sql.transaction(async (tx) => {
    for (;;) await tx.run(`insert into big select n, md5(n::text) from generate_series(1, 1000) n`)
  })
  const error = await grow.then(
    () => null,
    (caught: unknown) => caught,
  )
  t.ok(error instanceof UnusableSourceError)
  t.match(error, { code: 'SOURCE_UNAVAILABLE', reason: /disk is full/ })
  t.strictSame(await sql.one('select count(*)::int as rows from big'), { rows: 0 })
  disk.empty()
  t.equal(await sql.run('insert into big values (1, null)'), 1)
})
