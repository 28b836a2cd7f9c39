import { type Test } from 'tap'
import { eventually } from './eventually.ts'
import { startWriter } from './event-writer.ts'
import { openTestJetstream } from './logs.ts'
import { startNats } from './nats.ts'
import { startPostgres } from './postgres.ts'
import { run, type Program } from './program.ts'
import { dice, seeded } from './random-documents.ts'
import { judgeFleet, mixedReaders, openFleet, type ReaderFleet, whileTheyGetOn } from './reader-fleet.ts'
import { freePort, type ServerProcess } from './server-process.ts'

export interface StreamFaults {
  readonly rounds: number
  readonly seed: number
  readonly readers: number
  readonly eventsPerSecond: number
  /** How long a restless reader stays at most. */
  readonly restlessMs: number
}

type Victim = Pick<ServerProcess, 'kill' | 'restart'>

const rituals = Array.from({ length: 20 }, (_, number) => `r${number}`)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The server as a process that can be killed and started again at the same address. */
async function startServer(t: Test, env: Readonly<Record<string, string>>) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const start = (): Program => run(t, ['serve', '--port', String(port)], env)
  let program = start()
  let answered = ''
  let earlier = ''
  const isReady = async () => {
    if (program.child.exitCode !== null) throw new Error('the server has ended by itself')
    const answer = await fetch(`${url}/health/ready`).catch(() => null)
    answered = (await answer?.text()) ?? 'nothing'
    return answer?.status === 200
  }
  const untilReady = async () => {
    await eventually(isReady, { withinMs: 600_000, everyMs: 50 }).catch((error: unknown) => {
      throw new Error(`the server is not ready: ${answered} ${program.stderr().slice(-2000)}`, { cause: error })
    })
  }
  await untilReady()
  return {
    url,
    untilReady,
    /** What the server has warned of, each text with how often. */
    warnings(): Record<string, number> {
      const counted: Record<string, number> = {}
      for (const line of `${earlier}${program.stdout()}${program.stderr()}`.split('\n').filter((text) => text.startsWith('{'))) {
        const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message: string; stack: string } }
        const text = `${msg} ${level >= 50 ? (err?.stack ?? '') : (err?.message ?? '')}`
        counted[text] = (counted[text] ?? 0) + 1
      }
      return counted
    },
    async kill() {
      program.child.kill('SIGKILL')
      await program.ended
      earlier += program.stdout() + program.stderr()
    },
    restart: async () => void (program = start()),
  }
}

/** Events that readers may be behind, on average, before nothing more is written: a machine that is too busy for all this takes longer, and proves the same. */
const mostBacklog = 15_000

/** How many events readers are behind, as far as can be told from the number of deliveries. */
function watchBacklog(t: Test, fleet: ReaderFleet, written: () => number): () => number {
  let events = 0
  let asking = false
  const timer = setInterval(() => {
    if (asking) return
    asking = true
    void fleet.progress().then(({ delivered }) => {
      events = written() - delivered / fleet.readersOfAnEvent
      asking = false
    })
  }, 250)
  t.teardown(() => clearInterval(timer))
  return () => events
}

/**
 * Kills the server, the log and the store (`kill -9`) at random moments while events are written and readers follow, some of whom come and go all
 * the time; in the end every reader has to have got what the log holds, each event once, in order, and nothing else.
 */
export async function stormOfFaults(t: Test, { rounds, seed, readers, eventsPerSecond, restlessMs }: StreamFaults): Promise<void> {
  const nats = await startNats(t)
  const postgres = nats === null ? null : await startPostgres(t)
  if (nats === null || postgres === null) return
  const server = await startServer(t, {
    ...{ DATABASE_URL: postgres.url, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', DEFAULT_TENANT: 'acme', LOG_LEVEL: 'warn' },
    ...{ BUDGET_CAPACITY: '0', MAX_SUBSCRIPTIONS_PER_TENANT: '10000', SOURCE_TIMEOUT_MS: '5000' },
    // readers share two cores with all that is killed: one that is late shall not be told so
    ...{ STREAM_RING_EVENTS: '200000' },
  })
  const log = await openTestJetstream(t, nats, { createStreams: false })
  const fleet = await openFleet(t, {
    http: `${server.url}/graphql/stream`,
    ws: `${server.url.replace('http', 'ws')}/graphql`,
    seed,
    readers: mixedReaders(readers, rituals, restlessMs),
  })
  const allHaveBegun = await whileTheyGetOn(fleet, async () => (await fleet.progress()).begun === readers)
  t.ok(allHaveBegun, 'every stream has begun')
  const began = performance.now()
  const backlog = watchBacklog(t, fleet, () => writer.written())
  const writer = startWriter(t, { log, perSecond: eventsPerSecond, rituals, mayGoOn: () => backlog() < mostBacklog })
  const by = dice(seeded(seed))

  for (let round = 0; round < rounds; round++) {
    const victim = by.pick<Victim>([server, nats, postgres])
    await pause(200 + by.roll(1500))
    t.comment(`kill ${victim === server ? 'server' : victim === nats ? 'log' : 'store'} at ${writer.written()}`)
    await victim.kill()
    await pause(by.roll(1000))
    await victim.restart()
    await server.untilReady()
  }
  await pause(500)
  await writer.stop()

  const seconds = (performance.now() - began) / 1000
  await judgeFleet(t, { log, writer, fleet, readers, what: `seed ${seed}: ${rounds} kills in ${Math.round(seconds)} s` })
  if (!t.passing()) t.comment(JSON.stringify(server.warnings(), null, 2))
}
