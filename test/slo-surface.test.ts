import { execFileSync } from 'node:child_process'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { Registry } from 'prom-client'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { eventually } from './support/eventually.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { ensureOwnSlos } from '../src/datasources/slo/own-slos.ts'
import { addSloMetrics } from '../src/telemetry/guarantee-metrics.ts'
import { backings, liveServer } from './support/live-server.ts'
import { type GraphqlAnswer, graphql, run, serve, temporaryFolder } from './support/program.ts'
import { programOf } from './support/server-process.ts'

const dataOf = ({ data, errors }: GraphqlAnswer): Record<string, unknown> => {
  if (errors !== undefined || data == null) throw new Error(JSON.stringify(errors))
  return data
}

const openSlo = (name: string, target: number, more = '') => `apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${name}
spec:
  service: shop
  budgetingMethod: Occurrences
  objectives:
    - target: ${target}
  timeWindow:
    - duration: 30d
      isRolling: true
  indicator:
    metadata:
      name: ${name}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: { type: Prometheus, spec: { query: 'shop_total{code!~"5.."}' } }
        total:
          metricSource: { type: Prometheus, spec: { query: 'shop_total' } }
${more}`

t.test('objectives in files are there from the start; the command line applies, exports and makes rules of them', async (t) => {
  const folder = await temporaryFolder(t)
  const data = join(folder, 'data')
  await mkdir(join(folder, 'slos'))
  await writeFile(join(folder, 'slos', 'checkout.yaml'), openSlo('checkout', 0.999))
  const env = { DEFAULT_TENANT: 'acme', LOG_LEVEL: 'silent' }
  const server = await serve(t, ['--empty', '--data', data], { ...env, SLO_FILES: join(folder, 'slos') })
  const asked = '{ slo(name: "checkout") { name status reasons { code } objective { targetPpm } window { duration } source openSlo } }'
  t.match(dataOf(await graphql(server.url, asked)), {
    slo: {
      ...{ name: 'checkout', status: 'NO_DATA', source: 'PROMETHEUS', window: { duration: '30d' } },
      reasons: [{ code: 'NOT_CONFIGURED' }],
      objective: { targetPpm: 999_000 },
    },
  })
  server.child.kill('SIGTERM')
  await server.ended

  const orrery = async (...args: string[]) => {
    const program = run(t, [...args, '--data', data], env)
    return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
  }
  await writeFile(join(folder, 'more.yaml'), `${openSlo('checkout', 0.99)}---\n${openSlo('search', 0.95)}`)
  const applied = await orrery('slo', 'apply', join(folder, 'more.yaml'))
  t.equal(applied.code, 0, applied.stderr)
  t.same(applied.stdout.trim().split('\n').sort(), ['checkout: changed', 'search: created'])
  const opened = await openPgliteSql({ dataDir: data, timeoutMs: 30_000 })
  const receipts = await opened.any<{ payload: Uint8Array }>(
    `select r.payload from record_streams s join records r on r.stream_key = s.stream_key where s.name = '_audit' order by r.record_offset desc limit 2`,
  )
  await opened.close()
  t.match(
    receipts.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()) as unknown),
    Array.from({ length: 2 }, () => ({ action: 'upsertSlo', outcome: 'SloAccepted', actor: { id: 'command-line' }, subject: String })),
    'each has its receipt',
  )
  const exported = await orrery('slo', 'export')
  const documents = parseAllDocuments(exported.stdout).map((document) => document.toJS() as { kind: string; metadata: { name: string } })
  const named = documents.filter(({ kind }) => kind === 'SLO').map(({ metadata }) => metadata.name)
  t.ok(
    ['checkout', 'search', 'availability'].every((name) => named.includes(name)),
    named.join(),
  )
  await writeFile(join(folder, 'exported.yaml'), exported.stdout)
  t.equal((await orrery('slo', 'apply', join(folder, 'exported.yaml'))).code, 0, 'what was exported comes in again')
  t.equal((await orrery('slo', 'export')).stdout, exported.stdout, 'as the same')
  const rules = await orrery('slo', 'rules')
  t.match(rules.stdout, /slo: checkout/)
  t.match(rules.stdout, /slo: search/)
  if (process.env['PROMETHEUS_URL'] !== undefined) {
    await writeFile(join(folder, 'rules.yml'), rules.stdout)
    t.match(execFileSync(programOf('promtool'), ['check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' }), /SUCCESS/)
  }
  t.match((await orrery('slo', 'rules', 'contract', '--name', 'my-job')).stdout, /job="my-job"/)
  t.match((await orrery('slo', 'rules', 'alertmanager')).stdout, /inhibit_rules/)
  const wrong = await orrery('slo', 'apply', join(folder, 'nowhere.yaml'))
  t.not(wrong.code, 0)
  t.notMatch(wrong.stderr, /\n\s+at /, 'no stack')
})

