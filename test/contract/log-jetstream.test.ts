import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type EventLog, type LogMessage } from '../../src/datasources/log/log.ts'
import { openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { isAppError } from '../../src/errors.ts'
import { eventually } from '../support/eventually.ts'
import { adminOf, openTestJetstream } from '../support/logs.ts'
import { startNats } from '../support/nats.ts'

// What only a real broker can do: go away, hang, come back, lack streams, hold streams of other makers.

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = ({ payload }: LogMessage) => new TextDecoder().decode(payload)
const subjectOf = (tenant: string) => `demon.ritual.v1.${tenant}.ritual.${randomUUID()}.events`
const unavailable = { code: 'SOURCE_UNAVAILABLE', source: 'log' }

const answers = (log: EventLog) => () =>
  log.ping(500).then(
    () => true,
    (error: unknown) => {
      if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
      return false
    },
  )

const within = async (mostMs: number, work: () => Promise<unknown>): Promise<boolean> => {
  const from = Date.now()
  await work()
  return Date.now() - from < mostMs
}

function follow(log: EventLog, subject?: string) {
  const stop = new AbortController()
  const seen: { sequence: bigint; text: string }[] = []
  const statuses: string[] = []
  const tail = log.tail('ritual', { from: 1n, subject, signal: stop.signal, onStatus: (status) => statuses.push(status) })
  const ended = (async () => {
    for await (const batch of tail) seen.push(...batch.map((message) => ({ sequence: message.sequence, text: textOf(message) })))
  })()
  ended.catch(() => undefined)
  return {
    seen,
    statuses,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

/** Appends until it is acknowledged, as a careful writer does: the message id makes the repeat harmless. */
async function appendForSure(log: EventLog, subject: string, text: string): Promise<bigint> {
  const messageId = randomUUID()
  for (;;) {
    try {
      return (await log.append(subject, bytes(text), { messageId, timeoutMs: 1000 })).sequence
    } catch (error) {
      if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

for (const old of [false, true]) {
  t.test(`a broker killed under load${old ? ', 2.10' : ''}: nothing acknowledged is lost, nothing comes twice`, async (t) => {
    const server = await startNats(t, { old })
    if (server === null) return
    const log = await openTestJetstream(t, server)
    const tails = [follow(log), follow(log, 'demon.ritual.v1.mine.>')]
    const acknowledged = new Map<bigint, string>()
    let writing = true
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let index = 0; writing; index++) {
        const text = `${writer}:${index}`
        acknowledged.set(await appendForSure(log, subjectOf(writer % 2 === 0 ? 'mine' : 'other'), text), text)
      }
    })
    for (let kill = 0; kill < 3; kill++) {
      const before = acknowledged.size
      await eventually(() => acknowledged.size > before + 100)
      await server.kill()
      t.ok(await within(1_500, () => t.rejects(log.state('ritual'), unavailable)), 'calls fail at once while it is away')
      await server.restart()
      t.ok(await within(15_000, () => eventually(answers(log))), 'it recovers by itself')
    }
    const before = acknowledged.size
    await eventually(() => acknowledged.size > before + 100)
    writing = false
    await Promise.all(writers)
    const texts = [...acknowledged].sort(([a], [b]) => Number(a - b))
    const expected = [texts, texts.filter(([, text]) => Number(text.split(':')[0]) % 2 === 0)]
    for (const [index, tail] of tails.entries()) {
      const wanted = expected[index] ?? []
      const newest = wanted.at(-1)?.[0] ?? 0n
      await eventually(() => (tail.seen.at(-1)?.sequence ?? 0n) >= newest)
      await tail.stop()
      t.same(tail.seen.length, new Set(tail.seen.map(({ sequence }) => sequence)).size, 'no sequence comes twice')
      const seen = new Map(tail.seen.map(({ sequence, text }) => [sequence, text]))
      t.same(
        wanted.filter(([sequence, text]) => seen.get(sequence) !== text),
        [],
        'every acknowledged message came',
      )
      t.ok(
        tail.seen.every(({ sequence }, at) => at === 0 || sequence > (tail.seen[at - 1]?.sequence ?? 0n)),
        'in order',
      )
      t.ok(
        tail.statuses.length >= 6 && tail.statuses.every((status, at) => status === (at % 2 === 0 ? 'DOWN' : 'UP')),
        `it said so: ${tail.statuses.join(' ')}`,
      )
    }
    const admin = await adminOf(t, server)
    await eventually(async () => (await admin.streams.info('RITUAL_EVENTS')).state.consumer_count === 0)
  })
}

/** Stops the whole process for a while, as one that is busy or starved: nothing is read from any connection. */
const stall = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

for (const old of [false, true]) {
  t.test(`a backlog of large events that is read slowly never costs the connection${old ? ', 2.10' : ''}`, async (t) => {
    const server = await startNats(t, { old })
    if (server === null) return
    const statuses: boolean[] = []
    const log = await openTestJetstream(t, server, { timeoutMs: 20_000, onStatus: (up) => statuses.push(up) })
    // more than the 64 MiB a server keeps for a slow connection before it cuts it, in fewer messages than one request asks for
    const count = 100
    const large = new Uint8Array(900_000)
    for (let index = 0; index < count; index++) await log.append(subjectOf('t'), large)

    const stop = new AbortController()
    const readers = { read: log.read('ritual'), tail: log.tail('ritual', { from: 1n, signal: stop.signal }) }
    for (const [name, batches] of Object.entries(readers)) {
      const sequences: bigint[] = []
      let stalls = 3
      for await (const batch of batches) {
        sequences.push(...batch.map(({ sequence }) => sequence))
        if (sequences.length >= count) break
        if (stalls-- > 0) stall(500)
      }
      const all = Array.from({ length: count }, (_, index) => BigInt(index + 1))
      t.same(sequences, all, `${name}: all came, in order`)
    }
    stop.abort()
    t.same(statuses, [true], 'the connection that appends use too was never cut')
  })
}

t.test('messages that use a request up to its last byte do not hold the next ones back', async (t) => {
  for (const old of [false, true]) {
    const server = await startNats(t, { old })
    if (server === null) return
    const log = await openTestJetstream(t, server, { timeoutMs: 10_000 })
    const subject = subjectOf('t')
    const messageId = 'message-1'
    // two of these are 2 MiB as the server counts them: with their subjects and headers
    const reply = `$JS.ACK.RITUAL_EVENTS.orrery-${randomUUID()}.1.1.1.1763700000000000000.1`
    const headers = `NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`
    const payload = new Uint8Array(1024 * 1024 - subject.length - reply.length - headers.length)
    for (let index = 1; index <= 6; index++) await log.append(subject, payload, { messageId: `message-${index}` })
    const sequences: bigint[] = []
    for await (const batch of log.read('ritual')) sequences.push(...batch.map(({ sequence }) => sequence))
    t.same(sequences, [1n, 2n, 3n, 4n, 5n, 6n])
  }
})

t.test('a server that is not there: opening resolves, calls fail at once, and all works when it comes', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  await server.kill()
  const statuses: boolean[] = []
  const log = await openJetstreamLog({
    url: server.url,
    credsPath: undefined,
    createStreams: true,
    ritualStreamName: undefined,
    timeoutMs: 2000,
    onStatus: (up) => statuses.push(up),
  })
  t.teardown(() => log.close())
  const tail = follow(log)
  const quickly = await within(5_000, async () => {
    await t.rejects(log.append(subjectOf('t'), bytes('x')), unavailable)
    await t.rejects(log.state('ritual'), unavailable)
    await t.rejects(log.get('ritual', 1n), unavailable)
    await t.rejects(log.ping(1000), unavailable)
    await t.rejects(log.version(), unavailable)
    await t.rejects(log.missing(), unavailable)
    await t.rejects(async () => {
      for await (const _ of log.read('ritual')) t.fail('there is nothing to read')
    }, unavailable)
  })
  t.ok(quickly)
  await server.restart()
  t.ok(await within(15_000, () => appendForSure(log, subjectOf('t'), 'first')))
  await eventually(() => tail.seen.length === 1)
  t.same(statuses, [true])
  await tail.stop()
  await log.close()
  await t.rejects(log.state('ritual'), unavailable, 'a closed log answers nothing')
})

t.test('a broker that hangs: calls end at their deadline, readers can leave, tails go on afterwards', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server, { timeoutMs: 400 })
  await appendForSure(log, subjectOf('t'), 'before')
  const tail = follow(log)
  await eventually(() => tail.seen.length === 1)
  const idle = log.tail('ritual', { from: 'new', signal: new AbortController().signal })[Symbol.asyncIterator]()
  const waiting = idle.next()
  await log.state('ritual')

  server.pause()
  t.ok(await within(5_000, () => t.rejects(log.state('ritual'), unavailable)))
  t.ok(await within(5_000, () => t.rejects(log.append(subjectOf('t'), bytes('x')), unavailable)))
  t.ok(await within(5_000, () => t.rejects(log.ping(200), unavailable)))
  t.ok(
    await within(5_000, () =>
      t.rejects(async () => {
        for await (const _ of log.read('ritual')) t.fail('nothing answers')
      }, unavailable),
    ),
  )
  t.ok(await within(5_000, async () => idle.return?.()), 'a reader leaves though nothing answers')
  t.same(await waiting, { done: true, value: undefined })
  server.resume()

  await eventually(answers(log))
  await appendForSure(log, subjectOf('t'), 'after')
  await eventually(() => tail.seen.some(({ text }) => text === 'after'))
  await tail.stop()
})

