// npm run bench -- live [subscribers] [events]: one event to many WebSockets: what the server spends on each message, against a raw broadcast of the same
// bytes and stock Mercurius; how long an event takes from the log to the socket; memory of idle and of stalled subscribers.
import { type Socket } from 'node:net'
import { eventually } from '../test/support/eventually.ts'
import { bench, closeAll, median, quantile, readable } from './support/bench.ts'
import { type Broadcaster, orreryLive, rawSockets, stockMercurius } from './support/broadcasters.ts'
import { heapBytes } from './support/memory.ts'
import { sinceEpoch, stamp } from './support/socket-clients.ts'
import { openSockets, type Sockets } from './support/sockets.ts'

const subscribers = Number(process.argv[2] ?? 1000)
const events = Number(process.argv[3] ?? 200)
const roomy = { MAX_SUBSCRIPTIONS_PER_TENANT: '100000' }

const typeNow = (): string => `${stamp}${sinceEpoch().toFixed(3).padEnd(20, '0')}`
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Opens subscribers and publishes until each of them has got something. */
async function join(broadcaster: Broadcaster, count: number, stalled = false): Promise<Sockets> {
  const sockets = openSockets()
  await sockets.subscribe({ url: broadcaster.url, query: broadcaster.query, count, stalled })
  if (stalled) return sockets
  const isReached = async () => {
    broadcaster.publish(typeNow())
    await sleep(200)
    return (await sockets.count()).reached === count
  }
  await eventually(isReached, { withinMs: 60_000 })
  await sleep(500)
  await sockets.count()
  return sockets
}

interface FanOut {
  readonly cpuMicros: number
  readonly perSecond: number
  readonly latencies: readonly number[]
  readonly frame: string
}

/** Ten events at a time, the next when all have them. */
async function fanOut(broadcaster: Broadcaster, sockets: Sockets, count: number): Promise<FanOut> {
  const burst = 10
  const expected = events * count
  const latencies: number[] = []
  let got = 0
  let frame = ''
  const from = performance.now()
  const before = process.cpuUsage()
  for (let sent = 0; sent < events;) {
    for (let one = 0; one < burst; one++, sent++) broadcaster.publish(typeNow())
    await eventually(
      async () => {
        const counted = await sockets.count()
        got += counted.messages
        if (counted.frame !== '') frame = counted.frame
        for (const latency of counted.latencies) latencies.push(latency)
        return got >= sent * count
      },
      { withinMs: 60_000, everyMs: 5 },
    )
  }
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - from) / 1000
  if (got !== expected) throw new Error(`${broadcaster.name}: ${got} of ${expected} messages`)
  return { cpuMicros: (user + system) / expected, perSecond: expected / seconds, latencies, frame }
}

async function compare(): Promise<void> {
  const ours = await orreryLive(roomy)
  const mine = await join(ours, subscribers)
  const { frame } = await fanOut(ours, mine, subscribers)
  const [head = '', tail = ''] = frame.split(/bench:[0-9.]+/)
  const others = [await rawSockets((type) => `${head}${type}${tail}`), await stockMercurius()]
  const all: { broadcaster: Broadcaster; sockets: Sockets; rounds: FanOut[] }[] = [{ broadcaster: ours, sockets: mine, rounds: [] }]
  for (const broadcaster of others) all.push({ broadcaster, sockets: await join(broadcaster, subscribers), rounds: [] })
  for (let round = 0; round < 3; round++)
    for (const { broadcaster, sockets, rounds } of all) rounds.push(await fanOut(broadcaster, sockets, subscribers))
  const cpuOf = (rounds: readonly FanOut[]) => median(rounds.map(({ cpuMicros }) => cpuMicros))
  console.log(`${subscribers} subscribers of one stream, ${events} events in each of 3 rounds, ${frame.length} bytes a message`)
  const own = cpuOf(all[0]?.rounds ?? [])
  console.table(
    Object.fromEntries(
      all.map(({ broadcaster, rounds }) => [
        broadcaster.name,
        {
          'CPU µs a message': readable(cpuOf(rounds)),
          'Orrery spends x of it': readable(own / cpuOf(rounds)),
          'messages/s': readable(median(rounds.map(({ perSecond }) => perSecond))),
        },
      ]),
    ),
  )
  await closeAll()
}