/** Every element that is opened is closed, in order. */
function isWellFormed(xml: string): boolean {
  const open: string[] = []
  for (const [, closing, name = '', rest = ''] of xml.matchAll(/<(\/?)([a-z]+)((?:\s+[a-zA-Z-]+="[^"<]*")*\s*\/?)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) return false
    } else if (!rest.endsWith('/')) open.push(name)
  }
  const text = xml.replace(/<[^>]*>/g, '')
  return open.length === 0 && !/[<>]|&(?!(?:lt|gt|amp|quot|apos|#\d+);)/.test(text)
}

t.test('the picture of an objective shows the numbers of its series, and escapes what people write', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing)
  const ask = async (query: string) => dataOf(await graphql(server.http, query))
  await ask(
    `mutation { upsertSlo(input: { name: "drawn", service: "a <b> & \\"c\\"\\u0001\\ufffe", targetPercent: 99, window: "1h", minCoverage: 0, indicator: { counters: { measure: "x.drawn" } } }) { __typename } }`,
  )
  await ask('mutation { recordSloEvents(input: { name: "drawn", good: 985, bad: 15 }) { __typename } }')
  const response = await fetch(`${server.http}/slos/drawn.svg`)
  t.match(response.headers.get('content-type'), /^image\/svg\+xml/)
  const svg = await response.text()
  t.ok(isWellFormed(svg), 'well-formed')
  t.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  t.match(svg, 'drawn (a &lt;b&gt; &amp; &quot;c&quot;\ufffd\ufffd): BREACHED, -50.0 % of the budget left')
  const from = />(\d{4}-[^<]+)<\/text><text[^>]*text-anchor="end">(\d{4}-[^<]+)<\/text><\/svg>/.exec(svg)
  const { slo } = (await ask(
    `{ slo(name: "drawn", at: "${from?.[2] ?? ''}") { remaining: series(kind: REMAINING, from: "${from?.[1] ?? ''}", to: "${from?.[2] ?? ''}", maxPoints: 160) { at value } burn: series(kind: BURN_RATE, from: "${from?.[1] ?? ''}", to: "${from?.[2] ?? ''}", maxPoints: 160) { at value } } }`,
  )) as { slo: Record<'remaining' | 'burn', { value: number | null }[]> }
  const paths = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path = '']) =>
    [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, , y]) => Number(y)),
  )
  const values = (kind: 'remaining' | 'burn') => slo[kind].flatMap(({ value }) => (value === null ? [] : [value]))
  t.equal(paths[0]?.length, values('remaining').length, 'a point for each that was measured')
  t.equal(paths[1]?.length, values('burn').length)
  const least = Math.min(0, ...values('remaining'))
  const low = Math.max(-2, least)
  values('remaining').forEach((value, index) => {
    const y = 70 + 150 - ((Math.min(1, Math.max(low, value)) - low) / (1 - low)) * 150
    t.ok(Math.abs((paths[0]?.[index] ?? NaN) - y) < 0.06, `point ${index} of the burn-down`)
  })
  t.match(svg, /page-fast|slow/, 'where tiers fire')
  t.equal((await fetch(`${server.http}/slos/nothing.svg`)).status, 404)
})

t.test(
  'the status page names a tenant’s objectives to those who may read them, and is measured once for all scrapes of a moment',
  async (t) => {
    const [backing] = await backings(t, ['embedded'])
    if (backing === undefined) return
    const secret = 'a-secret-of-at-least-32-characters'
    const server = await liveServer(t, backing, { env: { AUTH_MODE: 'jwt', JWT_SECRET: secret } })
    await ensureOwnSlos(backing.sql, server.dataSources.sloStore, server.config)
    const tenant = server.config.defaultTenant
    const tokenOf = (claims: object) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(secret))
    const admin = { authorization: `Bearer ${await tokenOf({ sub: 'ada', tenant, roles: ['admin'] })}`, 'content-type': 'application/json' }
    const slo = `{ name: "secret-launch", service: "shop", targetPercent: 99, window: "1h", indicator: { counters: { measure: "x.launch" } } }`
    const query = `mutation { upsertSlo(input: ${slo}) { __typename } }`
    t.equal((await fetch(`${server.http}/graphql`, { method: 'POST', headers: admin, body: JSON.stringify({ query }) })).status, 200)

    const namesFor = async (headers: Record<string, string>): Promise<string[]> => {
      const response = await fetch(`${server.http}/status`, { headers })
      t.equal(response.status, 200)
      return Object.keys(((await response.json()) as { slos: object }).slos)
    }
    await eventually(async () => (await namesFor(admin)).includes('secret-launch'))
    const strangers: Record<string, string>[] = [
      {},
      { authorization: 'Bearer nonsense' },
      { authorization: `Bearer ${await tokenOf({ sub: 'eve', tenant: 'other', roles: ['admin'] })}` },
      { authorization: `Bearer ${await tokenOf({ sub: 'nil', tenant, roles: [] })}` },
    ]
    for (const headers of strangers) {
      const names = await namesFor(headers)
      t.ok(names.includes('availability') && !names.includes('secret-launch'), names.join())
    }

    const registry = new Registry()
    let measured = 0
    addSloMetrics(registry, async () => {
      measured += 1
      return []
    })
    await Promise.all(Array.from({ length: 20 }, () => registry.metrics()))
    t.equal(measured, 1)
  },
)