t.test('missing streams are named with a remedy, never made unasked, and followed once they appear', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server, { createStreams: false })
  const admin = await adminOf(t, server)
  t.same(
    (await log.missing()).map(({ stream, name }) => [stream, name]),
    [
      ['ritual', 'RITUAL_EVENTS'],
      ['graph', 'GRAPH_COMMITS'],
      ['scale', 'SCALE_HINTS'],
      ['orrery', 'ORRERY_EVENTS'],
    ],
  )
  t.ok((await log.missing()).every(({ remedy }) => remedy.includes('NATS_CREATE_STREAMS=on')))
  t.equal(await log.state('ritual'), null)
  t.equal(await log.get('ritual', 1n), null)
  await t.rejects(log.append(subjectOf('t'), bytes('x')), unavailable)
  await t.rejects(async () => {
    for await (const _ of log.read('ritual')) t.fail('there is nothing to read')
  }, unavailable)
  const stop = new AbortController()
  const statuses: string[] = []
  const tail = log.tail('ritual', { from: 'new', signal: stop.signal, onStatus: (status) => statuses.push(status) })[Symbol.asyncIterator]()
  const first = tail.next()
  await eventually(() => statuses.length === 1)
  t.equal((await admin.streams.names().next()).length, 0, 'none was made')

  await admin.streams.add({ name: 'RITUAL_EVENTS', subjects: ['demon.ritual.v1.>'] })
  await appendForSure(log, subjectOf('t'), 'the very first')
  const step = await first
  t.same(step.done === true ? [] : step.value.map(textOf), ['the very first'], 'what is in a stream that appears is new')
  t.same(statuses, ['DOWN', 'UP'])
  stop.abort()
  await tail.return?.()
  t.same(
    (await log.missing()).map(({ stream }) => stream),
    ['graph', 'scale', 'orrery'],
  )
})