/** Events at an even rate, each wanted by every subscriber. */
async function latency(rate: number, count: number): Promise<void> {
  const ours = await orreryLive(roomy)
  const sockets = await join(ours, count)
  const seconds = 5
  const from = performance.now()
  for (let sent = 0; sent < rate * seconds; sent++) {
    const ahead = from + (sent / rate) * 1000 - performance.now()
    if (ahead > 0) await sleep(ahead)
    ours.publish(typeNow())
  }
  const latencies: number[] = []
  await eventually(
    async () => {
      for (const one of (await sockets.count()).latencies) latencies.push(one)
      return latencies.length >= rate * seconds * count
    },
    { withinMs: 60_000 },
  )
  console.log(
    `${rate} events/s to ${count} subscribers (${rate * count} messages/s) for ${seconds} s, from the log to the socket: p50 ${readable(median(latencies))} ms, p99 ${readable(quantile(latencies, 0.99))} ms`,
  )
  await closeAll()
}

async function idle(count: number): Promise<void> {
  const ours = await orreryLive(roomy)
  await warmUp(ours)
  const before = { heap: heapBytes(), rss: process.memoryUsage().rss }
  await join(ours, count)
  await sleep(1000)
  const after = { heap: heapBytes(), rss: process.memoryUsage().rss }
  const each = (bytes: number) => readable(bytes / count / 1024)
  console.log(
    `${count} idle WebSockets with one subscription each: ${each(after.heap - before.heap)} KiB of heap and buffers each, ${each(after.rss - before.rss)} KiB resident`,
  )
  await closeAll()
}

async function warmUp(ours: Broadcaster): Promise<void> {
  const first = await join(ours, 20)
  await first.close()
  await sleep(200)
}

/** Writes long events until nobody of those who do not read takes more: what the kernel holds for a connection is megabytes. */
async function fill(ours: Broadcaster, reading: Sockets, isFull: () => boolean): Promise<void> {
  const atOnce = 4
  let got = 0
  for (let sent = 0; !isFull();) {
    for (let one = 0; one < atOnce; one++, sent += 100) ours.publish(`${stamp}long`.padEnd(15_000, 'x'))
    await eventually(async () => (got += (await reading.count()).messages) >= sent, { withinMs: 60_000, everyMs: 5 })
  }
}

/** Beside 100 who read there are as many as given who do not: the others must not notice, and the server must not keep what those do not take. */
async function stalled(count: number): Promise<void> {
  const ours = await orreryLive(roomy)
  const connections = new Set<Socket>()
  ours.server.app.server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  const full = (): number => [...connections].filter((socket) => socket.writableNeedDrain && socket.writableLength > 64 * 1024).length
  await warmUp(ours)
  const reading = await join(ours, 100)
  /** From the same state: what the steps before have left behind is collected, and the first round is not counted. */
  const measured = async (): Promise<FanOut[]> => {
    heapBytes()
    const all: FanOut[] = []
    for (let one = 0; one < 5; one++) all.push(await fanOut(ours, reading, 100))
    return all.slice(1)
  }
  const rounds: { alone: FanOut[]; beside: FanOut[]; each: number }[] = []
  for (let round = 0; round < 3; round++) {
    const alone = await measured()
    const before = heapBytes()
    const idle = await join(ours, count, true)
    await fill(ours, reading, () => full() >= count)
    const each = (heapBytes() - before) / count / 1024
    const beside = await measured()
    if (full() < count) throw new Error('they were cut off before the end')
    rounds.push({ alone, beside, each })
    await idle.close()
    await eventually(() => connections.size === 100)
  }
  const shown = (of: 'alone' | 'beside') => {
    const all = rounds.flatMap((round) => round[of])
    const latencies = all.flatMap((one) => one.latencies)
    const cpu = median(all.map(({ cpuMicros }) => cpuMicros))
    return `p50 ${readable(median(latencies))} ms, p99 ${readable(quantile(latencies, 0.99))} ms, ${readable(cpu)} µs of CPU a message`
  }
  console.log(
    `100 subscribers alone: ${shown('alone')}; beside ${count} stalled ones: ${shown('beside')}; ` +
      `a stalled one holds ${readable(median(rounds.map(({ each }) => each)))} KiB`,
  )
  await closeAll()
}

await bench(async () => {
  await compare()
  await latency(1000, 100)
  await latency(100, 100)
  await idle(5000)
  await stalled(500)
})
