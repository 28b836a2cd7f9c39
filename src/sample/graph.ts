import { parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { commitIdOf, readMutation } from '../datasources/graph/mutations.ts'
import { type EventLog } from '../datasources/log/log.ts'
import { formatDemonTime, type Clock, type Nanos } from '../time.ts'
import { SAMPLE_TENANT, type SampleMessage } from './events.ts'
import { createRandom, type Random } from './random.ts'
import { pause } from '../pause.ts'

/** The map of services that the sample's rituals work on. */
export const sampleGraph = { tenantId: SAMPLE_TENANT, projectId: 'platform', namespace: 'prod', graphId: 'services' } as const

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
const SUBJECT = `demon.graph.v1.${sampleGraph.tenantId}.${sampleGraph.projectId}.${sampleGraph.namespace}.commit`

interface Thing {
  readonly id: string
  readonly labels: readonly string[]
  readonly uses: readonly string[]
}

const thing = (id: string, labels: readonly string[], ...uses: string[]): Thing => ({ id, labels, uses })

const things: readonly Thing[] = [
  thing('edge-gateway', ['Service', 'Edge'], 'web-shop', 'mobile-api', 'partner-api'),
  thing('web-shop', ['Service'], 'catalog', 'basket', 'search', 'session-cache'),
  thing('mobile-api', ['Service'], 'catalog', 'basket', 'accounts'),
  thing('partner-api', ['Service'], 'orders', 'catalog', 'event-bus'),
  thing('catalog', ['Service'], 'catalog-db', 'search'),
  thing('basket', ['Service'], 'session-cache', 'pricing'),
  thing('pricing', ['Service'], 'pricing-model', 'catalog-db'),
  thing('orders', ['Service', 'Critical'], 'orders-db', 'payments', 'event-bus', 'warehouse'),
  thing('payments', ['Service', 'Critical'], 'payments-primary', 'card-network', 'fraud-score'),
  thing('fraud-score', ['Service'], 'pricing-model', 'event-bus'),
  thing('accounts', ['Service'], 'accounts-db', 'session-cache', 'mailer'),
  thing('warehouse', ['Service'], 'warehouse-db', 'event-bus'),
  thing('mailer', ['Service'], 'event-bus'),
  thing('search', ['Service'], 'search-index'),
  thing('billing', ['Service'], 'payments-primary', 'orders-db', 'ledger'),
  thing('ledger', ['Service', 'Critical'], 'ledger-db'),
  thing('etl', ['Job'], 'orders-db', 'warehouse-db', 'lake'),
  ...['catalog-db', 'orders-db', 'accounts-db', 'warehouse-db', 'ledger-db'].map((id) => thing(id, ['Database'])),
  thing('payments-primary', ['Database', 'Critical'], 'payments-replica'),
  thing('payments-replica', ['Database']),
  thing('session-cache', ['Cache']),
  thing('search-index', ['Index']),
  thing('event-bus', ['Queue', 'Critical']),
  thing('lake', ['Storage']),
  thing('pricing-model', ['Model']),
  thing('card-network', ['External']),
]

type Mutation = Readonly<Record<string, unknown>>
const property = (key: string, value: unknown) => ({ key, value })

const addNode = ({ id, labels }: Thing, version: string, extra: readonly object[] = []): Mutation => ({
  op: 'add-node',
  nodeId: id,
  labels,
  properties: [property('name', id), property('version', version), property('team', `team-${id.charCodeAt(0) % 5}`), ...extra],
})
const addEdge = (from: string, to: string): Mutation => ({
  ...{ op: 'add-edge', edgeId: `${from}->${to}`, from, to, label: /db|primary|replica|cache|lake|index/.test(to) ? 'STORES_IN' : 'CALLS' },
  properties: [property('critical', from === 'orders' || from === 'payments')],
})

interface Commit {
  readonly message: SampleMessage
  readonly commitId: string
}

/** A commit as Demon would write it. (contract: demon 4.5, 8.8) */
function commit(at: Nanos, parent: string | null, mutations: readonly Mutation[]): Commit {
  const read = mutations.map((mutation) => readMutation(parseLexemeJson(JSON.stringify(mutation))))
  const commitId = commitIdOf(sampleGraph, parent, read)
  const { tenantId, projectId, namespace, graphId } = sampleGraph
  const payload = {
    ...{ commitId, event: 'graph.commit.created:v1', graphId, mutations, namespace },
    ...(parent === null ? {} : { parentCommitId: parent }),
    ...{ projectId, tenantId, ts: formatDemonTime(at) },
  }
  return { commitId, message: { subject: SUBJECT, messageId: `${tenantId}:${projectId}:${namespace}:${commitId}`, payload, at } }
}

function tag(at: Nanos, name: string, commitId: string): SampleMessage {
  const { tenantId, projectId, namespace, graphId } = sampleGraph
  return {
    ...{ subject: SUBJECT, at, messageId: `${tenantId}:${projectId}:${namespace}:tag:${name}:${commitId}:${at / 1_000_000n}` },
    payload: {
      action: 'set',
      commitId,
      event: 'graph.tag.updated:v1',
      graphId,
      namespace,
      projectId,
      tag: name,
      tenantId,
      ts: formatDemonTime(at),
    },
  }
}

/** A release of one thing: its node, anew, with another version. Every now and then it names the run that did it. */
function release(random: Random, number: number): Mutation {
  const one = random.pick(things as [Thing, ...Thing[]])
  const run = number % 3 === 0 ? [property('runId', 'release-train-0001'), property('ritualId', 'release-train')] : []
  return { ...addNode(one, `1.${number}.${random.between(0, 9)}`, run), op: 'update-node' }
}

/** Two weeks of a map of services, in time order, the same for the same `now` and seed. */
export function sampleGraphHistory(now: Nanos, seed = 11): SampleMessage[] {
  const random = createRandom(seed)
  const begin = now - 14n * 24n * HOUR
  const first = commit(begin, null, [
    ...things.map((one) => addNode(one, '1.0.0')),
    ...things.flatMap(({ id, uses }) => uses.map((other) => addEdge(id, other))),
  ])
  const messages = [first.message, tag(begin + SECOND, 'v1', first.commitId)]
  let head = first.commitId
  for (
    let number = 1, at = begin + 4n * HOUR;
    at < now - HOUR / 2n;
    number += 1, at += 5n * HOUR + BigInt(random.between(0, 7200)) * SECOND
  ) {
    const mutations = [release(random, number)]
    if (number % 9 === 4)
      mutations.push(
        addNode({ id: `canary-${number}`, labels: ['Service', 'Canary'], uses: [] }, '0.1.0'),
        addEdge('edge-gateway', `canary-${number}`),
      )
    if (number % 9 === 7) mutations.push({ op: 'remove-node', nodeId: `canary-${number - 3}` })
    const next = commit(at, head, mutations)
    head = next.commitId
    messages.push(next.message)
    if (number % 20 === 0) messages.push(tag(at + SECOND, `v${1 + number / 20}`, head))
  }
  const marked = commit(now - HOUR / 4n, head, [
    {
      ...addNode(things[7] ?? thing('orders', []), '2.0.0', [
        property('runId', 'release-train-0001'),
        property('ritualId', 'release-train'),
      ]),
      op: 'update-node',
    },
  ])
  return [...messages, marked.message, tag(now - HOUR / 4n + SECOND, 'stable', head)]
}

export interface LiveGraphOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
  readonly everyMs?: number
}

/** A release every half minute or so, until `signal` aborts. */
export async function keepGraphAlive({ log, clock, signal, onError, everyMs = 25_000 }: LiveGraphOptions): Promise<void> {
  const random = createRandom(Number(clock.now() % 1_000_003n))
  for (let number = 100; ; number += 1) {
    await pause(everyMs, signal)
    if (signal.aborted) return
    try {
      const last = await log.lastOnSubject('graph', SUBJECT)
      const payload = last === null ? {} : (JSON.parse(Buffer.from(last.payload).toString('utf8')) as Record<string, unknown>)
      // Another graph of the namespace was written last: its commit is no parent here.
      if (payload['graphId'] !== sampleGraph.graphId) continue
      const head = payload['commitId']
      const { message } = commit(clock.now(), typeof head === 'string' ? head : null, [release(random, number)])
      await log.append(SUBJECT, Buffer.from(JSON.stringify(message.payload)), {
        messageId: message.messageId,
        expectedLastSubjectSequence: last?.sequence ?? 0n,
      })
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }
}
