import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { logStreams } from '../src/datasources/log/log.ts'
import { isAppError } from '../src/errors.ts'
import { anyField, type CursorPosition, type CursorScope } from '../src/subscriptions/cursor.ts'
import { filterHash } from '../src/subscriptions/filter-hash.ts'
import { type HubItem, type HubSubscribeOptions, type LiveHub } from '../src/subscriptions/hub.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { eventFamilies } from '../src/domain-events/families.ts'
import { compileFilter } from '../src/domain-events/filter.ts'
import { epochMark } from '../src/subscriptions/signed-cursor.ts'
import { createLiveHub } from '../src/subscriptions/live-hub.ts'
import { createShortHmac } from '../src/subscriptions/short-hmac.ts'
import { createCursorCodec } from '../src/subscriptions/signed-cursor.ts'
import { createSubjectIndex, subjectFilter } from '../src/subscriptions/subject-index.ts'
import { systemClock } from '../src/time.ts'
import { memoryLog } from './support/memory-log.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const anyPosition: fc.Arbitrary<CursorPosition> = fc.record(
  {
    stream: fc.constantFrom(...logStreams),
    epoch: text,
    sequence: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    timeMark: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  },
  { noNullPrototype: true, requiredKeys: ['stream', 'epoch', 'sequence'] },
)
const anyScope: fc.Arbitrary<CursorScope> = fc.record(
  { tenantId: text, field: text.filter((field) => field !== '*'), filterHash: text },
  { noNullPrototype: true },
)
const codecOf = (...keys: Uint8Array[]) => createCursorCodec({ keys, clock: systemClock })

const refused = (work: () => unknown, about: string) => {
  try {
    work()
  } catch (error) {
    assert.ok(isAppError(error, 'BAD_USER_INPUT'), about)
    return error.message
  }
  throw new Error(`${about} was accepted`)
}

t.test('a cursor gives its position back to its own tenant, field and filter, and to nobody else', async () => {
  const codec = codecOf(randomBytes(32))
  fc.assert(
    fc.property(anyPosition, anyScope, anyScope, (position, scope, other) => {
      const cursor = codec.encode(position, scope)
      assert.deepEqual(codec.decode(cursor, scope), position)
      assert.match(cursor, /^[A-Za-z0-9_-]+$/)
      if (scope.tenantId === other.tenantId && scope.field === other.field && scope.filterHash === other.filterHash) return
      refused(() => codec.decode(cursor, other), 'another scope')
      refused(() => codec.decode(cursor, { ...scope, field: `${scope.field}x` }), 'another field')
      refused(() => codec.decode(cursor, { ...scope, filterHash: `${scope.filterHash}x` }), 'another filter')
      refused(() => codec.decode(cursor, { ...scope, tenantId: `${scope.tenantId}x` }), 'another tenant')
    }),
  )
})

t.test('a cursor bound to the tenant alone is taken by every field of that tenant', async () => {
  const codec = codecOf(randomBytes(32))
  fc.assert(
    fc.property(anyPosition, anyScope, (position, scope) => {
      assert.deepEqual(codec.decode(codec.encode(position, anyField(scope.tenantId)), scope), position)
      assert.deepEqual(codec.decode(codec.encode(position, scope), anyField(scope.tenantId)), position)
      refused(() => codec.decode(codec.encode(position, anyField(`${scope.tenantId}x`)), scope), 'another tenant')
    }),
  )
})

