import Fastify from 'fastify'
import { type ExecutionResult } from 'graphql'
import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWsClient } from 'graphql-ws'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { iterateResuming } from '../client/resume.ts'
import { readConfig } from '../src/config.ts'
import { scopesOf } from '../src/auth/viewer.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { type Pipeline } from '../src/operation/operation.ts'
import { buildSchema } from '../src/app.ts'
import { encodeId } from '../src/ids.ts'
import { systemClock } from '../src/time.ts'
import { settlingIterator } from '../src/subscriptions/settling-iterator.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { addStoreMetrics } from '../src/telemetry/store-metrics.ts'
import { createStreamResponder } from '../src/transports/stream-responder.ts'
import { registerWebsocket } from '../src/transports/websocket.ts'
import { nextEvent, openStream, type OpenStream } from './support/event-stream.ts'
import { eventually } from './support/eventually.ts'
import { type Backing, backings, liveServer, type LiveServer, type LiveServerOptions, write } from './support/live-server.ts'
import { memoryLog } from './support/memory-log.ts'
import { readyPeer } from './support/ws-peer.ts'

t.setTimeout(300_000)

/** What a cursor says, without the second it was issued in and its signature. */
function placeOf(cursor: string | null | undefined): string {
  const bytes = Buffer.from(cursor ?? '', 'base64url')
  return Buffer.concat([bytes.subarray(0, 3), bytes.subarray(8, -16)]).toString('hex')
}

const events = /* GraphQL */ `
  subscription ($after: Cursor, $strict: Boolean, $filter: RunFilter, $run: ID) {
    runEvents(run: $run, filter: $filter, after: $after, strict: $strict) {
      __typename
      ... on RunEventItem {
        cursor
        event {
          sequence
          type
          tenantId
        }
      }
      ... on StreamPhase {
        phase
      }
      ... on StreamGap {
        cursor
        from
        to
        reason
      }
    }
  }
`

interface Item {
  readonly __typename: string
  readonly cursor?: string
  readonly event?: { readonly sequence: string; readonly type: string }
  readonly phase?: string
  readonly from?: string
  readonly to?: string
  readonly reason?: string
}

interface Result {
  readonly data?: Record<string, Item> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[]
  readonly extensions?: { readonly cursor?: string }
}

/** A subscription over any transport, as results. */
interface Reader {
  next(): Promise<Result | null>
  close(): void
}

type Variables = Readonly<Record<string, unknown>>
type Transport = (
  t: Test,
  server: LiveServer,
  variables: Variables,
  more?: { extensions?: object; query?: string; tenant?: string },
) => Promise<Reader>

const sseReader = (stream: OpenStream): Reader => ({
  async next() {
    const event = await nextEvent(stream)
    return event === null || event.event === 'complete' ? null : (JSON.parse(event.data) as Result)
  },
  close: () => stream.close(),
})

const transports: Record<string, Transport> = {
  async websocket(t, server, variables, { extensions, query = events, tenant } = {}) {
    const peer = await readyPeer(t, server.ws, tenant === undefined ? {} : { tenantId: tenant })
    peer.send({ id: '1', type: 'subscribe', payload: { query, variables, extensions } })
    return {
      async next() {
        const message = await peer.next()
        if (message.type === 'error') return { errors: message.payload as NonNullable<Result['errors']> }
        return message.type === 'next' ? (message.payload as Result) : null
      },
      close: () => peer.socket.terminate(),
    }
  },
  async sse(t, server, variables, { extensions, query = events, tenant } = {}) {
    const headers = { accept: 'text/event-stream', ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }) }
    return sseReader(await openStream(t, `${server.http}/graphql`, { headers, body: { query, variables, extensions } }))
  },
  async multipart(t, server, variables, { extensions, query = events, tenant } = {}) {
    const accept = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
    const headers = { accept, ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }) }
    const stream = await openStream(t, `${server.http}/graphql`, { headers, body: { query, variables, extensions } })
    t.match(stream.headers['content-type'], /^multipart\/mixed;boundary="graphql";subscriptionSpec=1\.0$/)
    await stream.until('--graphql')
    return {
      async next() {
        for (;;) {
          const part = await stream.until('\r\n--graphql')
          if (part === null) return null
          const body = JSON.parse(part.slice(part.indexOf('\r\n\r\n') + 4, -'\r\n--graphql'.length)) as {
            payload?: Result | null
            errors?: Result['errors']
          }
          // a heartbeat has neither
          if ('payload' in body) return body.payload ?? { errors: body.errors }
        }
      },
      close: () => stream.close(),
    }
  },
}
const names = Object.keys(transports)
const transport = (name: string | undefined): Transport => {
  const found = name === undefined ? undefined : transports[name]
  if (found === undefined) throw new Error('no such transport')
  return found
}

