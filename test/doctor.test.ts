import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { doctor } from './support/doctor.ts'
import { adminOf } from './support/logs.ts'
import { openTestNeo4j } from './support/neo4j.ts'
import { startNats } from './support/nats.ts'
import { graphql, run, serve, temporaryFolder, untilReady } from './support/program.ts'
import { createTestDatabase } from './support/sql.ts'

t.test('a healthy embedded installation: everything is fine, exit code 0, in words for people too', async (t) => {
  const DATA_DIR = join(await temporaryFolder(t), 'data')
  const { code, findings } = await doctor(t, { DATA_DIR, SAMPLE_DATA: 'off' })
  t.equal(code, 0)
  t.strictSame(
    findings.filter(({ verdict }) => verdict === 'fail'),
    [],
  )
  for (const check of ['settings', 'node', 'data folder', 'sql', 'sql version', 'clock', 'indexes', 'log', 'cache'])
    t.ok(
      findings.some((one) => one.check === check),
      check,
    )
  const words = run(t, ['doctor'], { DATA_DIR })
  t.equal(await words.ended, 0)
  t.match(words.stdout(), /^ok {4}settings: All can be read\.$/m)
})

t.test('connected stores: versions, permissions, clock, streams and lag are told', async (t) => {
  const database = await createTestDatabase(t)
  const nats = await startNats(t)
  if (database === null || nats === null) return
  const env = {
    DATABASE_URL: database,
    NATS_URL: nats.url,
    ...(process.env['REDIS_URL'] === undefined ? {} : { REDIS_URL: process.env['REDIS_URL'] }),
  }
  const before = await doctor(t, env)
  t.equal(before.code, 1, 'streams are missing')
  t.match(before.of('streams')[0], { verdict: 'fail', message: /RITUAL_EVENTS is missing/, remedy: /\S/ })
  t.match(before.of('sql schema'), [{ verdict: 'warn', remedy: /orrery migrate/ }])

  const server = await serve(t, [], { ...env, NATS_CREATE_STREAMS: 'on' })
  await untilReady(server)
  await graphql(server.url, 'mutation { startRun(input: { ritualId: "a", runId: "b" }) { __typename } }')
  const after = await doctor(t, env)
  t.equal(after.code, 0, JSON.stringify(after.findings.filter(({ verdict }) => verdict === 'fail')))
  t.match(after.of('sql version'), [{ verdict: 'ok', message: /PostgreSQL \d+/ }])
  t.match(after.of('log version'), [{ verdict: 'ok', message: /NATS \d+\.\d+/ }])
  t.match(after.of('sql schema'), [{ verdict: 'ok' }])
  t.match(after.of('stream RITUAL_EVENTS'), [{ verdict: 'warn', message: /1 replica/, remedy: /--replicas 3/ }])
  t.match(after.of('read model'), [{ verdict: 'ok' }])
})

t.test('a database that is down hides nothing of the log, whose login is in its address; and to look is not to make streams', async (t) => {
  const nats = await startNats(t, { login: { user: 'orrery', password: 'p@ss' } })
  if (nats === null) return
  const { code, of, findings } = await doctor(t, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    NATS_URL: nats.url.replace('//', '//orrery:p%40ss@'),
    NATS_CREATE_STREAMS: 'on',
    SOURCE_TIMEOUT_MS: '2000',
  })
  t.equal(code, 1)
  t.match(of('sql'), [{ verdict: 'fail', remedy: /DATABASE_URL/ }])
  t.match(of('log'), [{ verdict: 'ok' }])
  t.match(of('log version'), [{ verdict: 'ok', message: /NATS \d+\.\d+/ }])
  t.match(of('read model'), [{ verdict: 'fail', remedy: /database/ }])
  t.strictSame(
    of('streams').map(({ verdict, message }) => [verdict, message]),
    ['RITUAL_EVENTS', 'GRAPH_COMMITS', 'SCALE_HINTS', 'ORRERY_EVENTS'].map((name) => ['warn', `Stream ${name} is missing.`]),
    'they are still missing: the doctor made none',
  )
  t.notMatch(JSON.stringify(findings), /p@ss|p%40ss/)
})

