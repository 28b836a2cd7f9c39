import { randomUUID } from 'node:crypto'
import { QueuedIteratorImpl } from '@nats-io/nats-core/internal'
import t, { type Test } from 'tap'
import { type EventLog, type LogMessage, type LogStream, WrongLastSequenceError } from '../../src/datasources/log/log.ts'
import { eventually } from '../support/eventually.ts'
import { logAdapters } from '../support/logs.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const bytes = (text: string) => encoder.encode(text)
const textOf = ({ payload }: LogMessage) => decoder.decode(payload)

/** A subject nobody else uses. */
const freshSubject = (tenant = 't') => `demon.ritual.v1.${tenant}.ritual.${randomUUID()}.events`

async function collect(batches: AsyncIterable<LogMessage[]>): Promise<LogMessage[]> {
  const all: LogMessage[] = []
  for await (const batch of batches) all.push(...batch)
  return all
}

const lastSequence = async (log: EventLog, stream: LogStream = 'ritual') => (await log.state(stream))?.lastSequence ?? 0n

/** Follows a stream in the background; `messages` grows. */
function follow(log: EventLog, options: { from: bigint | 'new'; subject?: string; stream?: LogStream }) {
  const stop = new AbortController()
  const messages: LogMessage[] = []
  const statuses: string[] = []
  const tail = log.tail(options.stream ?? 'ritual', { ...options, signal: stop.signal, onStatus: (status) => statuses.push(status) })
  const ended = (async () => {
    for await (const batch of tail) messages.push(...batch)
  })()
  ended.catch(() => undefined)
  return {
    messages,
    statuses,
    ended,
    texts: () => messages.map(textOf),
    async stop() {
      stop.abort()
      await ended
    },
  }
}

const conflict = { name: 'WrongLastSequenceError' }