const itemOf = (result: Result | null): Item => {
  const item = Object.values(result?.data ?? {})[0]
  if (item === undefined) throw new Error(`no item in ${JSON.stringify(result)}`)
  return item
}
const shortly = ({ event, phase, reason, from, to }: Item): string => event?.sequence ?? phase ?? `${reason}:${from}-${to}`
const take = async (reader: Reader, count: number): Promise<string[]> => {
  const found: string[] = []
  for (let left = count; left > 0; left--) found.push(shortly(itemOf(await reader.next())))
  return found
}
const runOnly = (runId: string) => ({ filter: { runIdContains: runId } })
const put = (log: EventLog, runId: string, more: object = {}) => write(log, { event: 'test.event:v1', ritualId: 'r', runId, ...more })

t.test('live events', async (t) => {
  for (const backing of await backings(t)) t.test(`on the ${backing.name} log`, (t) => onLog(t, backing))
  const [embedded] = await backings(t, ['embedded'])
  if (embedded !== undefined) t.test('when the log has lost something', (t) => onLostEvents(t, embedded))
})

async function onLog(t: Test, backing: Backing) {
  const serve = (t: Test, options: LiveServerOptions = {}) => liveServer(t, backing, options)
  const { log } = backing

  t.test('a cursor of any transport resumes exactly after it on any other, also on another replica', async (t) => {
    const [first, second] = [await serve(t), await serve(t, { withoutProjector: true })]
    const written: string[] = []
    for (let n = 0; n < 30; n++) written.push(String(await put(log, 'resume-run')))
    for (const from of names) {
      for (const to of names) {
        const before = await transport(from)(t, first, { ...runOnly('resume-run') })
        t.strictSame(await take(before, 1), ['LIVE'])
        const fresh = [String(await put(log, 'resume-run')), String(await put(log, 'resume-run'))]
        const kept = await before.next()
        before.close()
        t.strictSame(shortly(itemOf(kept)), fresh[0])
        const cursor = itemOf(kept).cursor
        t.equal(kept?.extensions?.cursor, cursor)
        const by = { after: () => ({ ...runOnly('resume-run'), after: cursor }), resume: () => runOnly('resume-run') }
        const after = await transport(to)(t, second, by.after())
        t.strictSame((await take(after, 3)).sort(), [fresh[1], 'LIVE', 'REPLAY'], `${from} to ${to} by after`)
        after.close()
        const resumed = await transport(to)(t, second, by.resume(), { extensions: { resume: cursor } })
        t.strictSame((await take(resumed, 3)).sort(), [fresh[1], 'LIVE', 'REPLAY'], `${from} to ${to} by extensions.resume`)
        resumed.close()
        written.push(...fresh)
      }
    }
    const all = await transport('sse')(t, first, { ...runOnly('resume-run') })
    const start = itemOf(await all.next())
    t.equal(start.phase, 'LIVE')
    all.close()
    await eventually(() => [first, second].every(({ hub, app }) => hub.stats().subscribers === 0 && app.pipeline.active() === 0))
  })

  t.test('of several positions the furthest wins: an EventSource repeats its old address and names its last event', async (t) => {
    const server = await serve(t)
    const reader = await transport('sse')(t, server, runOnly('furthest'))
    await reader.next()
    const written = [String(await put(log, 'furthest')), String(await put(log, 'furthest')), String(await put(log, 'furthest'))]
    const cursors: string[] = []
    for (let n = 0; n < 3; n++) cursors.push(itemOf(await reader.next()).cursor ?? '')
    const address = new URL(`${server.http}/graphql/stream`)
    address.searchParams.set('query', events)
    address.searchParams.set('variables', JSON.stringify({ ...runOnly('furthest'), after: cursors[0] }))
    const stream = await openStream(t, address.href, { headers: { accept: 'text/event-stream', 'last-event-id': cursors[1] ?? '' } })
    t.equal(stream.status, 200)
    t.match(stream.headers, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no', 'cache-control': /no-cache/ })
    t.match(await stream.until('\n\n'), /^retry: \d+\n:/)
    const [phase, event] = [await nextEvent(stream), await nextEvent(stream)]
    t.equal(phase?.event, 'next')
    t.equal(placeOf(phase?.id), placeOf(cursors[1]), 'the phase stands at the later position')
    t.equal(placeOf(event?.id), placeOf(cursors[2]))
    t.match(event?.data, `"sequence":"${written[2]}"`)
  })

  t.test('backlog and live events meet without gap or repeat while events are written', async (t) => {
    const server = await serve(t, { env: { STREAM_RING_EVENTS: '20', STREAM_QUEUE_EVENTS: '5' } })
    const start = await transport('websocket')(t, server, runOnly('seam'))
    const cursor = (await start.next())?.extensions?.cursor
    const written: string[] = []
    const writeMany = async () => {
      for (let n = 0; n < 150; n++) written.push(String(await put(log, `seam-${n % 5}`)))
    }
    await writeMany()
    const writing = writeMany()
    const readers = await Promise.all(names.map((name) => transport(name)(t, server, { ...runOnly('seam'), after: cursor })))
    const read = async (reader: Reader) => {
      const seen: string[] = []
      while (seen.length < 300) {
        const item = itemOf(await reader.next())
        if (item.event !== undefined) seen.push(item.event.sequence)
        if (item.reason !== undefined) throw new Error(item.reason)
      }
      return seen
    }
    const all = await Promise.all(readers.map(read))
    await writing
    for (const seen of all) t.strictSame(seen, written)
  })

  t.test('cursors of another tenant, field or filter and forged ones are refused alike', async (t) => {
    const server = await serve(t)
    const cursorOf = async (variables: Variables, more: { query?: string; tenant?: string } = {}) => {
      const reader = await transport('sse')(t, server, variables, more)
      const cursor = (await reader.next())?.extensions?.cursor ?? ''
      reader.close()
      return cursor
    }
    const own = await cursorOf(runOnly('a'))
    const approvals = 'subscription { approvalUpdated { __typename } }'
    const foreign = {
      tenant: await cursorOf(runOnly('a'), { tenant: 'globex' }),
      field: await cursorOf({}, { query: approvals }),
      filter: await cursorOf(runOnly('b')),
      forged: own.slice(0, -3) + (own.endsWith('AAA') ? 'BBB' : 'AAA'),
      nonsense: 'nonsense',
    }
    const messages = new Set<string | undefined>()
    for (const [what, cursor] of Object.entries(foreign)) {
      for (const name of names) {
        for (const [variables, extensions] of [
          [{ ...runOnly('a'), after: cursor }, {}],
          [runOnly('a'), { resume: cursor }],
        ] as const) {
          const result = await (await transport(name)(t, server, variables, { extensions })).next()
          t.match(result?.errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' }, `${what} over ${name}`)
          messages.add(result?.errors?.[0]?.message)
        }
      }
    }
    t.equal(messages.size, 1)
    t.strictSame(await take(await transport('sse')(t, server, { ...runOnly('a'), after: own }), 1), ['REPLAY'], 'our own is taken')
  })

  t.test('a position that is none is refused over every transport, and never taken for a start with what is new', async (t) => {
    const server = await serve(t)
    for (const resume of [7, ['a'], {}, '', 'nonsense'])
      for (const name of names) {
        const result = await (await transport(name)(t, server, {}, { extensions: { resume } })).next()
        t.match(result?.errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' }, `${JSON.stringify(resume)} over ${name}`)
      }
    const ids = await openStream(t, `${server.http}/graphql`, {
      headers: { accept: 'text/event-stream', 'last-event-id': 'nonsense' },
      body: { query: events },
    })
    t.match((await nextEvent(ids))?.data, /BAD_USER_INPUT/)
  })

  t.test('filters are applied on the server: by run, ritual, text and by what only the read model knows', async (t) => {
    const server = await serve(t)
    const open = async (variables: Variables) => {
      const reader = await transport('websocket')(t, server, variables)
      await reader.next()
      return reader
    }
    const runId = encodeId('Run', ['DEMON', 'acme', 'filters', 'one'])
    const readers = {
      run: await open({ run: runId }),
      ritual: await open({ filter: { ritualId: 'filters' } }),
      text: await open({ filter: { text: 'FILTERS' } }),
      completed: await open({ filter: { ritualId: 'filters', statuses: ['COMPLETED'] } }),
      awaiting: await open({ filter: { ritualId: 'filters', awaitingGate: 'go' } }),
      other: await open({ filter: { ritualId: 'filters', systems: ['SUMMIT'] } }),
    }
    const event = (event: string, runId: string, more: object = {}) => write(log, { event, ritualId: 'filters', runId, ...more })
    await event('ritual.started:v1', 'one', { spec: {} })
    await server.projected(await event('ritual.started:v1', 'two', { spec: {} }))
    await server.projected(await event('approval.requested:v1', 'two', { gateId: 'go', requester: 'dana', reason: 'why' }))
    await write(log, { event: 'ritual.started:v1', ritualId: 'else', runId: 'one' })
    await write(log, { event: 'ritual.started:v1', ritualId: 'filters', runId: 'one', tenantId: 'globex' })
    await write(log, { event: 'ritual.started:v1', ritualId: 'filters', runId: 'legacy-one', legacy: true })
    const last = String(await event('ritual.completed:v1', 'one', { outputs: {} }))
    const types = async (reader: Reader, count: number) => {
      const found: string[] = []
      for (let left = count; left > 0; left--) found.push(itemOf(await reader.next()).event?.type ?? '')
      return found
    }
    t.strictSame(await types(readers.run, 2), ['ritual.started:v1', 'ritual.completed:v1'])
    t.strictSame(await types(readers.ritual, 4), ['ritual.started:v1', 'ritual.started:v1', 'approval.requested:v1', 'ritual.completed:v1'])
    t.strictSame((await types(readers.text, 4)).length, 4)
    t.strictSame(await take(readers.completed, 1), [last])
    // a run is judged as it is when the event is delivered: a start that comes late finds the gate open already
    const [first] = await types(readers.awaiting, 1)
    t.equal(first === 'ritual.started:v1' ? (await types(readers.awaiting, 1))[0] : first, 'approval.requested:v1')
    const legacy = await transport('websocket')(t, server, { filter: { ritualId: 'filters' } }, { tenant: 'default' })
    await legacy.next()
    await write(log, { event: 'ritual.started:v1', ritualId: 'filters', runId: 'legacy-two', legacy: true })
    t.strictSame(await types(legacy, 1), ['ritual.started:v1'], 'events without a tenant belong to `default`')
  })

  t.test('gates are shown after each of their events, as the read model then shows them', async (t) => {
    const server = await serve(t)
    const query =
      'subscription ($filter: ApprovalFilter) { approvalUpdated(filter: $filter) { __typename ... on ApprovalItem { cursor approval { gateId state decision { kind } } } ... on StreamPhase { phase } } }'
    const open = async (filter: object) => {
      const reader = await transport('sse')(t, server, { filter }, { query })
      t.match(itemOf(await reader.next()), { phase: 'LIVE' })
      return reader
    }
    const [all, granted] = [await open({ ritualId: 'gates' }), await open({ ritualId: 'gates', states: ['GRANTED'] })]
    const event = (event: string, gateId: string, more: object) => write(log, { event, ritualId: 'gates', runId: 'run', gateId, ...more })
    await event('approval.requested:v1', 'one', { requester: 'dana', reason: 'why' })
    t.match(itemOf(await all.next()), { approval: { gateId: 'one', state: 'PENDING' } })
    await event('approval.denied:v1', 'one', { approver: 'lee', reason: 'no' })
    t.match(itemOf(await all.next()), { approval: { gateId: 'one', state: 'DENIED', decision: { kind: 'DENY' } } })
    await event('approval.granted:v1', 'two', { approver: 'lee', note: null })
    t.match(itemOf(await all.next()), { approval: { gateId: 'two', state: 'GRANTED' } })
    t.match(itemOf(await granted.next()), { approval: { gateId: 'two' } })
  })

  t.test('a run is shown as it is now, then whenever it changes', async (t) => {
    const server = await serve(t)
    const query = 'subscription ($run: ID, $filter: RunFilter) { runUpdated(run: $run, filter: $filter) { runId status } }'
    const event = (event: string, more: object = {}) => write(log, { event, ritualId: 'updates', runId: 'run', ...more })
    await event('ritual.started:v1', { spec: {} })
    const run = encodeId('Run', ['DEMON', 'acme', 'updates', 'run'])
    for (const name of names) {
      const reader = await transport(name)(t, server, { run }, { query })
      t.match(itemOf(await reader.next()), { runId: 'run', status: name === names[0] ? 'RUNNING' : 'COMPLETED' }, name)
      if (name === names[0]) {
        await event('approval.requested:v1', { gateId: 'go', requester: 'dana', reason: 'why' })
        t.match(itemOf(await reader.next()), { status: 'AWAITING_APPROVAL' })
        const byFilter = await transport('sse')(t, server, { filter: { ritualId: 'updates', statuses: ['COMPLETED'] } }, { query })
        await event('approval.granted:v1', { gateId: 'go', approver: 'lee', note: null })
        await eventually(async () => itemOf(await reader.next()).event === undefined)
        await event('ritual.completed:v1', { outputs: {} })
        for (;;) if (JSON.stringify(itemOf(await reader.next())).includes('COMPLETED')) break
        t.match(itemOf(await byFilter.next()), { runId: 'run', status: 'COMPLETED' })
        byFilter.close()
      }
      reader.close()
    }
    const foreign = await transport('sse')(t, server, { run: encodeId('Run', ['DEMON', 'globex', 'updates', 'run']) }, { query })
    t.match((await foreign.next())?.errors?.[0]?.extensions, { code: 'NOT_FOUND' })
  })

  t.test('the stock clients resume through a restart with the helper: nothing is lost, nothing comes twice', async (t) => {
    const first = await serve(t)
    const second = await serve(t, { withoutProjector: true })
    let current = first
    const fast = { retryAttempts: 100 }
    const wait = () => new Promise<void>((go) => setTimeout(go, 20))
    const ws = createWsClient({ ...fast, url: () => current.ws, webSocketImpl: WebSocket, retryWait: wait })
    const sse = createSseClient({ ...fast, url: () => `${current.http}/graphql/stream`, retry: wait })
    t.teardown(() => ws.dispose())
    t.teardown(() => sse.dispose())
    const kept: string[] = []
    const request = { query: events, variables: { filter: { runIdContains: 'stock' } } }
    const streams = [
      iterateResuming<Result>(ws, request),
      iterateResuming<Result>(sse, request, { onCursor: (cursor) => kept.push(cursor) }),
    ]
    const seen: string[][] = [[], []]
    const read = async (index: number, count: number) => {
      while ((seen[index]?.length ?? 0) < count) {
        const step = await streams[index]?.next()
        const item = itemOf(step?.done === true ? null : (step?.value ?? null))
        if (item.event !== undefined) seen[index]?.push(item.event.sequence)
      }
    }
    for (const stream of streams) await stream.next()
    const written: string[] = []
    for (let n = 0; n < 10; n++) written.push(String(await put(log, 'stock')))
    await Promise.all([read(0, 10), read(1, 10)])
    current = second
    const closing = first.close()
    for (let n = 0; n < 10; n++) written.push(String(await put(log, 'stock')))
    await closing
    await Promise.all([read(0, 20), read(1, 20)])
    t.strictSame(seen[0], written)
    t.strictSame(seen[1], written)
    t.ok(kept.length >= 21, 'every position was told')
    for (const stream of streams) await stream.return?.()
    await eventually(() => second.hub.stats().subscribers === 0)
  })

  t.test('one stream can carry several operations', async (t) => {
    const server = await serve(t)
    const client = createSseClient({ url: `${server.http}/graphql/stream`, singleConnection: true, lazy: true })
    const request = (run: string) => ({ query: events, variables: { filter: { runIdContains: run } } })
    const [one, two] = [iterateResuming<Result>(client, request('single-one')), iterateResuming<Result>(client, request('single-two'))]
    for (const stream of [one, two]) t.match((await stream.next()).value?.data, { runEvents: { phase: 'LIVE' } })
    await put(log, 'single-one')
    await put(log, 'single-two')
    for (const stream of [one, two]) t.match((await stream.next()).value?.data, { runEvents: { event: { type: 'test.event:v1' } } })
    await one.return?.()
    await put(log, 'single-two')
    t.match((await two.next()).value?.data, { runEvents: { event: { type: 'test.event:v1' } } })
    await two.return?.()
    client.dispose()
    await eventually(() => server.hub.stats().subscribers === 0)

    const url = `${server.http}/graphql/stream`
    const status = async (method: string, headers: Record<string, string>, body?: object, query = '') => {
      const stream = await openStream(t, `${url}${query}`, { method, headers, ...(body === undefined ? {} : { body }) })
      stream.close()
      return stream.status
    }
    const made = await fetch(url, { method: 'PUT' })
    t.equal(made.status, 201)
    const token = { 'x-graphql-event-stream-token': await made.text() }
    t.equal(await status('GET', { 'x-graphql-event-stream-token': 'nonsense', accept: 'text/event-stream' }), 404)
    t.equal(await status('POST', token, { query: events }), 400, 'no operationId')
    t.equal(await status('POST', token, { query: events, extensions: { operationId: 'a' } }), 202)
    t.equal(await status('POST', token, { query: events, extensions: { operationId: 'a' } }), 409)
    t.equal(await status('DELETE', token, undefined, '?operationId=a'), 200)
    t.equal(
      await status('POST', token, { query: 'subscription { nope }', extensions: { operationId: 'b' } }),
      202,
      'refusals come through the stream',
    )
    const stream = await openStream(t, url, { headers: { ...token, accept: 'text/event-stream' } })
    t.match(await nextEvent(stream), { event: 'next', data: /"id":"b".*GRAPHQL_VALIDATION_FAILED/ })
    t.match(await nextEvent(stream), { event: 'complete', data: '{"id":"b"}' })
    t.equal(await status('GET', { ...token, accept: 'text/event-stream' }), 409, 'one reader a stream')
    stream.close()
  })

  t.test('queries, refusals and mutations over streams: one result, then the end; GET runs no mutation', async (t) => {
    const server = await serve(t)
    const run = async (query: string, method: 'GET' | 'POST') => {
      const address = new URL(`${server.http}/graphql/stream`)
      if (method === 'GET') address.searchParams.set('query', query)
      const stream = await openStream(t, address.href, {
        method,
        headers: { accept: 'text/event-stream' },
        ...(method === 'POST' ? { body: { query } } : {}),
      })
      t.equal(stream.status, 200)
      const [first, second] = [await nextEvent(stream), await nextEvent(stream)]
      t.equal(second?.event, 'complete')
      return JSON.parse(first?.data ?? '') as Result
    }
    t.match(await run('{ viewer { tenantId } }', 'GET'), { data: { viewer: { tenantId: 'acme' } } })
    t.match(await run('subscription { nope }', 'POST'), { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
    const start = 'mutation { startRun(input: { ritualId: "r", runId: "over-get" }) { __typename } }'
    t.match(await run(start, 'GET'), { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    const refused = await openStream(t, `${server.http}/graphql/stream`, { headers: { accept: 'application/json' } })
    t.equal(refused.status, 406)
  })

  t.test('a server that stops ends streams of events without `complete`, after the word when to come back', async (t) => {
    const server = await serve(t)
    const stream = await openStream(t, `${server.http}/graphql`, { headers: { accept: 'text/event-stream' }, body: { query: events } })
    await nextEvent(stream)
    const closing = server.close()
    t.match(await stream.until('\n\n'), /^retry: \d+/)
    t.equal(await stream.until('complete'), null)
    await closing
  })
}

async function onLostEvents(t: Test, backing: Backing) {
  const open = async (t: Test) => {
    const log = memoryLog()
    const server = await liveServer(t, backing, { log, withoutProjector: true })
    for (let n = 0; n < 20; n++) log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.event:v1' })
    const reader = await transport('websocket')(t, server, {})
    const cursor = (await reader.next())?.extensions?.cursor
    return { log, server, cursor, reader }
  }

  t.test('a position that is no longer held is a gap over every transport, and its cursor goes on behind it', async (t) => {
    const { log, server, cursor } = await open(t)
    for (let n = 0; n < 20; n++) log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.event:v1' })
    await eventually(() => server.hub.stats().ringEvents === 20)
    log.purge(31n)
    const fresh = await liveServer(t, backing, { log, withoutProjector: true })
    for (const name of names) {
      const reader = await transport(name)(t, fresh, { after: cursor })
      t.strictSame(await take(reader, 1), ['REPLAY'])
      const gap = itemOf(await reader.next())
      t.match(gap, { __typename: 'StreamGap', from: '21', to: '30', reason: 'EXPIRED' })
      t.strictSame(await take(reader, 2), ['31', '32'])
      const behind = await transport(name)(t, fresh, { after: gap.cursor })
      t.strictSame(await take(behind, 2), ['REPLAY', '31'])
      const strict = await transport(name)(t, fresh, { after: cursor, strict: true })
      await strict.next()
      const last = await strict.next()
      t.match(last?.errors?.[0]?.extensions, { code: 'CURSOR_EXPIRED', reason: 'EXPIRED' }, name)
      t.notOk(last?.data)
    }
    const ring = await transport('sse')(t, server, { after: cursor })
    t.strictSame(await take(ring, 2), ['REPLAY', '21'], 'what a process still remembers is no gap')
  })

  t.test('a replaced stream is said to be one, to live readers and to old cursors', async (t) => {
    const { log, server, cursor, reader } = await open(t)
    log.replace()
    t.match(itemOf(await reader.next()), { __typename: 'StreamGap', reason: 'SOURCE_RESET' })
    log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.event:v1' })
    t.strictSame(await take(reader, 1), ['1'])
    const old = await transport('sse')(t, server, { after: cursor })
    t.match(itemOf(await old.next()), { reason: 'SOURCE_RESET' })
    const strict = await transport('sse')(t, server, { after: cursor, strict: true })
    t.match((await strict.next())?.errors?.[0]?.extensions, { code: 'CURSOR_EXPIRED', reason: 'SOURCE_RESET' })
  })

  t.test('while the log is down streams wait with their heartbeats, then go on', async (t) => {
    const { log, reader } = await open(t)
    log.setDown(true)
    const waiting = take(reader, 2)
    log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.event:v1' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    log.put('demon.ritual.v1.acme.r.run.events', { event: 'test.event:v1' })
    log.setDown(false)
    t.strictSame(await waiting, ['21', '22'])
  })
}

t.test('connections', async (t) => {
  const viewer = {
    actorId: 'a',
    kind: 'USER',
    displayName: null,
    tenantId: 'acme',
    tenants: ['acme'],
    roles: ['viewer'],
    scopes: scopesOf(['viewer']),
    expiresAtSeconds: null,
    authenticated: true,
  } as const
  const schema = buildSchema()

  /** Answers subscriptions with endless results of 10 kB, queries when told to. */
  const endless = () => {
    const counts = { pulled: 0, open: 0 }
    let answer: (() => void) | null = null
    const pipeline: Pipeline = {
      async prepare({ query }, origin) {
        const document = {
          kind: 'Document',
          definitions: [
            {
              kind: 'OperationDefinition',
              operation: query?.startsWith('{') ? 'query' : 'subscription',
              selectionSet: { kind: 'SelectionSet', selections: [] },
            },
          ],
        } as never
        return {
          kind: 'READY',
          operation: {
            document,
            text: '',
            name: null,
            type: query?.startsWith('{') ? 'query' : 'subscription',
            variables: {},
            extensions: {},
            estimatedCost: 0,
            origin,
          },
        } as never
      },
      execute: () => new Promise((resolve) => (answer = () => resolve({ data: { done: true } }))),
      async subscribe() {
        counts.open++
        return settlingIterator<ExecutionResult>(
          async () => {
            counts.pulled++
            return { done: false, value: { data: { text: 'x'.repeat(10_000), n: counts.pulled } } }
          },
          () => counts.open--,
        )
      },
      charge: async () => undefined,
      active: () => counts.open,
    }
    return { pipeline, counts, answer: () => answer?.() }
  }

  const serve = async (t: Test, timing: object) => {
    const app = Fastify({ forceCloseConnections: true })
    const backend = endless()
    const sockets = registerWebsocket(app, {
      pipeline: backend.pipeline,
      schema,
      authenticate: async () => viewer,
      config: readConfig({ MAX_BODY_BYTES: '10000', MAX_SUBSCRIPTIONS_PER_CONNECTION: '10', DRAIN_TIMEOUT_MS: '3000' }),
      clock: systemClock,
      timing,
    })
    const responder = createStreamResponder(backend.pipeline, timing)
    app.get('/stream', async (request, reply) =>
      responder.respond('sse', request, reply, await backend.pipeline.prepare({ query: 'subscription' }, {} as never)),
    )
    await app.listen({ host: '127.0.0.1', port: 0 })
    t.teardown(() => app.close())
    const { port } = app.server.address() as { port: number }
    return { app, sockets, responder, port, ...backend, ws: `ws://127.0.0.1:${port}/graphql` }
  }

  t.test('who leaves full buffers unread is sent away with 1013; nothing is pulled for them meanwhile', async (t) => {
    const { ws, counts, sockets, port, responder } = await serve(t, { stallMs: 300 })
    const peer = await readyPeer(t, ws)
    peer.send({ id: 's', type: 'subscribe', payload: { query: 'subscription' } })
    await peer.next()
    peer.socket.pause()
    await eventually(() => sockets.stats().slow === 1)
    const pulled = counts.pulled
    peer.socket.resume()
    t.equal((await peer.closed).code, 1013)
    t.equal(counts.pulled, pulled)
    await eventually(() => counts.open === 0)
    const stream = await openStream(t, `http://127.0.0.1:${port}/stream`)
    stream.response.pause()
    await eventually(() => responder.stats().slow === 1)
    await eventually(() => counts.open === 0)
    t.equal(responder.stats().streams, 0)
  })

  t.test('who does not answer a ping is cut off; who does stays', async (t) => {
    const { ws, sockets } = await serve(t, { pingMs: 1_500 })
    const [dead, alive] = [await readyPeer(t, ws), await readyPeer(t, ws)]
    let pings = 0
    alive.socket.on('ping', () => (pings += 1))
    dead.socket.pong = () => undefined
    Object.assign(dead.socket, { _autoPong: false })
    await dead.closed
    const before = pings
    await eventually(() => pings > before + 1)
    t.equal(alive.socket.readyState, WebSocket.OPEN)
    t.equal(sockets.stats().connections, 1)
  })

  t.test('a server that stops lets a query finish, and takes no new connection', async (t) => {
    const { app, ws, answer, sockets } = await serve(t, {})
    const peer = await readyPeer(t, ws)
    peer.send({ id: 'q', type: 'subscribe', payload: { query: '{ q }' } })
    await eventually(() => sockets.stats().operations === 1)
    const closing = app.close()
    await t.rejects(readyPeer(t, ws))
    answer()
    t.match(await peer.next(), { id: 'q', type: 'next', payload: { data: { done: true } } })
    t.equal((await peer.closed).code, 1012)
    await closing
  })
})

t.test('states that a newer one took the place of are counted by field', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  // nothing is shown, so that everything waits behind the first state
  const server = await liveServer(t, backing, { withoutProjector: true })
  const reader = await openStream(t, `${server.http}/graphql`, {
    headers: { accept: 'text/event-stream' },
    body: { query: 'subscription { runUpdated(filter: { ritualId: "coalesced" }) { status } }' },
  })
  await eventually(() => server.hub.stats().consumers === 1)
  const coalesced = () => server.hub.stats().slow.runUpdated.coalesced
  await eventually(async () => {
    await write(backing.log, { event: 'test.event:v1', ritualId: 'coalesced', runId: 'run' })
    return coalesced() >= 5
  })
  t.equal(server.hub.stats().slow.runEvents.coalesced, 0)
  const metrics = createMetrics()
  addStoreMetrics(metrics.registry, { sources: server.dataSources.sources, hub: server.hub, active: () => 0, version: 'test' })
  t.match(await metrics.registry.metrics(), /orrery_live_coalesced_total\{field="runUpdated"\} [1-9]/)
  reader.close()
})

t.test("an event that is nested too deeply to be written as JSON again is shown as its text, and stands in nobody's way", async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing)
  const query = 'subscription {runEvents {... on RunEventItem {event {raw}}}}'
  const stream = await openStream(t, `${server.http}/graphql`, { headers: { accept: 'text/event-stream' }, body: { query } })
  await nextEvent(stream)
  const text = (runId: string, levels: number): string =>
    `{"event":"ritual.completed:v1","ts":"2026-01-31T08:00:00Z","tenantId":"acme","ritualId":"r","runId":"${runId}","outputs":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`
  for (const [runId, levels] of [
    ['deep', 100_000],
    ['deep', 3000],
    ['flat', 3],
  ] as const) {
    const { sequence } = await server.log.append(`demon.ritual.v1.acme.r.${runId}.events`, Buffer.from(text(runId, levels)))
    const raw = levels > 1000 ? text(runId, levels) : (JSON.parse(text(runId, levels)) as object)
    t.match(JSON.parse((await nextEvent(stream))?.data ?? 'null'), { data: { runEvents: { event: { raw } } } }, `${levels} levels`)
    await server.projected(sequence)
  }
  const page = '{runs(first: 5) {nodes {runId outputs events(first: 5) {nodes {raw}}}}}'
  const answer = (await (await fetch(`${server.http}/graphql?query=${encodeURIComponent(page)}`)).json()) as ExecutionResult
  t.equal(answer.errors, undefined)
  const shown = JSON.stringify(answer.data).length
  t.ok(shown > 200_000, `both texts are there, in ${shown} characters`)
})
