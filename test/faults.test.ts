import { test, type Test } from 'tap'
import { type LogMessage } from '../src/datasources/log/log.ts'
import { eventually } from './support/eventually.ts'
import { codesOf, type FaultLoad, follow, type Follower, lifeOfRun, ritualId, startLoad } from './support/fault-load.ts'
import { openTestJetstream } from './support/logs.ts'
import { type NatsServer, startNats } from './support/nats.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { graphql, isReady, serve, type Serving } from './support/program.ts'

const sourceTimeoutMs = 2000
/** The deadline of an operation, and some for a machine that does other things as well. */
const answerWithinMs = 15_000
const recoverWithinMs = 30_000

interface System {
  readonly nats: NatsServer
  readonly postgres: PostgresServer
  readonly server: Serving
  readonly load: FaultLoad
  readonly follower: Follower
}

async function start(t: Test): Promise<System | null> {
  const nats = await startNats(t)
  const postgres = nats === null ? null : await startPostgres(t)
  if (nats === null || postgres === null) return null
  const server = await serve(t, [], {
    ...{ DATABASE_URL: postgres.url, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', LOG_LEVEL: 'silent' },
    ...{ SOURCE_TIMEOUT_MS: String(sourceTimeoutMs), OPERATION_TIMEOUT_MS: '5000', BUDGET_CAPACITY: '0' },
  })
  await eventually(() => isReady(server), { withinMs: 30_000 })
  const follower = await follow(server.url)
  t.teardown(() => follower.close())
  return { nats, postgres, server, follower, load: startLoad(server.url) }
}

const startRun = `mutation { outcome: startRun(input: { ritualId: "probe" }) { __typename ... on UserError { code } } }`
const listRuns = '{ runs(first: 1) { nodes { runId } } }'

/** Dies, is asked while it is gone, comes back; resolves when writers and readers get on. */
async function outage(t: Test, system: System, what: string, { die, back }: { die(): Promise<unknown>; back(): Promise<unknown> }) {
  const { server, load } = system
  await die()
  const from = performance.now()
  const [written, read] = await Promise.all([graphql(server.url, startRun), graphql(server.url, listRuns)])
  t.comment(`${what} gone: answered after ${Math.round(performance.now() - from)} ms`)
  t.ok(performance.now() - from < answerWithinMs, `${what} gone: nothing hangs`)
  await back()
  const before = { runs: load.finished.length, reads: load.read() }
  const returned = performance.now()
  await eventually(() => load.finished.length > before.runs && load.read() > before.reads, { withinMs: recoverWithinMs })
  await eventually(() => isReady(server), { withinMs: recoverWithinMs })
  t.comment(`${what} back: writers, readers and readiness after ${Math.round(performance.now() - returned)} ms`)
  return { written: codesOf(written), read: codesOf(read) }
}

async function readLog(t: Test, nats: NatsServer): Promise<LogMessage[]> {
  const log = await openTestJetstream(t, nats, { createStreams: false })
  await eventually(() =>
    log.ping(1000).then(
      () => true,
      () => false,
    ),
  )
  const messages: LogMessage[] = []
  for await (const batch of log.read('ritual')) messages.push(...batch)
  return messages
}

const typesOf = (messages: readonly LogMessage[]): Map<string, string[]> => {
  const types = new Map<string, string[]>()
  for (const { subject, payload } of messages) {
    const { event }: { event: string } = JSON.parse(Buffer.from(payload).toString())
    const run = subject.split('.').slice(-3, -1).join('/')
    types.set(run, [...(types.get(run) ?? []), event])
  }
  return types
}

interface RunNode {
  readonly ritualId: string
  readonly runId: string
  readonly status: string
  readonly events: { readonly nodes: readonly { readonly type: string }[] }
}

/** Every run as the API tells it. */
async function readRuns({ url }: Serving): Promise<RunNode[]> {
  const query = `query ($after: String) { runs(first: 20, after: $after) { nodes { ritualId runId status events(first: 10) { nodes { type } } }
    pageInfo { hasNextPage endCursor } } }`
  const nodes: RunNode[] = []
  for (let after: string | null = null; ;) {
    const { data } = await graphql(url, query, { after })
    const { runs } = data as { runs: { nodes: RunNode[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }
    nodes.push(...runs.nodes)
    if (!runs.pageInfo.hasNextPage) return nodes
    after = runs.pageInfo.endCursor
  }
}

/** The last one, like CONFLICT of a run that is over: what is asked for again had been done, and its answer was lost. */
const expectedCodes = ['SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONFLICT', 'ALREADY_DECIDED']

test(
  'log and store killed in turn and together under load: coded answers, nothing lost, nothing twice, and it goes on by itself',
  { timeout: 240_000 },
  async (t) => {
    const system = await start(t)
    if (system === null) return
    const { nats, postgres, server, load, follower } = system
    await eventually(() => load.finished.length > 3, { withinMs: 30_000 })

    const withoutLog = await outage(t, system, 'the log', { die: () => nats.kill(), back: () => nats.restart() })
    t.same(withoutLog, { written: ['SOURCE_UNAVAILABLE'], read: [] }, 'reads go on without the log')
    const withoutStore = await outage(t, system, 'the store', { die: () => postgres.kill(), back: () => postgres.restart() })
    t.same(withoutStore.read, ['SOURCE_UNAVAILABLE'])
    const withoutBoth = await outage(t, system, 'both', {
      die: () => Promise.all([nats.kill(), postgres.kill()]),
      back: () => Promise.all([nats.restart(), postgres.restart()]),
    })
    t.same(withoutBoth, { written: ['SOURCE_UNAVAILABLE'], read: ['SOURCE_UNAVAILABLE'] })

    await load.stop()
    t.same(
      [...load.codes].filter((code) => !expectedCodes.includes(code)),
      [],
      'every answer was the expected one, or said what to do',
    )
    t.ok(load.slowestMs() < answerWithinMs, `the slowest of all answers took ${Math.round(load.slowestMs())} ms`)

    const messages = await readLog(t, nats)
    const inLog = typesOf(messages)
    t.comment(`${load.finished.length} runs, ${messages.length} events, codes answered: ${[...load.codes].join(', ')}`)
    for (const run of load.finished) t.same(inLog.get(`${ritualId}/${run}`), lifeOfRun, `${run} is in the log once`)

    const last = messages.at(-1)?.sequence ?? 0n
    await eventually(() => (follower.sequences.at(-1) ?? 0n) >= last, { withinMs: recoverWithinMs })
    t.same(
      follower.sequences,
      messages.map(({ sequence }) => sequence),
      'the subscriber got every event once, in order',
    )
    t.same(follower.other, [])

    await eventually(async () => (await readRuns(server)).reduce((sum, { events }) => sum + events.nodes.length, 0) >= messages.length, {
      withinMs: recoverWithinMs,
    })
    const told = new Map((await readRuns(server)).map((run) => [`${run.ritualId}/${run.runId}`, run.events.nodes.map(({ type }) => type)]))
    t.same(told, inLog, 'the API tells what the log holds')
  },
)