t.test('a changed, cut, lengthened or invented cursor is refused with the one message', async (t) => {
  const codec = codecOf(randomBytes(32))
  const scope = { tenantId: 'acme', field: 'runEvents', filterHash: 'h' }
  const cursor = codec.encode({ stream: 'ritual', epoch: 'e', sequence: 7n }, scope)
  const messages = new Set<string | undefined>()
  fc.assert(
    fc.property(
      fc.nat(cursor.length - 1),
      fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'),
      (at, letter) => {
        if (cursor[at] === letter) return
        messages.add(refused(() => codec.decode(cursor.slice(0, at) + letter + cursor.slice(at + 1), scope), `letter ${at}`))
      },
    ),
  )
  fc.assert(fc.property(fc.string(), (invented) => void messages.add(refused(() => codec.decode(invented, scope), 'invented'))))
  for (const changed of ['', cursor.slice(1), cursor.slice(0, -1), `${cursor}A`, `${cursor}=`, ` ${cursor}`, 'x'.repeat(10_000)])
    messages.add(refused(() => codec.decode(changed, scope), changed.slice(0, 10)))
  messages.add(refused(() => codecOf(randomBytes(32)).decode(cursor, scope), 'another key'))
  t.equal(messages.size, 1)
})

t.test('the short way to an HMAC gives what the long one gives, whatever the key and the text', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.uint8Array({ maxLength: 512 }), { maxLength: 5 }), (key, texts) => {
      const signature = createShortHmac(key)
      for (const one of texts) assert.equal(signature(one), createHmac('sha256', key).update(one).digest('binary'))
    }),
  )
})

t.test('an old key still verifies after it was replaced, and no longer when it is gone', async () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)]
  const scope = { tenantId: 'acme', field: 'runEvents', filterHash: 'h' }
  const position = { stream: 'ritual', epoch: 'e', sequence: 7n } as const
  const cursor = codecOf(old).encode(position, scope)
  assert.deepEqual(codecOf(fresh, old).decode(cursor, scope), position)
  refused(() => codecOf(fresh).decode(cursor, scope), 'a key that is gone')
})

t.test('cursors of earlier versions, which tell no time, are still taken', async (t) => {
  const key = randomBytes(32)
  const scope = { tenantId: 'acme', field: 'events', filterHash: 'h' }
  const codec = codecOf(key)
  /** As it was written before: another version, and `from` to `to` left out. */
  const earlier = (cursor: string, version: number, [from, to]: readonly [number, number]) => {
    const bytes = Buffer.from(cursor, 'base64url')
    const body = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to, -16)])
    body[0] = version
    const signature = createHmac('sha256', key).update(body).digest().subarray(0, 16)
    return Buffer.concat([body, signature]).toString('base64url')
  }
  const position = { stream: 'ritual', epoch: 'e', sequence: 7n } as const
  const marks = { marks: [{ stream: 'ritual', sequence: 7n, epoch: epochMark('e') } as const], at: null }
  t.strictSame(codec.decode(earlier(codec.encode({ ...position, timeMark: 5 }, scope), 1, [32, 36]), scope), position)
  t.strictSame(codec.decodeMarks(earlier(codec.encodeMarks(marks, scope), 2, [49, 53]), scope), { ...marks, partial: false })
})

t.test('the filter hash knows no order of names, no nulls and no start position', async (t) => {
  t.equal(filterHash({ run: 'a', filter: { x: 1, y: null } }), filterHash({ filter: { x: 1 }, after: 'zzz', strict: true, run: 'a' }))
  t.not(filterHash({ run: 'a' }), filterHash({ run: 'b' }))
  t.not(filterHash({ filter: { ritualId: 'a' } }), filterHash({ filter: { runIdContains: 'a' } }))
  t.equal(filterHash({ at: 5n }), filterHash({ at: 5n }))
})