t.test('a picture is held to the rules of /graphql: rights, budgets, trusted documents, and codes where it fails', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const made = await liveServer(t, backing)
  const slo = `{ name: "held", service: "shop", targetPercent: 99, window: "1h", indicator: { counters: { measure: "x.held" } } }`
  dataOf(await graphql(made.http, `mutation { upsertSlo(input: ${slo}) { __typename } }`))
  const graph = `{ scope: { projectId: "p", namespace: "n", graphId: "held" }, mutations: [{ addNode: { nodeId: "a" } }] }`
  dataOf(await graphql(made.http, `mutation { createGraph(input: ${graph}) { __typename } }`))
  const found = dataOf(await graphql(made.http, '{ graph(scope: { projectId: "p", namespace: "n", graphId: "held" }) { id } }'))
  const pictures = ['/slos/held.svg', `/graphs/${(found['graph'] as { id: string }).id}.svg`]
  const at = (env: Record<string, string>) => liveServer(t, backing, { env, withoutProjector: true })

  const trusting = await at({ GRAPHQL_ONLY_PERSISTED: 'on' })
  const spent = await at({ BUDGET_CAPACITY: '400', BUDGET_RESTORE_PER_SECOND: '1' })
  const closed = await at({ AUTH_MODE: 'jwt', JWT_SECRET: 'a-secret-of-at-least-32-characters' })
  for (const path of pictures) {
    const drawn = await fetch(trusting.http + path, {
      headers: { 'x-graphql-cost': 'validate', 'apollo-federation-include-trace': 'ftv1' },
    })
    t.equal(drawn.status, 200, 'a deployment trusts documents of its own')
    t.match(drawn.headers.get('content-type'), /^image\/svg\+xml/)
    t.match(drawn.headers.get('content-security-policy'), 'sandbox')
    t.match(await drawn.text(), /^<svg /)

    const stranger = await fetch(closed.http + path)
    t.match([stranger.status, stranger.headers.get('www-authenticate')], [401, 'Bearer'])
    t.match(await stranger.json(), { errors: [{ extensions: { code: 'UNAUTHENTICATED', requestId: String } }] })

    const throttled = async (): Promise<Response | null> => {
      const response = await fetch(spent.http + path)
      return response.status === 200 ? null : response
    }
    const refused = (await throttled()) ?? (await throttled()) ?? (await throttled())
    t.equal(refused?.status, 429, `${path} is paid for`)
    t.ok(Number(refused?.headers.get('retry-after')) >= 1)
    t.match(await refused?.json(), { errors: [{ extensions: { code: 'THROTTLED', requestId: String } }] })
  }
  t.equal((await fetch(`${made.http}${pictures[1]?.replace('svg', 'constructor')}`)).status, 404)
  const runs = await at({ SUBGRAPHS: 'runs' })
  for (const path of pictures) t.equal((await fetch(runs.http + path)).status, 404, 'a subgraph draws no other domain')
})

