import t, { type Test } from 'tap'
import { type FastifyInstance } from 'fastify'
import { type ExecutionResult, getNamedType, type GraphQLOutputType, isInterfaceType, isUnionType } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { decodeId } from '../src/ids.ts'
import { type RequestOrigin, type ResultStream } from '../src/operation/operation.ts'
import { eventually } from './support/eventually.ts'
import { claimedBy, type Names, type Probe, probesOf, twinKey, twinOf } from './support/foreign-probes.ts'
import { originOf } from './support/fixture-app.ts'
import { backings, liveServer, write } from './support/live-server.ts'
import { countingSql } from './support/seeded-reads.ts'
import { fieldCall, isOpen, textsUnder, wholeSelection } from './support/whole-selection.ts'

// Tenant `acme` owns one thing of every kind; `globex` asks for it by every argument of every field. The answer has to be that for what does not exist:
// in its words, and in the statements that it took, which is what time would tell.

t.setTimeout(240_000)

const schema = buildSchema()
const [owner, stranger] = ['acme', 'globex']
const keys = {
  ritualId: 'planted-ritual',
  runId: 'planted-run',
  gateId: 'planted-gate',
  projectId: 'planted-project',
  namespace: 'planted-space',
  graphId: 'planted-graph',
  nodeId: 'planted-node',
  tag: 'planted-tag',
}
const named = { RecordStream: 'planted-stream', Slo: 'planted-objective' }
const objective = `name: "${named.Slo}", targetPercent: 99, window: "30d", indicator: {counters: {measure: "requests"}}`
const graph = `scope: {projectId: "${keys.projectId}", namespace: "${keys.namespace}", graphId: "${keys.graphId}"}`
const binding = `repoId: "acme/shop", baseCommit: "${'a'.repeat(40)}"`

/** One thing of every kind. */
const deeds: readonly (readonly [call: string, shown: string])[] = [
  [
    `createGraph(input: {${graph}, mutations: [{addNode: {nodeId: "${keys.nodeId}"}}, {addNode: {nodeId: "b"}}, {addEdge: {edgeId: "planted-edge", from: "${keys.nodeId}", to: "b"}}]})`,
    '... on GraphAccepted {graph {id} commit {id}}',
  ],
  [`createRecordStream(input: {name: "${named.RecordStream}"})`, '... on RecordStreamAccepted {stream {id}}'],
  [`appendRecords(input: {key: {name: "${named.RecordStream}"}, records: [{text: "planted text"}]})`, ''],
  [`pinRecordStream(input: {key: {name: "${named.RecordStream}"}})`, ''],
  [`upsertSlo(input: {${objective}})`, '... on SloAccepted {slo {id} receipt {id}}'],
  [`issueTicket(input: {${binding}})`, '... on TicketIssued {ticket {id}}'],
]

interface Body {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly path?: unknown; readonly extensions: Record<string, unknown> }[]
}
type Ask = (tenant: string, query: string, variables?: object) => Promise<Body>

const asking =
  (app: FastifyInstance): Ask =>
  async (tenant, query, variables = {}) => {
    const headers = { 'x-tenant-id': tenant }
    return JSON.parse((await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } })).body) as Body
  }

/** Everything that a tenant sees without being asked for anything. */
async function seen(ask: Ask, tenant: string): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>()
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {}).filter(isOpen)) {
    const target = schema.getType(String(field.type).replace(/[[\]!]/g, ''))
    const selected = target === undefined ? '' : wholeSelection(target, 2)
    const { data } = await ask(tenant, `{it: ${fieldCall(field)}${selected === '__typename' || selected === '' ? '' : ` {${selected}}`}}`)
    answers.set(field.name, data?.['it'])
  }
  return answers
}

/** One id of every kind that the owner has. */
async function plant(t: Test, ask: Ask, log: EventLog): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  const note = (id: string): unknown => ids.set(decodeId(id)?.type ?? id.replace(/_.*/, ''), id)
  // without Demon's message ids, which hold no tenant: the log would take no second event of this run for two minutes
  const { ritualId, runId, gateId } = keys
  await write(log, { event: 'ritual.started:v1', ritualId, runId, spec: {} })
  await write(log, { event: 'approval.requested:v1', ritualId, runId, gateId, requester: 'dana', reason: 'x' })
  for (const [call, shown] of deeds) {
    const { data, errors } = await ask(owner, `mutation {it: ${call} {__typename ${shown} ... on UserError {message}}}`)
    t.equal(errors, undefined, `${call.slice(0, 40)} ${JSON.stringify(errors)}`)
    t.notOk(JSON.stringify(data).includes('"message"'), JSON.stringify(data))
    for (const id of textsUnder(data, new Set(['id']))) note(id)
  }
  const parts = await ask(owner, `{graph(${graph}) {node(nodeId: "${keys.nodeId}") {id} relationships(first: 1) {nodes {id}}}}`)
  for (const id of textsUnder(parts.data, new Set(['id']))) note(id)
  const node = schema.getType('Node')
  const kinds = isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : []
  await eventually(
    async () => {
      for (const id of textsUnder([...(await seen(ask, owner)).values()], new Set(['id']))) if (decodeId(id) !== null) note(id)
      return kinds.every((kind) => ids.has(kind))
    },
    { withinMs: 5000 },
  ).catch(() => t.fail(`no id of ${kinds.filter((kind) => !ids.has(kind)).join()}`))
  return ids
}