t.test('the subject index finds exactly what comparing every pattern finds', async () => {
  const token = fc.constantFrom('a', 'b', 'c', '*')
  const pattern = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest ? ['>'] : [])].join('.'))
  const matches = (pattern: string, subject: string) =>
    new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '[^.]+').replace(/>$/, '.+')}$`).test(subject)
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 12 }),
      fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
      (patterns, subjects) => {
        const index = createSubjectIndex<number>()
        patterns.forEach((one, value) => index.add(one, value))
        for (const subject of subjects.map((tokens) => tokens.join('.'))) {
          const found: number[] = []
          index.visit(subject, (value) => found.push(value))
          assert.deepEqual(found.sort(), patterns.flatMap((one, value) => (matches(one, subject) ? [value] : [])).sort())
          assert.equal(subjectFilter(patterns)(subject), found.length > 0)
        }
        patterns.forEach((one, value) => index.remove(one, value))
        assert.ok(index.isEmpty())
      },
    ),
  )
})

interface Setting {
  ringSize?: number
  queueSize?: number
}

const setup = (t: Test, { ringSize = 100, queueSize = 10 }: Setting = {}) => {
  const log = memoryLog()
  const hub = createLiveHub({ log, ringSize, queueSize, lingerMs: 20 })
  t.teardown(() => hub.close())
  const subscribe = (options: Partial<HubSubscribeOptions> = {}) =>
    hub.subscribe({
      field: 'runEvents',
      stream: 'ritual',
      after: null,
      strict: false,
      subjects: ['>'],
      signal: new AbortController().signal,
      ...options,
    })
  return { log, hub, subscribe }
}

const next = async (stream: AsyncIterator<HubItem>): Promise<HubItem> => {
  const step = await stream.next()
  if (step.done === true) throw new Error('the stream ended')
  return step.value
}
const short = (item: HubItem): string => {
  if (item.kind === 'MESSAGE') return `${item.message.sequence}`
  return item.kind === 'PHASE' ? `${item.phase}@${item.sequence}` : `${item.reason}:${item.from}-${item.to}`
}
const take = async (stream: AsyncIterator<HubItem>, count: number): Promise<string[]> => {
  const items: string[] = []
  for (let left = count; left > 0; left--) items.push(short(await next(stream)))
  return items
}
const after = (sequence: bigint, epoch = 'epoch-1') => ({ sequence, epoch })
const until = async (holds: () => boolean, what: string) => {
  const deadline = Date.now() + 5000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const noneOpen = (hub: LiveHub) => () => hub.stats().subscribers === 0 && hub.stats().consumers === 0

t.test('without a position only what is new is delivered, after the phase LIVE', async (t) => {
  const { log, subscribe } = setup(t)
  log.put('a.1')
  const stream = subscribe()
  t.strictSame(await take(stream, 1), ['LIVE@1'])
  log.put('a.2')
  log.put('a.3')
  t.strictSame(await take(stream, 2), ['2', '3'])
})

t.test('after a position the backlog comes first, from the log beyond the ring, then live: no gap, no repeat', async (t) => {
  const { log, hub, subscribe } = setup(t, { ringSize: 5 })
  for (let n = 1; n <= 1200; n++) log.put('a.1')
  const first = subscribe()
  await take(first, 1)
  const stream = subscribe({ after: after(10n) })
  const expected = ['REPLAY@10']
  for (let n = 11; n <= 1200; n++) expected.push(`${n}`)
  t.strictSame(await take(stream, 1191), expected)
  t.strictSame(await take(stream, 1), ['LIVE@1200'])
  log.put('a.1')
  t.strictSame(await take(stream, 1), ['1201'])
  t.equal(log.reads(), 1)
  t.equal(hub.stats().consumers, 1, 'one tail for both')
  const recent = subscribe({ after: after(1200n) })
  t.strictSame(await take(recent, 3), ['REPLAY@1200', '1201', 'LIVE@1201'])
  t.equal(log.reads(), 1, 'what the ring holds is not read again')
})

t.test('who comes back at once, a little behind, shares one read of the log', async (t) => {
  const { log, subscribe } = setup(t)
  for (let n = 1; n <= 80; n++) log.put('a.1')
  const streams = Array.from({ length: 20 }, (_, n) => subscribe({ after: after(BigInt(50 + n)) }))
  for (const [n, stream] of streams.entries()) {
    const backlog = Array.from({ length: 30 - n }, (_, at) => `${51 + n + at}`)
    t.strictSame(await take(stream, 32 - n), [`REPLAY@${50 + n}`, ...backlog, 'LIVE@80'])
  }
  t.equal(log.reads(), 1)
})

t.test('a reader of events that was further on another replica gets nothing twice', async (t) => {
  const log = memoryLog()
  const put = () => log.put('demon.ritual.v1.acme.r.run.events', { event: 'test:v1', ts: '2026-01-01T00:00:00Z' })
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let isBehind = true
  const late: EventLog = {
    ...log,
    state: async (stream) => {
      const state = await log.state(stream)
      return state === null || !isBehind ? state : { ...state, lastSequence: 3n, lastRecordedAtNs: null }
    },
    async *tail(stream, options) {
      await released
      yield* log.tail(stream, options)
    },
  }
  const hub = createLiveHub({
    ...{ log: late, ringSize: 100, queueSize: 10, lingerMs: 20 },
    families: eventFamilies.filter(({ stream }) => stream === 'ritual'),
  })
  t.teardown(() => hub.close())
  for (let n = 0; n < 5; n++) put()
  const common = { tenantId: 'acme', filter: compileFilter({}), strict: false, signal: new AbortController().signal }
  await hub.events({ ...common, after: null }).next()
  isBehind = false
  const mark = { stream: 'ritual', sequence: 5n, epoch: epochMark('epoch-1') } as const
  const stream = hub.events({ ...common, after: { marks: [mark], at: null, partial: false } })
  const seen: string[] = []
  const read = async () => {
    const { value } = await stream.next()
    const at = value?.heads.get('ritual')?.sequence
    seen.push(value?.kind === 'EVENT' ? `${value.event.sequence}@${at}` : value?.kind === 'PHASE' ? `${value.phase}@${at}` : 'other')
  }
  await read()
  await read()
  release()
  put()
  await read()
  t.strictSame(seen, ['REPLAY@5', 'LIVE@5', '6@6'])
})

t.test('messages that arrive while the backlog is read are neither lost nor repeated', async (t) => {
  const { log, subscribe } = setup(t, { ringSize: 7, queueSize: 3 })
  let written = 0
  const write = (count: number) => {
    for (let n = 0; n < count; n++) {
      log.put(written % 3 === 0 ? 'a.x' : 'b.x')
      written++
    }
  }
  write(1500)
  const stream = subscribe({ after: after(0n), subjects: ['a.*'] })
  const seen: bigint[] = []
  let live = false
  while (!live || seen.length < 1000) {
    const item = await next(stream)
    if (item.kind === 'GAP') throw new Error('a gap')
    if (item.kind === 'PHASE') live = item.phase === 'LIVE'
    else seen.push(item.message.sequence)
    if (written < 3000) write(live ? 3 : 1)
  }
  t.strictSame(
    seen,
    Array.from({ length: 1000 }, (_, n) => BigInt(3 * n + 1)),
  )
})

t.test('only matching subjects and messages are delivered, each once though two patterns select it', async (t) => {
  const { log, subscribe } = setup(t)
  const stream = subscribe({ subjects: ['a.*', 'a.>', 'b.1'], matches: (message) => message.sequence !== 3n })
  await take(stream, 1)
  for (const subject of ['a.1', 'c.1', 'a.1', 'b.1', 'b.2', 'a.2']) log.put(subject)
  t.strictSame(await take(stream, 3), ['1', '4', '6'])
})

t.test('a position that the log no longer holds is a gap with reason EXPIRED, or the end when strict', async (t) => {
  const { log, subscribe } = setup(t)
  for (let n = 1; n <= 20; n++) log.put('a.1')
  log.purge(15n)
  t.strictSame(await take(subscribe({ after: after(3n) }), 8), ['REPLAY@3', 'EXPIRED:4-14', '15', '16', '17', '18', '19', '20'])
  t.strictSame((await take(subscribe({ after: after(14n) }), 2)).slice(1), ['15'], 'the last position before the first held one is no gap')
  const strict = subscribe({ after: after(3n), strict: true })
  t.strictSame(await take(strict, 1), ['REPLAY@3'])
  await t.rejects(strict.next(), { code: 'CURSOR_EXPIRED', details: { reason: 'EXPIRED', from: '4', to: '14' } })
  t.strictSame(await strict.next(), { done: true, value: undefined })
})

t.test('a purge that empties the log is a gap too', async (t) => {
  const { log, subscribe } = setup(t)
  for (let n = 1; n <= 20; n++) log.put('a.1')
  log.purge(21n)
  t.strictSame(await take(subscribe({ after: after(3n) }), 3), ['REPLAY@3', 'EXPIRED:4-20', 'LIVE@20'])
})

t.test('a position of a replaced stream, or one beyond its end, is a gap with reason SOURCE_RESET', async (t) => {
  const { log, subscribe } = setup(t)
  for (let n = 1; n <= 5; n++) log.put('a.1')
  t.strictSame(await take(subscribe({ after: after(3n, 'epoch-0') }), 2), ['SOURCE_RESET:1-5', 'LIVE@5'])
  t.strictSame(await take(subscribe({ after: after(9n) }), 2), ['SOURCE_RESET:1-5', 'LIVE@5'])
  const strict = subscribe({ after: after(9n), strict: true })
  await t.rejects(strict.next(), { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET' } })
})

t.test('live subscribers are told when the stream is replaced or set back, and go on', async (t) => {
  const { log, subscribe } = setup(t)
  for (let n = 1; n <= 5; n++) log.put('a.1')
  const stream = subscribe()
  t.strictSame(await take(stream, 1), ['LIVE@5'])
  log.replace()
  t.strictSame(await take(stream, 1), ['SOURCE_RESET:1-0'])
  log.put('a.1')
  const item = await next(stream)
  t.equal(item.epoch, 'epoch-2')
  t.equal(short(item), '1')
  for (let n = 2; n <= 5; n++) log.put('a.1')
  await take(stream, 4)
  log.setBack(3n)
  t.strictSame(await take(stream, 1), ['SOURCE_RESET:1-3'])
  log.put('a.1')
  t.strictSame(await take(stream, 1), ['4'])
})

t.test('a reader that is slow just after its stream was replaced is told what it missed', async (t) => {
  const { log, hub, subscribe } = setup(t, { ringSize: 20, queueSize: 2 })
  const stream = subscribe()
  for (let n = 1; n <= 50; n++) log.put('a.1')
  t.strictSame((await take(stream, 1)).slice(-1), ['LIVE@0'])
  while ((await take(stream, 1))[0] !== '50');
  log.replace()
  await until(() => hub.stats().ringEvents === 0, 'the feed has noticed')
  for (let n = 1; n <= 15; n++) log.put('a.1')
  await until(() => hub.stats().ringEvents === 15, 'they have come')
  t.strictSame(await take(stream, 2), ['SOURCE_RESET:1-0', '1'])
  for (let n = 16; n <= 30; n++) log.put('a.1')
  await until(() => hub.stats().ringEvents === 20, 'the ring has gone past it')
  t.strictSame(await take(stream, 3), ['2', 'SLOW_CONSUMER:3-10', '11'])
})

t.test('a burst larger than the queue is taken from the ring: nothing is lost', async (t) => {
  const { log, hub, subscribe } = setup(t, { ringSize: 100, queueSize: 10 })
  const stream = subscribe()
  await take(stream, 1)
  for (let n = 1; n <= 95; n++) log.put('a.1')
  t.strictSame(
    await take(stream, 95),
    Array.from({ length: 95 }, (_, n) => `${n + 1}`),
  )
  t.equal(hub.stats().slow.runEvents.dropped, 0)
  log.put('a.1')
  t.strictSame(await take(stream, 1), ['96'])
})

t.test(
  'a reader that falls behind the ring gets a gap with reason SLOW_CONSUMER, counted, and goes on; others do not notice',
  async (t) => {
    const { log, hub, subscribe } = setup(t, { ringSize: 20, queueSize: 5 })
    const [slow, strict, fast] = [subscribe(), subscribe({ strict: true }), subscribe()]
    for (const stream of [slow, strict, fast]) await take(stream, 1)
    const seen: string[] = []
    for (let n = 1; n <= 100; n++) {
      log.put('a.1')
      seen.push(...(await take(fast, 1)))
    }
    t.strictSame(
      seen,
      Array.from({ length: 100 }, (_, n) => `${n + 1}`),
    )
    t.ok(hub.stats().slow.runEvents.dropped > 0, 'counted while it is stalled')
    const expected = ['1', '2', '3', '4', '5', 'SLOW_CONSUMER:6-80', ...Array.from({ length: 20 }, (_, n) => `${n + 81}`)]
    t.strictSame(await take(slow, 26), expected)
    t.strictSame(await take(strict, 5), ['1', '2', '3', '4', '5'])
    await t.rejects(strict.next(), { code: 'CURSOR_EXPIRED', details: { reason: 'SLOW_CONSUMER' } })
    t.equal(hub.stats().slow.runEvents.dropped, 150, '75 each')
    log.put('a.1')
    t.strictSame(await take(slow, 1), ['101'])
  },
)

t.test('what does not concern a slow reader is no gap for it', async (t) => {
  const { log, hub, subscribe } = setup(t, { ringSize: 20, queueSize: 2 })
  const stream = subscribe({ subjects: ['a.*'] })
  await take(stream, 1)
  log.put('a.1')
  log.put('a.1')
  for (let n = 3; n <= 60; n++) log.put('b.1')
  log.put('a.1')
  await until(() => hub.stats().ringEvents === 20, 'the ring is full')
  t.strictSame(await take(stream, 3), ['1', '2', '61'])
  t.equal(hub.stats().slow.runEvents.dropped, 0)
})

t.test('while the log is down streams wait, and go on without gap or repeat when it is back', async (t) => {
  const { log, subscribe } = setup(t, { ringSize: 5 })
  for (let n = 1; n <= 20; n++) log.put('a.1')
  const live = subscribe()
  await take(live, 1)
  log.setDown(true)
  const resumed = subscribe({ after: after(10n) })
  const waiting = take(live, 2)
  const backlog = take(resumed, 13)
  log.put('a.1')
  await new Promise((resolve) => setTimeout(resolve, 150))
  log.put('a.1')
  log.setDown(false)
  t.strictSame(await waiting, ['21', '22'])
  const all = await backlog
  t.strictSame(all.filter((item) => !item.startsWith('LIVE')).slice(0, 12), [
    'REPLAY@10',
    ...Array.from({ length: 11 }, (_, n) => `${n + 11}`),
  ])
})

t.test('a waiting stream ends at once by return(), by its signal and by the close of the hub; nothing stays open', async (t) => {
  const { log, hub, subscribe } = setup(t)
  const leave = new AbortController()
  const [returned, aborted, closed] = [subscribe(), subscribe({ signal: leave.signal }), subscribe()]
  for (const stream of [returned, aborted, closed]) await take(stream, 1)
  const waiting = [returned.next(), aborted.next(), closed.next()]
  await returned.return?.()
  leave.abort()
  t.strictSame(
    await Promise.all(waiting.slice(0, 2)),
    Array.from({ length: 2 }, () => ({ done: true, value: undefined })),
  )
  t.equal(hub.stats().subscribers, 1)
  await hub.close()
  t.strictSame(await waiting[2], { done: true, value: undefined })
  t.strictSame(await subscribe({ signal: leave.signal }).next(), { done: true, value: undefined }, 'a reader that left before it came')
  await until(noneOpen(hub), 'all closed')
  t.equal(log.open(), 0)
})

t.test('10,000 subscriptions come and go; the tail closes some time after the last and opens again', async (t) => {
  const { log, hub, subscribe } = setup(t)
  for (let n = 0; n < 10_000; n++) {
    const stream = subscribe(n % 2 === 0 ? {} : { after: after(0n) })
    if (n % 3 === 0) await take(stream, 1)
    else if (n % 3 === 1) void stream.next()
    await stream.return?.()
  }
  await until(noneOpen(hub), 'all closed')
  t.equal(log.open(), 0)
  const again = subscribe()
  await take(again, 1)
  log.put('a.1')
  t.strictSame(await take(again, 1), ['1'])
})
