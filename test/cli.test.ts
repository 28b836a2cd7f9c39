import t from 'tap'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { buildSchema } from 'graphql'
import { banner } from '../src/cli/banner.ts'
import { describeSettings, readConfig } from '../src/config.ts'
import { homePage } from '../src/transports/home.ts'
import { answerOf, graphql, run, serve, temporaryFolder } from './support/program.ts'

const exitOf = async (t: Parameters<typeof run>[0], args: readonly string[], env: Record<string, string> = {}) => {
  const program = run(t, args, env)
  return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
}

t.test('help shows every setting and its default, and needs no store', async (t) => {
  const { code, stdout } = await exitOf(t, ['--help'])
  t.equal(code, 0)
  for (const { names, shown } of describeSettings()) t.match(stdout, `${names.join(', ')} (${shown === '' ? 'not set' : shown})`)
  t.match(stdout, '--empty')
})

t.test('what cannot be understood is one line, and ends with 2', async (t) => {
  for (const args of [
    ['--nonsense'],
    ['dance'],
    ['schema', 'draw'],
    ['serve', '--port'],
    ['serve', 'now'],
    ['doctor', 'sql'],
    ['keys', 'revoke', 'a', 'b'],
    ['graph', 'list', 'x'],
    ['keys', 'create', '--tenant', 'acme.test', '--name', 'ci'],
  ]) {
    const { code, stderr } = await exitOf(t, args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, /^orrery: .*See orrery --help\.\n$/)
  }
})

t.test('all settings that cannot be used are told at once, without a stack', async (t) => {
  const { code, stderr } = await exitOf(t, ['serve'], { PORT: 'x', LOG_LEVEL: 'loud', NATS_URL: 'ftp://x' })
  t.equal(code, 1)
  for (const name of ['PORT', 'LOG_LEVEL', 'NATS_URL']) t.match(stderr, `- ${name}: `)
  t.notMatch(stderr, /\n\s+at /)
})

t.test('the schema is printed as it can be read again', async (t) => {
  const { code, stdout } = await exitOf(t, ['schema', 'print'])
  t.equal(code, 0)
  t.ok(buildSchema(stdout).getType('Run'))
})

t.test('a file that is not there is named', async (t) => {
  const missing = '/nowhere/changes.json'
  for (const args of [
    ['slo', 'apply', missing],
    ['records', 'verify', '--file', missing],
  ])
    t.strictSame(await exitOf(t, [...args, '--data', await temporaryFolder(t)], { LOG_LEVEL: 'silent' }), {
      code: 1,
      stdout: '',
      stderr: `orrery: There is no file ${missing}.\n`,
    })
})

t.test('the version is that of the package', async (t) => {
  t.match((await exitOf(t, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

t.test('a port in use is one line that says what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { code, stderr } = await exitOf(t, ['serve', '--empty', '--data', await temporaryFolder(t), '--port', String(port)], {
    LOG_LEVEL: 'silent',
  })
  t.equal(code, 1)
  t.equal(stderr, `orrery: Port ${port} on 127.0.0.1 is in use. Stop what listens there, or choose another with --port N.\n`)
})

t.test('an empty server answers, keeps its folder for itself, and keeps what it acknowledged through kill -9', async (t) => {
  const data = await temporaryFolder(t)
  const first = await serve(t, ['--empty', '--data', data])
  t.match(first.stdout(), `${first.url}/graphiql`)
  t.match(first.stdout(), data)
  t.match(first.stdout(), /local operator: every role, tenant demo/)
  const command = /curl [\s\S]*?'\n/.exec(first.stdout())?.[0] ?? ''
  t.match(
    JSON.parse(execFileSync('bash', ['-c', command], { encoding: 'utf8' })),
    { data: { runs: { nodes: [] } } },
    'the command it prints works',
  )

  const second = await exitOf(t, ['serve', '--port', '0', '--empty', '--data', data], { LOG_LEVEL: 'silent' })
  t.equal(second.code, 1)
  t.match(second.stderr, new RegExp(`^orrery: The data directory .* is in use by process ${first.child.pid}.*\\n$`))

  const started = await graphql(
    first.url,
    'mutation { startRun(input: { ritualId: "nightly", runId: "n1" }) { __typename ... on UserError { message } } }',
  )
  t.match(started, { data: { startRun: { __typename: 'RunAccepted' } } })
  first.child.kill('SIGKILL')
  t.equal(await first.ended, 'SIGKILL')

  const again = await serve(t, ['--empty', '--data', data])
  t.match(await graphql(again.url, '{ runs { nodes { ritualId runId status } } }'), {
    data: { runs: { nodes: [{ ritualId: 'nightly', runId: 'n1', status: 'RUNNING' }] } },
  })

  again.child.kill('SIGTERM')
  t.equal(await again.ended, 0, 'SIGTERM ends it cleanly')
  t.notMatch(again.stderr(), /"level":"(error|fatal)"/)

  const rebuilt = await exitOf(t, ['rebuild', '--data', data])
  t.equal(rebuilt.code, 0, rebuilt.stderr)
  t.match(rebuilt.stdout, /rebuilt up to sequence 1/)
})

t.test('a key made on the command line opens the door, shows no secret in lists, and stops working when it is revoked', async (t) => {
  const data = await temporaryFolder(t)
  const keys = (...words: string[]) => exitOf(t, ['keys', ...words, '--data', data], { LOG_LEVEL: 'silent' })
  const made = await keys('create', '--tenant', 'acme', '--name', 'ci', '--roles', 'operator', '--expires', '30d')
  t.equal(made.code, 0, made.stderr)
  const key = made.stdout.trim()
  t.match(key, /^orr_[0-9a-f]{16}_/)
  const listed = await keys('list', '--tenant', 'acme')
  t.match(listed.stdout, /^[0-9a-f]{16}\tacme\tci\toperator\t/)
  t.notMatch(listed.stdout, key.slice(-43))
  t.equal((await keys('create', '--tenant', 'acme', '--name', 'x', '--roles', 'king')).code, 2)
  for (const tenant of ['*', 'a.b', 'a b']) {
    const refused = await keys('create', '--tenant', tenant, '--name', 'x')
    t.match(refused, { code: 2, stdout: '', stderr: /A tenant has no dots/ })
  }

  const leaked = (await keys('create', '--tenant', 'acme', '--name', 'leaked')).stdout.trim()
  t.match(await keys('revoke', leaked), { code: 0, stdout: `${leaked.slice(4, 20)} is revoked.\n` }, 'a key is revoked as it was found')
  for (const found of [leaked, leaked.slice(0, -1)]) {
    const { code, stderr } = await keys('revoke', found)
    t.equal(code, 1)
    t.notMatch(stderr, leaked.slice(21, 40))
  }

  const ask = async (url: string) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ query: '{ viewer { tenantId roles } }' }),
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  const server = await serve(t, ['--empty', '--data', data], { AUTH_MODE: 'apikey' })
  t.match(await ask(server.url), { status: 200, body: { data: { viewer: { tenantId: 'acme', roles: ['operator'] } } } })
  server.child.kill('SIGTERM')
  await server.ended
  t.match((await keys('revoke', key.slice(4, 20))).stdout, /is revoked/)
  for (const keyId of [key.slice(4, 20), 'f'.repeat(16)])
    t.match(
      await keys('revoke', keyId),
      { code: 1, stdout: '', stderr: /^orrery: There is no living key/ },
      'a slip of the pen is no success',
    )
  const again = await serve(t, ['--empty', '--data', data], { AUTH_MODE: 'apikey' })
  t.match(await ask(again.url), { status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } })
  t.equal((await fetch(`${again.url}/health/ready`)).status, 200, 'probes need no key')
})