/** How far the read model is, looked at now and then whoever asks for what. */
const isProgress = (statement: string): boolean => statement.startsWith('select distinct on (stream) stream, sequence')

/** What an answer tells, the names that were asked with taken out. */
const told = ({ data, errors }: Body, { id, keys }: Names): string => {
  let text = JSON.stringify({ data, errors: errors?.map(({ message, path, extensions }) => ({ message, path, code: extensions['code'] })) })
  for (const name of [id, ...Object.values(keys)]) text = text.replaceAll(name, 'NAME')
  return text.replace(/\b[0-9a-f]{64}\b/g, 'HASH')
}

const twins = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, twinKey(key)]))

interface Pair {
  readonly label: string
  readonly probe: Probe
  readonly there: Names
  readonly nowhere: Names
}

/** Every place of every field of these, with every kind of thing that the owner has. Natural keys come last: some of them make things of the stranger's own. */
function pairs(operation: 'query' | 'mutation' | 'subscription', ids: ReadonlyMap<string, string>): Pair[] {
  const root = schema.getRootType(operation as Parameters<typeof schema.getRootType>[0])
  const probes = Object.values(root?.getFields() ?? {}).flatMap((field) => probesOf(operation, field, [...Object.keys(keys), 'name']))
  const byId = probes
    .filter(({ takesId }) => takesId)
    .flatMap((probe) =>
      [...ids].flatMap(([kind, id]) =>
        [id, claimedBy(stranger, owner, id)].map((named) => ({
          label: `${probe.label} by the id of a ${kind}${named === id ? '' : ', claimed as their own'}`,
          probe,
          there: { id: named, keys },
          nowhere: { id: twinOf(named), keys: twins },
        })),
      ),
    )
  const byKey = probes
    .filter(({ takesId }) => !takesId)
    .flatMap((probe) =>
      Object.entries(probe.label.endsWith('name)') ? named : { Slo: named.Slo }).map(([kind, name]) => ({
        label: `${probe.label} by the key of a ${kind}`,
        probe,
        there: { id: 'none', keys: { ...keys, name } },
        nowhere: { id: 'none', keys: { ...twins, name: twinKey(name) } },
      })),
    )
  return [...byId, ...byKey]
}

/** The items of a stream with what they carry. */
function itemsOf(type: GraphQLOutputType): string {
  const delivery = getNamedType(type)
  if (!isUnionType(delivery)) return wholeSelection(delivery, 1)
  const items = delivery.getTypes().filter(({ name }) => name.endsWith('Item'))
  return `__typename ${items.map((item) => `... on ${item.name} {${wholeSelection(item, 1)}}`).join(' ')}`
}

interface Heard {
  text(): string
  /** What was refused or came with data; how far the stream is does not count. */
  told(): string
  end(): Promise<unknown>
}

/** Keeps what a subscription gives. */
function hear(answer: ResultStream | ExecutionResult): Heard {
  const results: ExecutionResult[] = []
  const isStream = Symbol.asyncIterator in answer
  if (isStream)
    void (async () => {
      for await (const result of answer) results.push(result)
    })()
  else results.push(answer)
  const text = () => JSON.stringify(results)
  return {
    text,
    told: () =>
      JSON.stringify(
        results
          .map(({ data, errors }) => ({ data, errors: errors?.map(({ message, extensions }) => ({ message, code: extensions['code'] })) }))
          .filter((result) => !JSON.stringify(result).includes('"StreamPhase"')),
      ),
    end: async () => (isStream ? answer.return?.() : undefined),
  }
}