async function appending(t: Test, log: EventLog, duplicateFirst: boolean) {
  t.test('an append is stored as it is, under the next sequence', async (t) => {
    const subject = freshSubject()
    const before = await lastSequence(log)
    const payload = new Uint8Array([0, 255, 10, 13, 0, 128])
    const first = await log.append(subject, payload, { messageId: `id ${subject}` })
    const second = await log.append(subject, bytes('{"b":"ü"}'))
    t.same([first.sequence > before, first.duplicate, second.sequence > first.sequence], [true, false, true])
    const stored = await log.get('ritual', first.sequence)
    t.match(stored, { stream: 'ritual', sequence: first.sequence, subject, messageId: `id ${subject}` })
    t.same(Buffer.from(stored?.payload ?? []), Buffer.from(payload))
    t.equal((await log.get('ritual', second.sequence))?.messageId, null)
    const now = BigInt(Date.now()) * 1_000_000n
    t.ok(
      stored !== null && now - stored.recordedAtNs < 60_000_000_000n && stored.recordedAtNs <= now + 1_000_000_000n,
      'recorded just now, in nanoseconds',
    )
    t.equal(await lastSequence(log), second.sequence)
  })

  t.test('a known message id is acknowledged as a duplicate and not stored', async (t) => {
    const [subject, other, messageId] = [freshSubject(), freshSubject(), randomUUID()]
    const first = await log.append(subject, bytes('1'), { messageId })
    const last = await lastSequence(log)
    t.same(await log.append(subject, bytes('2'), { messageId }), { sequence: first.sequence, duplicate: true })
    t.same(await log.append(other, bytes('3'), { messageId }), { sequence: first.sequence, duplicate: true }, 'also on another subject')
    t.equal(await lastSequence(log), last)
    t.equal(await log.lastOnSubject('ritual', other), null)
  })

  t.test('an expectation holds only for the last sequence on exactly that subject', async (t) => {
    const subject = freshSubject()
    await t.rejects(log.append(subject, bytes('x'), { expectedLastSubjectSequence: 1n }), conflict)
    const first = await log.append(subject, bytes('1'), { expectedLastSubjectSequence: 0n })
    await t.rejects(log.append(subject, bytes('x'), { expectedLastSubjectSequence: 0n }), conflict)
    await log.append(freshSubject(), bytes('elsewhere'))
    const second = await log.append(subject, bytes('2'), { expectedLastSubjectSequence: first.sequence })
    await t.rejects(log.append(subject, bytes('x'), { expectedLastSubjectSequence: first.sequence }), conflict)
    t.same((await collect(log.read('ritual', { subject }))).map(textOf), ['1', '2'])
    t.equal((await log.lastOnSubject('ritual', subject))?.sequence, second.sequence)
  })

  t.test(
    `a known message id with a stale expectation is ${duplicateFirst ? 'a duplicate' : 'refused'} (contract: demon 3.3)`,
    async (t) => {
      const [subject, messageId] = [freshSubject(), randomUUID()]
      const first = await log.append(subject, bytes('1'), { messageId, expectedLastSubjectSequence: 0n })
      const again = () => log.append(subject, bytes('1'), { messageId, expectedLastSubjectSequence: 0n })
      if (duplicateFirst) t.same(await again(), { sequence: first.sequence, duplicate: true })
      else await t.rejects(again(), conflict)
      const rightAgain = await log.append(subject, bytes('2'), { messageId, expectedLastSubjectSequence: first.sequence })
      t.same(rightAgain, { sequence: first.sequence, duplicate: true }, 'a right expectation is a duplicate everywhere')
      await t.rejects(
        log.append(subject, bytes('x'), { messageId: randomUUID(), expectedLastSubjectSequence: 0n }),
        conflict,
        'a new id is refused everywhere',
      )
    },
  )

  t.test('of 100 appends with the same expectation exactly one wins', async (t) => {
    const subject = freshSubject()
    const { sequence } = await log.append(subject, bytes('start'))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        log.append(subject, bytes(String(index)), { messageId: randomUUID(), expectedLastSubjectSequence: sequence }),
      ),
    )
    const won = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? index : []))
    t.equal(won.length, 1)
    t.ok(outcomes.every((outcome) => outcome.status === 'fulfilled' || outcome.reason instanceof WrongLastSequenceError))
    t.same((await collect(log.read('ritual', { subject }))).map(textOf), ['start', String(won[0])])
  })

  t.test('of 100 appends with the same message id exactly one is stored', async (t) => {
    const [subject, messageId] = [freshSubject(), randomUUID()]
    const acks = await Promise.all(Array.from({ length: 100 }, (_, index) => log.append(subject, bytes(String(index)), { messageId })))
    t.equal(acks.filter(({ duplicate }) => !duplicate).length, 1)
    t.equal(new Set(acks.map(({ sequence }) => sequence)).size, 1)
    t.equal((await collect(log.read('ritual', { subject }))).length, 1)
  })

  t.test('a subject that cannot be published is refused, one that nobody stores is not acknowledged', async (t) => {
    for (const subject of [
      'demon.ritual.v1.*.r.x.events',
      'demon.ritual.v1.>',
      'demon.ritual.v1.a b.r.x.events',
      'demon.ritual.v1..r.x.events',
      '',
    ])
      await t.rejects(log.append(subject, bytes('x')), { code: 'BAD_USER_INPUT' }, JSON.stringify(subject))
    await t.rejects(log.append('nobody.stores.this', bytes('x')), { code: 'SOURCE_UNAVAILABLE', source: 'log' })
  })

  t.test('a message that is too large is refused, and its subject stays empty', async (t) => {
    const subject = freshSubject()
    await t.rejects(log.append(subject, new Uint8Array(1024 * 1024 + 1)), { code: 'BAD_USER_INPUT' })
    t.equal(await log.lastOnSubject('ritual', subject), null)
    await log.append(subject, new Uint8Array(1000 * 1024))
    t.equal((await log.lastOnSubject('ritual', subject))?.payload.byteLength, 1000 * 1024)
  })

  t.test('an append whose caller has gone is given up', async (t) => {
    await t.rejects(log.append(freshSubject(), bytes('x'), { signal: AbortSignal.abort(new Error('gone')) }), { message: 'gone' })
  })
}