t.test("streams are made with exactly Demon's settings, and existing ones never altered (contract: demon 2.1)", async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const admin = await adminOf(t, server)
  const theirs = await admin.streams.add({ name: 'GRAPH_COMMITS', subjects: ['demon.graph.v1.*.*.*.commit'], max_age: 3_600_000_000_000 })
  const log = await openTestJetstream(t, server)
  t.same(await log.missing(), [])
  t.same((await admin.streams.info('GRAPH_COMMITS')).config, theirs.config)

  // Name and subjects alone give what Demon's own creation gives: the window of 120 s is the server's default.
  await admin.streams.add({ name: 'plain', subjects: ['plain.>'] })
  const plain = (await admin.streams.info('plain')).config
  const configOf = async (name: string) => {
    const { config } = await admin.streams.info(name)
    return { ...config, name: 'plain', subjects: ['plain.>'], metadata: plain.metadata }
  }
  t.same(await configOf('RITUAL_EVENTS'), plain)
  t.same((await admin.streams.info('RITUAL_EVENTS')).config.subjects, ['demon.ritual.v1.>'])
  t.same(await configOf('SCALE_HINTS'), { ...plain, max_age: 7 * 86_400_000_000_000 })
  t.same((await admin.streams.info('SCALE_HINTS')).config.subjects, ['demon.scale.v1.*.hints'])
  t.match(plain, {
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    duplicate_window: 120_000_000_000,
    num_replicas: 1,
    allow_direct: false,
  })
  t.same((await admin.streams.info('ORRERY_EVENTS')).config.subjects, ['orrery.>'])

  await admin.streams.delete('GRAPH_COMMITS')
  await server.restart()
  await eventually(async () => (await answers(log)()) && (await log.state('graph')) !== null)
  // Asked over a new connection: the one above may still be away.
  const { config } = await (await adminOf(t, server)).streams.info('GRAPH_COMMITS')
  t.same(
    { ...config, name: 'plain', subjects: ['plain.>'], metadata: plain.metadata },
    { ...plain, max_msgs_per_subject: 10_000 },
    'one that went missing is made at the next connection',
  )
})