t.test('what belongs to another tenant answers as what does not exist, in every field that can be asked for it', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const env = {
    DEFAULT_TENANT: owner,
    GRAPHQL_MAX_COST: '1000000',
    GRAPHQL_MAX_NODES: '1000000',
    GRAPHQL_MAX_TOKENS: '50000',
    GRAPHQL_MAX_FRAGMENT_SPREADS: '1000',
  }
  const ids = await plant(t, asking((await liveServer(t, backing, { env })).app), backing.log)
  const counting = countingSql(backing.sql)
  // its statements are those of the requests alone: the other one projects
  const server = await liveServer(t, { ...backing, sql: counting.sql }, { env, withoutProjector: true })
  const ask = asking(server.app)
  const state = async () =>
    textsUnder([...(await seen(ask, owner)).values()], new Set(['id', 'headHash', 'length', 'status', 'state', 'totalCount']))
  const before = await state()
  // what is read once for a tenant
  await seen(ask, stranger)

  for (const operation of ['query', 'mutation'] as const)
    await t.test(operation, async (t) => {
      const probed = new Set<string>()
      let compared = 0
      // the first refusal makes the stranger's own audit log
      if (operation === 'mutation') await ask(stranger, 'mutation {deleteSlo(input: {name: "none"}) {__typename}}')
      for (const { label, probe, there, nowhere } of pairs(operation, ids)) {
        const answers = []
        for (const names of [there, nowhere]) {
          const { query, variables } = probe.ask(names)
          counting.statements.length = 0
          const answer = await ask(stranger, query, variables)
          answers.push({ told: told(answer, names), statements: counting.statements.filter((text) => !isProgress(text)).sort() })
          if (answer.errors?.some(({ extensions }) => /VALIDATION|PARSE|COST/.test(String(extensions['code']))))
            t.fail(`${label}: ${JSON.stringify(answer.errors)}`)
        }
        const [foreign, twin] = answers
        compared++
        if (foreign?.told !== twin?.told) t.same(foreign?.told, twin?.told, label)
        // who waits until his own write can be read asks as often as it takes
        const waited = operation === 'mutation' && /Accepted|Decided|Issued|Appended/.test(foreign?.told ?? '')
        if (!waited && JSON.stringify(foreign?.statements) !== JSON.stringify(twin?.statements))
          t.same(foreign?.statements, twin?.statements, `${label}: the same statements`)
        probed.add(/^\w+ (\w+)/.exec(label)?.[1] ?? '')
      }
      t.comment(`${compared} pairs over ${probed.size} fields`)
      t.ok(compared > 300, `${compared} pairs`)
    })

  await t.test('nothing of it was changed', async (t) => {
    t.same(
      [...before].filter((text) => !text.startsWith('_')).sort(),
      [...(await state())].sort().filter((text) => before.has(text)),
    )
  })

  await t.test('subscription', async (t) => {
    const viewer = await server.app.authenticate({ 'x-tenant-id': stranger })
    const origin: RequestOrigin = { ...(await originOf(server.app)), viewer }
    const open = async (query: string, variables: Readonly<Record<string, unknown>>): Promise<Heard> => {
      const prepared = await server.app.pipeline.prepare({ query, variables }, origin)
      if (prepared.kind === 'REFUSED') return hear(prepared.result)
      return hear(await server.app.pipeline.subscribe(prepared.operation))
    }
    const foreign = pairs('subscription', ids).filter(({ probe, label }) => probe.takesId && !label.endsWith('as their own'))
    const heard = []
    for (const { label, probe, there, nowhere } of foreign) {
      const [one, other] = [probe.ask(there), probe.ask(nowhere)]
      heard.push({ label, there, nowhere, one: await open(one.query, one.variables), other: await open(other.query, other.variables) })
    }
    const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {}).filter(isOpen)
    const everything = new Map<string, Heard>()
    for (const field of fields) everything.set(field.name, await open(`subscription {it: ${field.name} {${itemsOf(field.type)}}}`, {}))

    for (const tenantId of [owner, stranger]) {
      const marked = `of-${tenantId}-alone`
      await write(backing.log, { event: 'ritual.started:v1', ritualId: marked, runId: marked, tenantId, spec: {} })
      await write(backing.log, {
        event: 'approval.requested:v1',
        ritualId: marked,
        runId: marked,
        gateId: marked,
        requester: 'dana',
        reason: 'x',
        tenantId,
      })
      await write(backing.log, { event: 'ritual.state.transitioned:v1', ...keys, fromState: 'a', toState: marked, tenantId })
      const scope = `scope: {projectId: "${marked}", namespace: "${marked}", graphId: "${marked}"}`
      const { data } = await ask(
        tenantId,
        `mutation {it: createGraph(input: {${scope}, mutations: [{addNode: {nodeId: "a"}}]}) {__typename}}`,
      )
      t.match(data, { it: { __typename: 'GraphAccepted' } })
    }
    const isOf = (tenantId: string, stream: Heard | undefined): boolean =>
      stream?.text().includes(`of-${tenantId}-alone`) === true || stream?.text().includes(`"tenantId":"${tenantId}"`) === true
    for (const name of ['events', 'runEvents', 'runUpdated', 'approvalUpdated', 'graphCommitted'])
      await eventually(() => isOf(stranger, everything.get(name))).catch(() => t.fail(`${name}: ${everything.get(name)?.text()}`))
    for (const [name, stream] of everything) t.notOk(isOf(owner, stream), name)
    for (const { label, there, nowhere, one, other } of heard) {
      t.notOk(isOf(owner, one), label)
      const [foreign, twin] = [one.told().replaceAll(there.id, 'NAME'), other.told().replaceAll(nowhere.id, 'NAME')]
      if (foreign !== twin) t.equal(foreign, twin, label)
    }
    t.ok(heard.length > 50, `${heard.length} pairs`)
    for (const stream of [...everything.values(), ...heard.flatMap(({ one, other }) => [one, other])]) await stream.end()
  })
})