t.test('streams that keep less than they are to keep are found, under whichever name', async (t) => {
  const nats = await startNats(t)
  if (nats === null) return
  const admin = await adminOf(t, nats)
  const seconds = 1_000_000_000
  await admin.streams.add({ name: 'DEMON_RITUAL_EVENTS', subjects: ['demon.ritual.v1.*.*.*.events'], duplicate_window: 5 * seconds })
  await admin.streams.add({ name: 'GRAPH_COMMITS', subjects: ['demon.graph.v1.>'], max_msgs_per_subject: 10, discard: 'new' })
  await admin.streams.add({ name: 'SCALE_HINTS', subjects: ['demon.scale.v1.acme.hints'], max_age: 86_400 * seconds })
  await admin.streams.add({ name: 'ORRERY_EVENTS', subjects: ['orrery.>'], storage: 'memory', retention: 'interest' })
  const { of } = await doctor(t, { DATA_DIR: join(await temporaryFolder(t), 'data'), NATS_URL: nats.url })
  const told = (name: string) => of(`stream ${name}`).map(({ verdict, message }) => `${verdict} ${message}`)
  t.match(told('DEMON_RITUAL_EVENTS'), [
    /^warn It does not store the legacy subjects/,
    /^warn It knows a repeat for 5 s only/,
    /^warn Its name is deprecated/,
    /^warn .*1 replica/,
  ])
  t.match(told('GRAPH_COMMITS'), [/^warn When it is full/, /^warn It drops events beyond 10 messages of one subject/, /^warn .*1 replica/])
  t.match(told('SCALE_HINTS'), [
    /^fail It does not store demon\.scale\.v1\.\*\.hints/,
    /^warn It drops events older than 1 d/,
    /^warn .*1 replica/,
  ])
  t.match(told('ORRERY_EVENTS'), [/^fail .*Memory loses it/, /^fail Its retention is interest/, /^warn .*1 replica/])
})

t.test('Neo4j: version, permissions, constraints and clock are told; a constraint that is missing is found', async (t) => {
  const graphs = await openTestNeo4j(t)
  if (graphs === null) return
  const env = {
    DATA_DIR: join(await temporaryFolder(t), 'data'),
    NEO4J_LABEL_PREFIX: graphs.prefix,
    ...Object.fromEntries(['NEO4J_URI', 'NEO4J_USER', 'NEO4J_PASSWORD'].map((name) => [name, process.env[name] ?? ''])),
  }
  for (const statement of graphs.names.constraints) await graphs.neo4j.command(statement)
  const whole = await doctor(t, env)
  t.equal(whole.code, 0)
  t.match(whole.of('neo4j version'), [{ verdict: 'ok', message: /^Neo4j 5\.\d+/ }])
  t.match(whole.of('neo4j permissions'), [{ verdict: 'ok' }])
  t.match(whole.of('neo4j indexes'), [{ verdict: 'ok' }])
  t.match(whole.of('neo4j clock'), [{ verdict: 'ok', message: /differs by \d+ ms/ }])

  const [name = ''] = graphs.names.constraintNames
  await graphs.neo4j.command(`DROP CONSTRAINT ${name}`)
  t.match((await doctor(t, env)).of('neo4j indexes'), [
    { verdict: 'warn', message: `Constraint ${name} is missing.`, remedy: /CREATE CONSTRAINT/ },
  ])

  const wrong = await doctor(t, { ...env, NEO4J_PASSWORD: 'not this one' })
  t.equal(wrong.code, 1)
  t.match(wrong.of('neo4j'), [{ verdict: 'fail', remedy: /NEO4J_PASSWORD/ }])
  t.notMatch(JSON.stringify(wrong.findings), 'not this one')
  const away = await doctor(t, { ...env, NEO4J_URI: 'bolt://127.0.0.1:1', SOURCE_TIMEOUT_MS: '1000' })
  t.match(away.of('neo4j'), [{ verdict: 'fail', remedy: /NEO4J_URI/ }])
})

t.test('an index that is missing or not valid is found, with the statement that repairs it', async (t) => {
  const database = await createTestDatabase(t)
  if (database === null) return
  const migrate = run(t, ['migrate'], { DATABASE_URL: database })
  t.equal(await migrate.ended, 0, migrate.stderr())
  const psql = (text: string) => execFileSync('psql', [database, '-qtAc', text])
  psql('create table broken (id int); create index broken_index on broken (id)')
  psql(`update pg_index set indisvalid = false where indexrelid = 'broken_index'::regclass`)
  t.match((await doctor(t, { DATABASE_URL: database })).of('indexes'), [
    { verdict: 'fail', message: /broken_index/, remedy: /REINDEX INDEX broken_index/ },
  ])
  psql('reindex index broken_index; drop index runs_order')
  const [missing] = (await doctor(t, { DATABASE_URL: database })).of('indexes')
  t.match(missing, { verdict: 'fail', message: 'Missing: runs_order.', remedy: /^Run create index runs_order on runs \(.*;$/ })
  psql((missing?.remedy ?? '').replace('Run ', ''))
  t.match((await doctor(t, { DATABASE_URL: database })).of('indexes'), [{ verdict: 'ok' }], 'the remedy helps')
})

t.test('neighbours that do not answer, or say that they are not ready', async (t) => {
  const DATA_DIR = join(await temporaryFolder(t), 'data')
  const busy = createServer((_request, response) => response.writeHead(503).end())
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => busy.close())
  const { port } = busy.address() as AddressInfo
  const found = await doctor(t, {
    DATA_DIR,
    PROMETHEUS_URL: `http://127.0.0.1:${port}`,
    ALERTMANAGER_URL: 'http://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
  t.equal(found.code, 1)
  t.match(found.of('prometheus'), [{ verdict: 'warn', message: /503/ }])
  t.match(found.of('alertmanager'), [{ verdict: 'fail', remedy: /ALERTMANAGER_URL/ }])
  t.match(found.of('cache'), [{ verdict: 'fail', remedy: /REDIS_URL/ }])
})