t.test("Demon's stream is found as Demon finds it (contract: demon 2.2)", async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const admin = await adminOf(t, server)
  await admin.streams.add({ name: 'DEMON_RITUAL_EVENTS', subjects: ['demon.ritual.v1.>'] })

  const log = await openTestJetstream(t, server, { createStreams: true })
  t.equal((await log.state('ritual'))?.name, 'DEMON_RITUAL_EVENTS', 'the deprecated name, where it is the only one')
  const { sequence } = await log.append(subjectOf('t'), bytes('x'))
  t.match(await log.get('ritual', sequence), { sequence })

  const named = await openTestJetstream(t, server, { createStreams: true, ritualStreamName: 'CUSTOM' })
  t.equal(await named.state('ritual'), null, 'a name that was set is the only one tried')
  const [missing] = await named.missing()
  t.match(missing, { stream: 'ritual', name: 'CUSTOM', remedy: /already belong to another stream/ })

  await admin.streams.delete('DEMON_RITUAL_EVENTS')
  const custom = await openTestJetstream(t, server, { createStreams: true, ritualStreamName: 'CUSTOM' })
  t.equal((await custom.state('ritual'))?.name, 'CUSTOM')
  await custom.append(subjectOf('t'), bytes('y'))
  t.equal((await custom.state('ritual'))?.messages, 1n)
})

t.test('a stream that stores only current subjects is read with any pattern', async (t) => {
  for (const old of [false, true]) {
    const server = await startNats(t, { old })
    if (server === null) return
    const admin = await adminOf(t, server)
    await admin.streams.add({ name: 'RITUAL_EVENTS', subjects: ['demon.ritual.v1.*.*.*.events'] })
    const log = await openTestJetstream(t, server)
    await log.append('demon.ritual.v1.t.r.1.events', bytes('1'))
    await t.rejects(log.append('demon.ritual.v1.r.1.events', bytes('legacy')), unavailable, 'nobody stores a legacy subject there')
    const read = async (subject: string) => {
      const texts: string[] = []
      for await (const batch of log.read('ritual', { subject })) texts.push(...batch.map(textOf))
      return texts
    }
    t.same(await read('demon.ritual.v1.t.>'), ['1'])
    t.same(await read('demon.ritual.v1.>'), ['1'])
    t.same(await read('demon.ritual.v1.*.*.events'), [], 'a pattern outside the stream matches nothing')
    t.same(await read('demon.graph.>'), [])
    const tail = follow(log, 'demon.ritual.v1.t.>')
    await eventually(() => tail.seen.length === 1)
    await tail.stop()
  }
})

