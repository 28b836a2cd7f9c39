import { execFileSync } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { doctor } from './support/doctor.ts'
import { answerOf, run, serve, temporaryFolder } from './support/program.ts'
import { createTestDatabase } from './support/sql.ts'

const noStack = / {4}at \S/

t.test('PostgreSQL 14: the start and a migration end with one message, the doctor says which', async (t) => {
  const DATABASE_URL = await createTestDatabase(t)
  if (DATABASE_URL === null) return
  // No such server is at hand: this database of a newer one answers, where it is asked for its version, what an old one would.
  const psql = (text: string) => execFileSync('psql', [DATABASE_URL, '-qtAc', text], { stdio: 'pipe' })
  psql(`create schema old;
    create function old.current_setting(name text) returns text language sql as $$
      select case name when 'server_version_num' then '140011' when 'server_version' then '14.11' else pg_catalog.current_setting(name) end $$;
    do $$ begin execute format('alter database %I set search_path = old, pg_catalog, public', current_database()); end $$`)
  const message = /^orrery: PostgreSQL 14\.11 is too old: 15 or later is needed\. Upgrade it/m
  for (const command of ['serve', 'migrate']) {
    const program = run(t, [command, '--port', '0'], { DATABASE_URL, LOG_LEVEL: 'silent' })
    t.equal(await program.ended, 1, command)
    t.match(program.stderr(), message)
    t.notMatch(program.stderr(), noStack)
  }
  const found = await doctor(t, { DATABASE_URL })
  t.equal(found.code, 1)
  t.match(found.of('sql version'), [{ verdict: 'fail', message: /PostgreSQL 14\.11 is too old/, remedy: /Upgrade/ }])
})

t.test('tables of a newer version: the start ends with one message, the doctor says so', async (t) => {
  const DATABASE_URL = await createTestDatabase(t)
  if (DATABASE_URL === null) return
  t.equal(await run(t, ['migrate'], { DATABASE_URL }).ended, 0)
  execFileSync('psql', [
    DATABASE_URL,
    '-qc',
    `insert into schema_migrations (version, name, checksum, applied_at_ns) values (9999, '9999_future.sql', 'f', 0)`,
  ])
  const message = /The database has migration 9999_future\.sql, which this program does not know: it was written by a newer version/
  for (const command of ['serve', 'migrate']) {
    const program = run(t, [command, '--port', '0'], { DATABASE_URL, LOG_LEVEL: 'silent' })
    t.equal(await program.ended, 1, command)
    t.match(program.stderr(), message)
    t.notMatch(program.stderr(), noStack)
  }
  const found = await doctor(t, { DATABASE_URL })
  t.equal(found.code, 1)
  t.match(found.of('sql schema'), [{ verdict: 'fail', message, remedy: /Run the version that made these tables/ }])
})

/** Greets like a NATS server of that version, and answers pings. */
async function greetAsNats(t: Test, version: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(
      `INFO ${JSON.stringify({ server_id: 'OLD', version, proto: 1, headers: true, jetstream: true, max_payload: 1_048_576 })}\r\n`,
    )
    socket.on('data', (text) => {
      if (text.toString().includes('PING')) socket.write('PONG\r\n')
    })
    t.teardown(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('NATS 2.9: alive, not ready, and the reason is told; the doctor fails', async (t) => {
  const NATS_URL = await greetAsNats(t, '2.9.10')
  const env = { NATS_URL, DATA_DIR: await temporaryFolder(t), SOURCE_TIMEOUT_MS: '1000', LOG_LEVEL: 'silent' }
  const found = await doctor(t, env)
  t.equal(found.code, 1)
  t.match(found.of('log'), [{ verdict: 'fail', message: /NATS 2\.9\.10 is too old: 2\.10 or later is needed/ }])
  const server = await serve(t, [], env)
  t.equal((await fetch(`${server.url}/health/live`)).status, 200)
  const answer = await answerOf(async () => {
    const ready = await fetch(`${server.url}/health/ready`)
    return ready.status === 503 && ready.json()
  })
  t.match(answer, { failures: ['NATS: NATS 2.9.10 is too old: 2.10 or later is needed.'] })
  t.notMatch(server.stderr(), noStack)
})
