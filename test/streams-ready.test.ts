import fc from 'fast-check'
import t from 'tap'
import { mapStream } from '../src/subscriptions/map-stream.ts'
import { type ReadyIterator, settlingIterator } from '../src/subscriptions/settling-iterator.ts'
import { createLiveHub } from '../src/subscriptions/live-hub.ts'
import { withReady } from '../src/transports/ready-results.ts'
import { memoryLog } from './support/memory-log.ts'

/** Gives numbers, `atOnce` of them at a time without being waited for. */
function numbers(upTo: number, atOnce: number): ReadyIterator<number> {
  let next = 0
  const take = () => (next < upTo && next % atOnce !== 0 ? next++ : undefined)
  const pull = async () => (next < upTo ? { done: false as const, value: next++ } : { done: true as const, value: undefined })
  return settlingIterator<number>(pull, () => undefined, take)
}

/** Reads a stream to its end, by `ready` wherever the plan says so. */
async function readAll<T>(stream: ReadyIterator<T>, asks: readonly boolean[]): Promise<T[]> {
  const got: T[] = []
  for (let turn = 0; ; turn++) {
    const first = await stream.next()
    if (first.done === true) return got
    got.push(first.value)
    if (asks[turn % asks.length] !== true) continue
    for (let more = stream.ready?.(); more !== undefined; more = stream.ready?.()) got.push(more)
  }
}

t.test(
  'however a mapped stream is read, its items come once and in order, whether they are turned at once, later, or left out',
  async () => {
    const kinds = fc.constantFrom('NOW', 'LATER', 'LEFT_OUT', 'LATER_LEFT_OUT')
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        async (plan, atOnce, asks) => {
          const stream = mapStream(numbers(plan.length, atOnce), (number) => {
            const value = plan[number]?.endsWith('LEFT_OUT') === true ? null : number
            return plan[number]?.startsWith('LATER') === true
              ? new Promise<number | null>((resolve) => setImmediate(resolve, value))
              : value
          })
          const wanted = plan.flatMap((kind, number) => (kind.endsWith('LEFT_OUT') ? [] : [number]))
          const got = await readAll(stream, asks)
          if (got.join() !== wanted.join()) throw new Error(`${got.join()} instead of ${wanted.join()}`)
        },
      ),
      { numRuns: 200 },
    )
  },
)

t.test('an item that fails while it is only looked for ends the stream at the next `next`', async (t) => {
  for (const fail of [
    () => {
      throw new Error('at once')
    },
    () => Promise.reject(new Error('later')),
  ]) {
    const stream = mapStream(numbers(10, 5), (number) => (number === 2 ? fail() : number))
    t.strictSame(await stream.next(), { done: false, value: 0 })
    t.equal(stream.ready?.(), 1)
    t.equal(stream.ready?.(), undefined)
    await t.rejects(stream.next(), /at once|later/)
    t.strictSame(await stream.next(), { done: true, value: undefined })
    t.equal(stream.ready?.(), undefined)
  }
})

t.test('nothing is ready while a `next` is waited for, nor after `return`', async (t) => {
  const stream = settlingIterator<number>(
    () => new Promise(() => undefined),
    () => undefined,
    () => 1,
  )
  t.equal(stream.ready?.(), 1)
  const waiting = stream.next()
  t.equal(stream.ready?.(), undefined)
  await stream.return?.()
  t.strictSame(await waiting, { done: true, value: undefined })
  t.equal(stream.ready?.(), undefined)
})

t.test('a backlog can be taken in bursts: from the log, from the ring and live, without gap or repeat', async (t) => {
  const log = memoryLog()
  const hub = createLiveHub({ log, ringSize: 50, queueSize: 10, lingerMs: 20 })
  t.teardown(() => hub.close())
  for (let count = 0; count < 1700; count++) log.put('a.1')
  const leave = new AbortController()
  const position = { sequence: 100n, epoch: 'epoch-1' }
  const options = { field: 'runEvents', stream: 'ritual', strict: false, subjects: ['>'], signal: leave.signal } as const
  const stream = hub.subscribe({ ...options, after: position })
  const got: bigint[] = []
  let waits = 0
  while (got.length < 1640) {
    const step = await stream.next()
    waits++
    for (let item = step.value; item !== undefined; item = stream.ready?.()) {
      if (item.kind === 'GAP') t.fail('a gap')
      if (item.kind === 'MESSAGE') got.push(item.message.sequence)
      if (item.kind === 'PHASE' && item.phase === 'LIVE') for (let count = 0; count < 40; count++) log.put('a.1')
    }
  }
  t.strictSame(
    got,
    Array.from({ length: 1640 }, (_, at) => BigInt(101 + at)),
  )
  t.ok(waits < 100, `${waits} awakenings for 1640 messages`)
  leave.abort()
})

t.test('what is sent in one go is bounded, by results and by bytes', async (t) => {
  const endless = (bytes: number) =>
    settlingIterator(
      async () => ({ done: false, value: { data: {} } }) as const,
      () => undefined,
      () => ({ data: { text: 'x'.repeat(bytes) } }),
    )
  const sent = (bytes: number) => withReady({ data: {} }, endless(bytes), (result) => Buffer.from(JSON.stringify(result)))
  t.equal(sent(1).length, 64)
  t.ok(sent(1000).length <= 66)
  t.equal(sent(40_000).length, 3)
  t.equal(sent(1_000_000).length, 2)
})