async function reading(t: Test, log: EventLog) {
  const tenant = `reader${randomUUID().slice(0, 8)}`
  const subjects = ['a', 'b'].flatMap((ritual) => ['1', '2'].map((run) => `demon.ritual.v1.${tenant}.${ritual}.${run}.events`))
  const legacy = `demon.ritual.v1.${tenant}.run.events`
  const longer = `demon.ritual.v1.${tenant}.a.1.extra.events`
  const sequences: bigint[] = []
  for (let index = 0; index < 24; index++)
    sequences.push((await log.append([...subjects, legacy, longer][index % 6] ?? '', bytes(String(index)))).sequence)
  const first = sequences[0] ?? 0n
  const last = sequences.at(-1) ?? 0n
  const select = async (subject: string) => (await collect(log.read('ritual', { subject }))).map(textOf).map(Number)
  const of = (...positions: number[]) => Array.from({ length: 24 }, (_, index) => index).filter((index) => positions.includes(index % 6))

  t.test('a read gives what is stored, in order, once, in batches', async (t) => {
    const batches: LogMessage[][] = []
    for await (const batch of log.read('ritual', { from: first, batchSize: 5 })) batches.push(batch)
    t.ok(batches.every((batch) => batch.length > 0 && batch.length <= 5))
    const read = batches.flat()
    t.same(
      read.slice(0, 24).map(textOf),
      Array.from({ length: 24 }, (_, index) => String(index)),
    )
    t.ok(read.every((message, index) => index === 0 || message.sequence > (read[index - 1]?.sequence ?? 0n)))
    t.same(
      read.slice(0, 2).map(({ subject, messageId }) => ({ subject, messageId })),
      [
        { subject: subjects[0], messageId: null },
        { subject: subjects[1], messageId: null },
      ],
    )
  })

  t.test('a range is inclusive at both ends', async (t) => {
    const range = async (from: bigint, to: bigint) => (await collect(log.read('ritual', { from, to }))).map(({ sequence }) => sequence)
    t.same(await range(first, first), [first])
    t.same(await range(last, last), [last])
    t.same(await range(sequences[3] ?? 0n, sequences[6] ?? 0n), sequences.slice(3, 7))
    t.same(await range(last, first), [])
    t.same(await range(last + 1000n, last + 2000n), [])
    t.same((await range(0n, first)).at(-1), first)
  })

  t.test('a subject pattern selects as NATS does', async (t) => {
    t.same(await select(subjects[0] ?? ''), of(0))
    t.same(await select(`demon.ritual.v1.${tenant}.>`), of(0, 1, 2, 3, 4, 5))
    t.same(await select(`demon.ritual.v1.${tenant}.*.*.events`), of(0, 1, 2, 3))
    t.same(await select(`demon.ritual.v1.${tenant}.a.*.events`), of(0, 1))
    t.same(await select(`demon.ritual.v1.*.*.events`).then((all) => all.filter((index) => of(4).includes(index)).length >= 4), true)
    t.same(await select(`demon.ritual.v1.${tenant}.*.1.events`), of(0, 2))
    t.same(await select(`demon.ritual.v1.${tenant}.a.1.>`), of(0, 5))
    t.same(await select(`demon.ritual.v1.${tenant}.a.1.events.>`), [])
    t.same(await select(`demon.ritual.v1.${tenant}x.>`), [])
  })

  t.test('a pattern and a range work together, in small batches', async (t) => {
    const subject = `demon.ritual.v1.${tenant}.a.*.events`
    const batches: number[][] = []
    for await (const batch of log.read('ritual', { subject, from: sequences[1] ?? 0n, to: sequences[18] ?? 0n, batchSize: 2 }))
      batches.push(batch.map(textOf).map(Number))
    t.same(
      batches.flat(),
      of(0, 1).filter((index) => index >= 1 && index <= 18),
    )
    t.ok(batches.every((batch) => batch.length <= 2))
  })

  t.test('a read that matches nothing ends at once', async (t) => {
    const from = Date.now()
    t.same(await select(`demon.ritual.v1.${tenant}.nothing.*.events`), [])
    t.same(await collect(log.read('ritual', { from: last + 1n })), [])
    t.same(await collect(log.read('scale')), [])
    t.ok(Date.now() - from < 1000, 'without waiting for messages that do not exist')
  })

  t.test('a read can be left early, and ends when its caller has gone', async (t) => {
    for await (const batch of log.read('ritual', { from: first, batchSize: 3 })) {
      t.equal(batch.length <= 3, true)
      break
    }
    const stop = new AbortController()
    await t.rejects(
      async () => {
        for await (const _ of log.read('ritual', { from: first, batchSize: 3, signal: stop.signal })) stop.abort(new Error('gone'))
      },
      { message: 'gone' },
    )
  })

  t.test('the newest message of a subject is found, and single messages', async (t) => {
    t.equal(textOf((await log.lastOnSubject('ritual', subjects[0] ?? '')) ?? fail()), '18')
    t.equal(await log.lastOnSubject('ritual', freshSubject()), null)
    t.equal(await log.lastOnSubject('graph', 'demon.graph.v1.t.p.n.commit'), null)
    t.equal(textOf((await log.get('ritual', sequences[5] ?? 0n)) ?? fail()), '5')
    t.equal(await log.get('ritual', last + 1_000_000n), null)
    t.equal(await log.get('ritual', 0n), null)
    t.equal(await log.get('scale', 1n), null)
    await t.rejects(log.lastOnSubject('ritual', `demon.ritual.v1.${tenant}.>`), { code: 'BAD_USER_INPUT' })
  })

  t.test('each stream stores its own subjects', async (t) => {
    const sent: [LogStream, string][] = [
      ['graph', 'demon.graph.v1.t.p.n.commit'],
      ['orrery', 'orrery.storage.t.appended'],
    ]
    for (const [stream, subject] of sent) {
      const { sequence } = await log.append(subject, bytes(stream))
      t.match(await log.get(stream, sequence), { stream, subject })
    }
    t.match(await log.state('graph'), { name: 'GRAPH_COMMITS', subjects: ['demon.graph.v1.*.*.*.commit'], firstSequence: 1n })
    t.match(await log.state('scale'), { name: 'SCALE_HINTS', firstSequence: 1n, lastSequence: 0n, messages: 0n })
    const state = await log.state('ritual')
    t.match(state, { name: 'RITUAL_EVENTS', firstSequence: 1n, messages: state?.lastSequence })
    t.equal((await log.state('ritual'))?.epoch, state?.epoch)
    t.same(await log.missing(), [])
  })
}

