// npm run bench -- bombs [seconds]: what ordinary requests wait for while documents that are made to hurt come in by several ways, in turns with quiet
// rounds; and what such a document costs the server, by kind.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { bombs } from '../test/support/bombs.ts'
import { fixtureApp } from '../test/support/fixture-app.ts'
import { bench, owner, quantile, readable } from './support/bench.ts'
import { type Throw, type Thrown, type ToThrower, type Way, waysToThrow } from './support/bomb-thrower.ts'
import { type Load, load } from './support/load.ts'

const seconds = Number(process.argv[2] ?? 8)
const rounds = 4
const perSecond = { requests: 200, bombs: 100 }
const ordinary = '{list(first: 20) {id name items(first: 5) {id name}}}'

interface Thrower {
  begin(order: Throw): void
  /** @param stop ends it now; else it is waited for */
  end(options?: { stop: boolean }): Promise<Thrown>
  close(): void
}

function openThrower(): Thrower {
  const child = fork(new URL('./support/bomb-thrower.js', import.meta.url))
  owner.teardown(() => child.kill())
  const say = (message: ToThrower): void => void child.send(message)
  return {
    begin: (order) => say(order),
    async end({ stop } = { stop: true }) {
      const told = once(child, 'message')
      if (stop) say('stop')
      return ((await told) as [Thrown])[0]
    },
    close: () => child.disconnect(),
  }
}

interface Round {
  readonly load: Load
  readonly bombs: number
  /** The longest time that the loop was kept from going round. */
  readonly longestMs: number
}

await bench(async () => {
  const { app } = await fixtureApp(owner, { MAX_BODY_BYTES: '4000000', BUDGET_CAPACITY: '0' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const thrower = openThrower()
  const queries = Object.values(bombs)

  const round = async (way: Way | null): Promise<Round> => {
    if (way !== null) thrower.begin({ port, way, queries, perSecond: perSecond.bombs })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const measured = await load({
      url: `http://127.0.0.1:${port}/graphql`,
      body: JSON.stringify({ query: ordinary }),
      seconds,
      perSecond: perSecond.requests,
    })
    delay.disable()
    const { thrown, ran } = way === null ? { thrown: 0, ran: 0 } : await thrower.end()
    if (ran > 0) throw new Error(`of ${thrown} bombs (${way}) ${ran} were not refused`)
    return { load: measured, bombs: thrown / seconds, longestMs: delay.max / 1e6 }
  }

  const ways = [null, ...waysToThrow]
  const measured = new Map<Way | null, Round[]>(ways.map((way) => [way, []]))
  await round(null)
  for (let turn = 0; turn < rounds; turn++) for (const way of ways) measured.get(way)?.push(await round(way))
  const best = (way: Way | null, read: (one: Round) => number): number => readable(Math.min(...(measured.get(way) ?? []).map(read)))
  console.table(
    ways.map((way) => ({
      bombs: way ?? 'none',
      'bombs a second': readable(Math.max(...(measured.get(way) ?? []).map((one) => one.bombs))),
      'ordinary p50 ms': best(way, (one) => one.load.p50Ms),
      'p97.5 ms': best(way, (one) => one.load.p97Ms),
      'p99 ms': best(way, (one) => one.load.p99Ms),
      'loop kept, longest ms': best(way, (one) => one.longestMs),
    })),
  )

  const kinds = []
  for (const [kind, query] of Object.entries(bombs)) {
    const cpuMs: number[] = []
    for (let turn = 0; turn < 30; turn++) {
      const from = process.cpuUsage()
      thrower.begin({ port, way: 'one by one', queries: [`${query} # ${turn}`], perSecond: 0, most: 1 })
      await thrower.end({ stop: false })
      const { user, system } = process.cpuUsage(from)
      cpuMs.push((user + system) / 1000)
    }
    kinds.push({
      kind,
      characters: query.length,
      'CPU ms, p50': readable(quantile(cpuMs, 0.5)),
      'CPU ms, most of 30': readable(Math.max(...cpuMs)),
    })
  }
  console.table(kinds)
  thrower.close()
})