t.test('what a server tells people to try is what it would answer', async (t) => {
  const shown = async (env: NodeJS.ProcessEnv) => {
    const config = readConfig(env)
    return { start: banner(config, 'http://localhost:4000'), page: homePage(config, 'http://localhost:4000') }
  }
  const open = await shown({})
  const locked = await shown({ AUTH_MODE: 'apikey' })
  const tokens = await shown({ AUTH_MODE: 'both', JWT_SECRET: 'a secret of at least thirty-two characters' })
  for (const place of ['start', 'page'] as const) {
    t.notMatch(open[place], /authorization|x-api-key/)
    t.match(locked[place], "-H 'x-api-key: YOUR_KEY' -H 'content-type", place)
    t.match(tokens[place], "-H 'authorization: Bearer YOUR_TOKEN' -H 'content-type", place)
  }
})

t.test('a first start shows a moving system: runs, gates, and new events', async (t) => {
  const data = await temporaryFolder(t)
  const server = await serve(t, ['--data', data])
  const answer = await graphql(
    server.url,
    '{ runs(first: 100) { totalCount nodes { status } } approvals(filter: { states: [PENDING] }) { totalCount } rituals { nodes { ritualId } } }',
  )
  t.equal(answer.errors, undefined)
  const data1 = answer.data as {
    runs: { totalCount: number; nodes: { status: string }[] }
    approvals: { totalCount: number }
    rituals: { nodes: unknown[] }
  }
  t.ok(data1.runs.totalCount >= 100, `${data1.runs.totalCount} runs`)
  t.ok(data1.approvals.totalCount >= 1, `${data1.approvals.totalCount} gates wait`)
  t.ok(new Set(data1.runs.nodes.map(({ status }) => status)).size >= 3, 'in several states')
  const newest = async () => (await graphql(server.url, '{ runs(first: 1, orderBy: UPDATED_DESC) { nodes { updatedAt } } }')).data
  const before = JSON.stringify(await newest())
  t.ok(await answerOf(async () => JSON.stringify(await newest()) !== before), 'it moves')

  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  t.match(metrics, /orrery_source_up\{source="sql",mode="embedded"\} 1/)
  t.match(metrics, /orrery_projector_active 1/)
  t.match(metrics, /orrery_projector_events_total\{projection="[a-z]+"\} [1-9]/)
  t.match(metrics, /graphql_requests_total\{operation="anonymous",type="query"/)
  t.match(await (await fetch(`${server.url}/health/ready`)).json(), { status: 'ready' })
  const page = await fetch(server.url)
  t.match(await page.text(), '/graphiql')

  server.child.kill('SIGINT')
  t.equal(await server.ended, 0)
})
