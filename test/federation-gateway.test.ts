import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FormattedExecutionResult, parse, print, visit } from 'graphql'
import tap from 'tap'
import { serviceSdl } from '../src/federation/subgraph.ts'
import { packageRoot } from '../src/root.ts'
import { domains, loadTypeDefs } from '../src/schema.ts'
import { composers } from './support/composers.ts'
import { eventually } from './support/eventually.ts'
import { type Answer, apolloGateway, hiveGateway } from './support/gateways.ts'
import { backings, liveServer, type LiveServer, write } from './support/live-server.ts'

const folder = join(packageRoot, 'test', 'fixtures', 'golden')
const golden = readdirSync(folder).map((file) => ({ name: file, query: readFileSync(join(folder, file), 'utf8') }))

const [backing] = await backings(tap, ['embedded'])
if (backing === undefined) throw new Error('no store')
const { log } = backing

const whole = await liveServer(tap, backing)
const parts = new Map<string, LiveServer>()
for (const domain of domains) parts.set(domain, await liveServer(tap, backing, { env: { SUBGRAPHS: domain }, withoutProjector: true }))

const askAt =
  ({ http }: LiveServer): Answer =>
  async (request) => {
    const answer = await fetch(`${http}/graphql`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    return (await answer.json()) as FormattedExecutionResult
  }
const single = askAt(whole)
const asked = Object.fromEntries([...parts].map(([domain, server]) => [domain, askAt(server)]))
const [apollo] = composers
const subgraphs = [...parts].map(([name, { http }]) => ({ name, url: `${http}/graphql`, sdl: serviceSdl(loadTypeDefs([name])) }))
const supergraph = apollo?.compose(subgraphs).supergraph ?? ''
/** Apollo's gateway refuses supergraphs that ask for rights, because only their router can check them; our subgraphs do so in any case. */
const withoutRights = (sdl: string): string =>
  print(visit(parse(sdl), { Directive: ({ name }) => (['requiresScopes', 'authenticated'].includes(name.value) ? null : undefined) }))
const openSupergraph = apollo?.compose(subgraphs.map((one) => ({ ...one, sdl: withoutRights(one.sdl) }))).supergraph ?? ''

for (const [runId, state] of [
  ['one', 'open'],
  ['two', 'done'],
  ['three', 'failed'],
] as const) {
  const run = { ritualId: 'deploy', runId }
  await write(log, { ...run, event: 'ritual.started:v1', spec: { target: runId } })
  await write(log, { ...run, event: 'approval.requested:v1', gateId: 'go', requester: 'ops@example.com', reason: 'ready' })
  if (state === 'done') await write(log, { ...run, event: 'approval.granted:v1', gateId: 'go', approver: 'lead@example.com' })
  if (state === 'done') await write(log, { ...run, event: 'ritual.completed:v1', outputs: { ok: true } })
  if (state === 'failed') await write(log, { ...run, event: 'ritual.failed:v1', error: 'no luck' })
}
const last = await write(log, { ritualId: 'report', runId: 'one', event: 'ritual.started:v1' })
await whole.projected(last)

const setUp = async (mutation: string, done: string): Promise<void> => {
  const { data, errors } = await single({ query: `mutation { done: ${mutation} { __typename } }` })
  const { __typename } = (data as { done: { __typename: string } } | null | undefined)?.done ?? { __typename: JSON.stringify(errors) }
  if (__typename !== done) throw new Error(`${mutation}: ${__typename}`)
}
await setUp('createRecordStream(input: { name: "orders" })', 'RecordStreamAccepted')
await setUp('appendRecords(input: { key: { name: "orders" }, records: [{ text: "one" }, { json: { order: 2 } }] })', 'RecordsAppended')
await setUp(
  `createGraph(input: { scope: { projectId: "p", namespace: "n", graphId: "services" }, mutations: [
    { addNode: { nodeId: "api", labels: ["Service"] } }, { addNode: { nodeId: "db" } },
    { addEdge: { edgeId: "uses", from: "api", to: "db", label: "USES" } }] })`,
  'GraphAccepted',
)
await eventually(
  async () => {
    const query = '{ graph(scope: { projectId: "p", namespace: "n", graphId: "services" }) { id } }'
    return ((await single({ query })).data as { graph: unknown }).graph !== null
  },
  { withinMs: 30_000 },
)

/** Two servers probe their stores at different times; what a cursor holds beside the position is its moment. */
const comparable = ({ data, errors }: FormattedExecutionResult) => ({
  data,
  errors: (errors ?? []).map(({ message, path }) => ({ message, path })),
})

const hives = {
  ws: await hiveGateway(tap, supergraph, { subscriptions: 'ws' }),
  sse: await hiveGateway(tap, supergraph, { subscriptions: 'http' }),
}
const gateways: Record<string, Answer> = { Apollo: await apolloGateway(tap, openSupergraph, asked), Hive: hives.ws.ask }

for (const [name, ask] of Object.entries(gateways)) {
  tap.test(`${name}'s gateway over one process a domain answers the golden queries as the single server does`, async (t) => {
    for (const { name: file, query } of golden) {
      const expected = comparable(await single({ query }))
      t.strictSame(expected.errors, [], `${file}: the single server has no error`)
      // `nobody` is asked for, to see that a miss is one everywhere
      for (const [field, value] of Object.entries(expected.data ?? {})) t.equal(value === null, field === 'nobody', `${file}: ${field}`)
      t.strictSame(comparable(await ask({ query })), expected, file)
    }
  })

  tap.test(`${name}'s gateway finds a run by its global id through the one domain that has \`node\``, async (t) => {
    const { data } = await single({ query: '{ run(key: { ritualId: "deploy", runId: "one" }) { id } }' })
    const { id } = (data as { run: { id: string } }).run
    const query = 'query ($id: ID!) { node(id: $id) { __typename id ... on Run { runId status approvals { nodes { gateId } } } } }'
    const expected = comparable(await single({ query, variables: { id } }))
    t.match(expected.data, { node: { __typename: 'Run', runId: 'one' } })
    t.strictSame(comparable(await ask({ query, variables: { id } })), expected)
  })

  tap.test(`a mutation through ${name}'s gateway is written once, and its answer crosses the domains`, async (t) => {
    const runId = `by-${name}`
    await whole.projected(await write(log, { ritualId: 'deploy', runId, event: 'ritual.started:v1' }))
    const query = `mutation ($runId: String!) {
      requestApproval(input: { key: { ritualId: "deploy", runId: $runId }, gateId: "go", reason: "ready" }) {
        __typename
        ... on ApprovalDecided { projected approval { gateId state run { runId status } } }
        ... on UserError { message }
      }
    }`
    t.strictSame((await ask({ query, variables: { runId } })).data, {
      requestApproval: {
        __typename: 'ApprovalDecided',
        projected: true,
        approval: { gateId: 'go', state: 'PENDING', run: { runId, status: 'AWAITING_APPROVAL' } },
      },
    })
  })
}

for (const [transport, hive] of Object.entries(hives))
  tap.test(`a subscription through Hive's gateway by ${transport} delivers each event once, with fields of another domain`, async (t) => {
    const runId = `live-${transport}`
    await whole.projected(await write(log, { ritualId: 'deploy', runId, event: 'ritual.started:v1' }))
    const query = `subscription {
      runEvents(filter: { runIdContains: "${runId}" }) {
        ... on StreamPhase { phase }
        ... on RunEventItem { event { type run { runId approvals { nodes { gateId } } } } }
      }
    }`
    const stream = hive.subscribe({ query })
    t.teardown(() => stream.return(undefined))
    const next = async () => (await stream.next()).value as FormattedExecutionResult | undefined
    t.strictSame((await next())?.data, { runEvents: { phase: 'LIVE' } })
    await write(log, {
      ritualId: 'deploy',
      runId,
      event: 'approval.requested:v1',
      gateId: 'go',
      requester: 'ops@example.com',
      reason: 'ready',
    })
    await write(log, { ritualId: 'deploy', runId, event: 'ritual.completed:v1', outputs: {} })
    const run = { runId, approvals: { nodes: [{ gateId: 'go' }] } }
    t.strictSame((await next())?.data, { runEvents: { event: { type: 'approval.requested:v1', run } } })
    t.strictSame((await next())?.data, { runEvents: { event: { type: 'ritual.completed:v1', run } } })
  })

tap.test('entities of one request are found by one statement a type', async (t) => {
  const runs = parts.get('runs')
  if (runs === undefined) throw new Error('no domain runs')
  const { data } = await single({ query: '{ runs(first: 3) { nodes { id } } }' })
  const ids = (data as { runs: { nodes: { id: string }[] } }).runs.nodes.map(({ id }) => id)
  let statements = 0
  const { sql } = backing
  const any = sql.any.bind(sql)
  sql.any = (text, ...rest) => {
    if (/\bruns\b/.test(text)) statements += 1
    return any(text, ...rest)
  }
  t.teardown(() => (sql.any = any))
  const representations = [...ids, ...ids].map((id) => ({ __typename: 'Run', id }))
  const query = 'query ($all: [_Any!]!) { _entities(representations: $all) { ... on Run { id status } } }'
  const answer = await askAt(runs)({ query, variables: { all: representations } })
  t.match(answer.data, { _entities: [...ids, ...ids].map((id) => ({ id })) })
  t.equal(statements, 1)
})

tap.test('a key that is no string is the mistake of who sent it, however it is built', async (t) => {
  const { data } = await single({ query: '{ runs(first: 1) { nodes { id } } }' })
  const [run] = (data as { runs: { nodes: { id: string }[] } }).runs.nodes
  const keys = [[run?.id], { toString: 1, valueOf: 1 }, 5, true, null]
  const query = 'query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }'
  const answer = await single({ query, variables: { all: keys.map((id) => ({ __typename: 'Run', id })) } })
  t.strictSame(answer.data, { _entities: keys.map(() => null) })
  t.strictSame(
    answer.errors?.map(({ extensions }) => extensions?.['code']),
    keys.map(() => 'BAD_USER_INPUT'),
  )
})

tap.test('a subset serves its own fields only, and a name that is no domain is refused at the start', async (t) => {
  const { readConfig } = await import('../src/config.ts')
  const approvals = parts.get('approvals')
  if (approvals === undefined) throw new Error('no domain approvals')
  const answer = await askAt(approvals)({ query: '{ runs { nodes { id } } }' })
  t.match(answer.errors?.[0]?.message, 'Cannot query field "runs"')
  t.throws(() => readConfig({ SUBGRAPHS: 'runs,sol' }), /SUBGRAPHS: .*slo/)
})

tap.test('a worker serves no operations; probes and metrics it does', async (t) => {
  const worker = await liveServer(t, backing, { env: { ROLES: 'worker' }, withoutProjector: true })
  t.equal((await fetch(`${worker.http}/graphql?query={__typename}`)).status, 404)
  t.equal((await fetch(`${worker.http}/health/live`)).status, 200)
  t.equal((await fetch(`${worker.http}/metrics`)).status, 200)
})