const fail = (): never => {
  throw new Error('there is no such message')
}

async function tailing(t: Test, log: EventLog) {
  t.test('a tail from a sequence gives what is stored, then what comes', async (t) => {
    const subject = freshSubject()
    const { sequence } = await log.append(subject, bytes('1'))
    await log.append(subject, bytes('2'))
    const tail = follow(log, { from: sequence })
    await eventually(() => tail.messages.length === 2)
    await log.append(subject, bytes('3'))
    await eventually(() => tail.messages.length === 3)
    await tail.stop()
    t.same(tail.texts(), ['1', '2', '3'])
    t.equal(tail.messages[0]?.sequence, sequence)
    t.same(tail.statuses, [])
  })

  t.test('a tail from `new` gives only what comes after the call', async (t) => {
    const subject = freshSubject()
    await log.append(subject, bytes('old'))
    const stop = new AbortController()
    const tail = log.tail('ritual', { from: 'new', subject, signal: stop.signal })[Symbol.asyncIterator]()
    const first = tail.next()
    // Until the tail has looked where it starts, an append may count as old.
    const done = { seen: false }
    void first.then(() => (done.seen = true))
    let count = 0
    await eventually(async () => {
      await log.append(subject, bytes(`new ${++count}`))
      return done.seen
    })
    const step = await first
    t.ok(step.done !== true && step.value.every((message) => textOf(message).startsWith('new ')))
    stop.abort()
    t.same(await tail.next(), { done: true, value: undefined })
  })

  t.test('a tail with a pattern gives only matches, the same to many followers', async (t) => {
    const tenant = `tail${randomUUID().slice(0, 8)}`
    const from = (await lastSequence(log)) + 1n
    const tails = [
      follow(log, { from, subject: `demon.ritual.v1.${tenant}.*.*.events` }),
      follow(log, { from, subject: `demon.ritual.v1.${tenant}.>` }),
    ]
    const expected: string[] = []
    for (let index = 0; index < 40; index++) {
      const mine = index % 2 === 0
      if (mine) expected.push(String(index))
      await log.append(freshSubject(mine ? tenant : 'stranger'), bytes(String(index)))
    }
    for (const tail of tails) {
      await eventually(() => tail.messages.length >= 20)
      await tail.stop()
      t.same(tail.texts(), expected)
    }
  })

  t.test('a tail under concurrent writers loses and repeats nothing', async (t) => {
    const from = (await lastSequence(log)) + 1n
    const tail = follow(log, { from })
    const sequences: bigint[] = []
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let index = 0; index < 60; index++) sequences.push((await log.append(freshSubject(), bytes(`${writer}:${index}`))).sequence)
      }),
    )
    await eventually(() => tail.messages.length >= 480)
    await tail.stop()
    t.same(
      tail.messages.map(({ sequence }) => sequence),
      sequences.sort((a, b) => Number(a - b)),
    )
  })

  t.test('an idle tail ends promptly when aborted, and when its reader leaves (platform D14)', async (t) => {
    const stop = new AbortController()
    const aborted = log.tail('ritual', { from: 'new', signal: stop.signal })[Symbol.asyncIterator]()
    const waiting = aborted.next()
    await log.state('ritual')
    const from = Date.now()
    stop.abort()
    t.same(await waiting, { done: true, value: undefined })
    const left = log.tail('ritual', { from: (await lastSequence(log)) + 1n, signal: new AbortController().signal })[Symbol.asyncIterator]()
    const idle = left.next()
    await log.state('ritual')
    await left.return?.()
    t.same(await idle, { done: true, value: undefined })
    t.ok(Date.now() - from < 1000)
    const never = log.tail('ritual', { from: 1n, signal: AbortSignal.abort() })[Symbol.asyncIterator]()
    t.same(await never.next(), { done: true, value: undefined })
  })

  t.test('a slow reader of a tail is given batches of bounded size, in order', async (t) => {
    const subject = freshSubject()
    const from = (await lastSequence(log)) + 1n
    await Promise.all(Array.from({ length: 1300 }, (_, index) => log.append(subject, bytes(String(index)))))
    const stop = new AbortController()
    const sizes: number[] = []
    const seen: bigint[] = []
    for await (const batch of log.tail('ritual', { from, signal: stop.signal })) {
      sizes.push(batch.length)
      seen.push(...batch.map(({ sequence }) => sequence))
      await log.state('ritual')
      if (seen.length >= 1300) stop.abort()
    }
    t.ok(Math.max(...sizes) <= 500)
    t.same(
      seen,
      Array.from({ length: 1300 }, (_, index) => from + BigInt(index)),
    )
  })
}