t.test('a consumer that the server has forgotten is replaced without a gap', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server)
  const admin = await adminOf(t, server)
  const tail = follow(log)
  for (let round = 0; round < 3; round++) {
    await appendForSure(log, subjectOf('t'), `before ${round}`)
    await eventually(() => tail.seen.length === 2 * round + 1)
    for await (const consumer of admin.consumers.list('RITUAL_EVENTS')) await admin.consumers.delete('RITUAL_EVENTS', consumer.name)
    await appendForSure(log, subjectOf('t'), `after ${round}`)
    await eventually(() => tail.seen.length === 2 * round + 2)
  }
  await tail.stop()
  t.same(
    tail.seen.map(({ text }) => text),
    [0, 1, 2].flatMap((round) => [`before ${round}`, `after ${round}`]),
  )
  t.same(tail.statuses, [], 'the broker was never away')
})

t.test('an idle tail knows how far it has seen, so that removed strangers are no loss', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server, { idleCheckMs: 200 })
  const admin = await adminOf(t, server)
  const tail = follow(log, 'demon.ritual.v1.mine.>')
  await appendForSure(log, subjectOf('mine'), 'first')
  await eventually(() => tail.seen.length === 1)
  let last = 0n
  for (let index = 0; index < 50; index++) last = await appendForSure(log, subjectOf('stranger'), 'x')
  // Two checks have passed when the consumer at the server has seen two requests run out: nothing shows that from outside but time.
  await new Promise((resolve) => setTimeout(resolve, 700))
  await admin.streams.purge('RITUAL_EVENTS', { seq: Number(last) })
  await server.restart()
  await eventually(() => tail.statuses.length === 2)
  await appendForSure(log, subjectOf('mine'), 'second')
  await eventually(() => tail.seen.length === 2)
  await tail.stop()
})

t.test('a stream set back to an older state while the broker was away is told', async (t) => {
  const server = await startNats(t)
  if (server === null) return
  const log = await openTestJetstream(t, server)
  await appendForSure(log, subjectOf('t'), 'kept')
  await server.kill()
  const backup = mkdtempSync(join(tmpdir(), 'orrery-backup-'))
  t.teardown(() => rmSync(backup, { recursive: true, force: true }))
  cpSync(server.storeDir, backup, { recursive: true })
  await server.restart()
  await eventually(answers(log))
  await appendForSure(log, subjectOf('t'), 'lost')
  const stop = new AbortController()
  const tail = log.tail('ritual', { from: 1n, signal: stop.signal })[Symbol.asyncIterator]()
  const first = await tail.next()
  t.same(first.done === true ? [] : first.value.map(textOf), ['kept', 'lost'])
  const next = tail.next()
  const outcome = t.rejects(next, { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET' } })
  await server.kill()
  rmSync(server.storeDir, { recursive: true })
  cpSync(backup, server.storeDir, { recursive: true })
  await server.restart()
  await outcome
  stop.abort()
})

t.test('a server without JetStream is a source that does not answer', async (t) => {
  const server = await startNats(t, { withoutJetstream: true })
  if (server === null) return
  const log = await openTestJetstream(t, server, { timeoutMs: 500 })
  await t.rejects(log.state('ritual'), unavailable)
  await t.rejects(log.append(subjectOf('t'), bytes('x')), unavailable)
  await t.rejects(log.ping(500), unavailable)
  t.match(await log.version(), /^2\./)
})

t.test('credentials in the address are used, wrong ones are refused without an end', async (t) => {
  const server = await startNats(t, { login: { user: 'orrery', password: 'p@ss' } })
  if (server === null) return
  const addressWith = (login: string) => server.url.replace('//', `//${login}@`)
  const right = await openTestJetstream(t, { ...server, url: addressWith('orrery:p%40ss') })
  t.equal((await right.append(subjectOf('t'), bytes('x'))).sequence, 1n)
  const wrong = await openTestJetstream(t, { ...server, url: addressWith('orrery:wrong') })
  await t.rejects(wrong.state('ritual'), unavailable)
  const without = await openJetstreamLog({
    url: server.url,
    credsPath: '/nowhere/orrery.creds',
    createStreams: false,
    ritualStreamName: undefined,
    timeoutMs: 500,
  })
  t.teardown(() => without.close())
  await t.rejects(without.state('ritual'), unavailable)
})