t.test('a release is what its folder holds: gates are measured or skipped, never literals', async (t) => {
  const folder = await temporaryFolder(t)
  const bundle = join(folder, '1.2.0')
  await mkdir(bundle)
  await mkdir(join(folder, '1.1.0'))
  const write = (name: string, value: unknown) => writeFile(join(bundle, name), typeof value === 'string' ? value : JSON.stringify(value))
  await write('metrics.json', {
    timestamp: '2026-01-01T00:00:00.000Z',
    tests: { total: 10, passed: 10, failed: 0, coverage: 91.5 },
    performance: { p50: 12, p95: 240, p99: 500 },
    security: { vulnerabilities: { critical: 0, high: 1, medium: 0, low: 3 } },
  })
  await write('sbom.json', {
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    packages: [{ name: 'a', SPDXID: 'SPDXRef-a', downloadLocation: 'NOASSERTION' }],
  })
  await write('compat_report.json', { compatibility: { backward: false, breakingChanges: ['field gone'] } })
  await write('provenance.json', {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicate: { builder: { id: 'https://ci.example/1' }, buildType: 'https://ci.example/npm' },
  })
  await write('orrery-1.2.0.tgz', 'not really an archive')
  await writeFile(join(folder, '1.1.0', 'report.md'), '# nothing measured')
  await utimes(join(folder, '1.1.0', 'report.md'), 1_700_000_000, 1_700_000_000)
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing, { env: { ARTIFACTS_OUTPUT_DIR: folder } })
  const { releases } = dataOf(
    await graphql(
      server.http,
      '{ releases { nodes { version artifacts { name type hash sizeBytes } qualityGates { name status value message } sbom { format packages } provenance { builderId signed } compat { backward breakingChanges } promotion { status } } } }',
    ),
  ) as unknown as { releases: { nodes: { artifacts: { name: string }[] }[] } }
  t.match(releases.nodes, [
    {
      version: '1.2.0',
      qualityGates: [
        { name: 'security', status: 'PASSED', value: 0 },
        { name: 'compat', status: 'FAILED', value: 1 },
        { name: 'sbom', status: 'PASSED', value: 1 },
        { name: 'coverage', status: 'PASSED', value: 91.5 },
        { name: 'p95_p99', status: 'FAILED', value: 240 },
      ],
      sbom: { format: 'SPDX-2.3', packages: 1 },
      provenance: { builderId: 'https://ci.example/1', signed: false },
      compat: { backward: false, breakingChanges: ['field gone'] },
      promotion: null,
    },
    {
      version: '1.1.0',
      qualityGates: Array.from({ length: 5 }, () => ({ status: 'SKIPPED', value: null, message: 'Not measured.' })),
      sbom: null,
      provenance: null,
      compat: null,
    },
  ])
  t.match(
    releases.nodes[0]?.artifacts.find(({ name }) => name.endsWith('.tgz')),
    { type: 'NPM', hash: createHash('sha256').update('not really an archive').digest('hex'), sizeBytes: 21 },
  )
})

t.test('/debug/performance is off by default, and asks who you are when it is on', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const off = await liveServer(t, backing)
  t.equal((await fetch(`${off.http}/debug/performance`)).status, 404)
  const on = await liveServer(t, backing, { env: { DEBUG_PERFORMANCE: 'on', AUTH_MODE: 'apikey' } })
  const refused = await fetch(`${on.http}/debug/performance`)
  t.equal(refused.status, 401)
  t.notMatch(await refused.text(), /rssBytes/)
})

t.test('a newcomer breaks something in the sample, and sees a budget burn', async (t) => {
  const folder = await temporaryFolder(t)
  const server = await serve(t, ['--data', join(folder, 'data')], {
    ...{ SAMPLE_DATA: 'static', SLO_EVALUATION_INTERVAL_MS: '500', LOG_LEVEL: 'silent', BUDGET_CAPACITY: '0' },
  })
  const ask = async (query: string) => dataOf(await graphql(server.url, query))
  interface Seen {
    slo: { status: string; sli: { bad: number; total: number }; errorBudget: { remainingRatio: number } }
  }
  const state = async () =>
    ((await ask('{ slo(name: "runs-succeed") { status sli { bad total } errorBudget { remainingRatio } } }')) as unknown as Seen).slo
  const before = await state()
  t.ok(before.sli.total > 0, 'the sample has a history')
  const { runs } = (await ask(
    '{ runs(first: 50, filter: { statuses: [RUNNING, AWAITING_APPROVAL] }) { nodes { ritualId runId } } }',
  )) as unknown as {
    runs: { nodes: { ritualId: string; runId: string }[] }
  }
  t.ok(runs.nodes.length > 0, 'something goes on that can be broken')
  let failed = 0
  for (const { ritualId, runId } of runs.nodes) {
    const { failRun } = (await ask(
      `mutation { failRun(input: { key: { ritualId: "${ritualId}", runId: "${runId}" }, message: "I broke it" }) { __typename } }`,
    )) as unknown as { failRun: { __typename: string } }
    if (failRun.__typename === 'RunAccepted') failed += 1
  }
  t.ok(failed > 0)
  await eventually(async () => (await state()).sli.bad >= before.sli.bad + failed, { withinMs: 60_000, everyMs: 200 })
  const after = await state()
  t.ok(
    after.errorBudget.remainingRatio < before.errorBudget.remainingRatio,
    `${before.errorBudget.remainingRatio} to ${after.errorBudget.remainingRatio}`,
  )
  const status = (await (await fetch(`${server.url}/status`)).json()) as { slos: Record<string, unknown>; status: string }
  t.match(status.slos['runs-succeed'], { budget: { remainingRatio: Number } })
})