t.test("the iterators of NATS' client do not end when their reader leaves (platform D14)", async (t) => {
  const stock = new QueuedIteratorImpl<string>()
  const reader = stock[Symbol.asyncIterator]()
  const idle = reader.next()
  const left = reader.return?.()
  const settled = await Promise.race([idle, left, new Promise((resolve) => setTimeout(resolve, 200, 'neither'))])
  t.equal(settled, 'neither', 'stock: neither what was asked for nor the leave-taking comes to its end')
  stock.stop()
  t.match(await idle, { done: true })
})

for (const { name, duplicateFirst, open } of logAdapters) {
  t.test(`event log: ${name}`, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const { log } = opened
    await t.test('appending', (t) => appending(t, log, duplicateFirst))
    await t.test('reading', (t) => reading(t, log))
    await t.test('tailing', (t) => tailing(t, log))

    await t.test('it answers a probe and names its version', async (t) => {
      await log.ping(1000)
      t.match(await log.version(), opened.version)
    })

    await t.test('a tail starts silently at the first message still held, but a purge past it is told', async (t) => {
      const { sequence } = await log.append(freshSubject(), bytes('before'))
      const behind = follow(log, { from: sequence })
      await eventually(() => behind.messages.length === 1)
      const last = (await log.append(freshSubject(), bytes('after'))).sequence
      await eventually(() => behind.messages.length === 2)
      await opened.purgeBefore('ritual', last)
      t.match(await log.state('ritual'), { firstSequence: last, lastSequence: last })
      const late = follow(log, { from: sequence })
      await eventually(() => late.messages.length === 1)
      t.equal(late.messages[0]?.sequence, last)
      await late.stop()
      t.equal(await log.get('ritual', sequence), null)
      await log.append(freshSubject(), bytes('still followed'))
      await eventually(() => behind.messages.length === 3)
      await behind.stop()
    })

    await t.test('messages that are removed before a slow reader gets them are told, not skipped', async (t) => {
      const from = (await lastSequence(log)) + 1n
      await Promise.all(Array.from({ length: 3000 }, (_, index) => log.append(freshSubject(), bytes(String(index)))))
      const tail = log.tail('ritual', { from, signal: new AbortController().signal })[Symbol.asyncIterator]()
      const first = await tail.next()
      const seen = first.done === true ? [] : first.value.map(({ sequence }) => sequence)
      const { sequence: last } = await log.append(freshSubject(), bytes('last'))
      await opened.purgeBefore('ritual', last)
      const rest = async () => {
        for (let step = await tail.next(); step.done !== true; step = await tail.next())
          seen.push(...step.value.map(({ sequence }) => sequence))
      }
      await t.rejects(rest(), { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET' } })
      t.same(
        seen,
        Array.from({ length: seen.length }, (_, index) => from + BigInt(index)),
      )
    })

    await t.test('a tail from beyond the end, or of a replaced stream, says SOURCE_RESET', async (t) => {
      const beyond = follow(log, { from: (await lastSequence(log)) + 10n })
      await t.rejects(beyond.ended, { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET' } })
      const before = await log.state('ritual')
      const subject = freshSubject()
      const tails = [follow(log, { from: 1n }), follow(log, { from: 'new' }), follow(log, { from: 'new', subject })]
      await log.append(subject, bytes('old'))
      await eventually(() => (tails[0]?.messages.length ?? 0) > 0)
      await opened.replace('ritual')
      for (const tail of tails) await t.rejects(tail.ended, { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET' } })
      const after = await log.state('ritual')
      t.not(after?.epoch, before?.epoch)
      t.match(after, { lastSequence: 0n })
      t.equal((await log.append(freshSubject(), bytes('new'))).sequence, 1n)
    })

    await t.test('nothing of ours is left at the server', async (t) => {
      await eventually(async () => (await opened.leftovers()).length === 0)
      t.pass()
    })
  })
}
