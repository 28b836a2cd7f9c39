import t, { type Test } from 'tap'
import { announcementMessage, type Announcement } from '../src/domain-events/announcement.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { encodeId } from '../src/ids.ts'
import { formatNanos, systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { nextEvent, openStream } from './support/event-stream.ts'
import { type Backing, backings, liveServer, type LiveServer, type LiveServerOptions, write } from './support/live-server.ts'
import { memoryLog } from './support/memory-log.ts'

t.setTimeout(110_000)

const fields = `__typename sequence type tenantId system cursor ... on GenericEvent { domain severity labels raw } ... on RunEvent { run { ritualId runId status } }`
const query = (selection = fields): string => /* GraphQL */ `
  subscription ($filter: EventFilter, $after: Cursor, $strict: Boolean) {
    events(filter: $filter, after: $after, strict: $strict) {
      __typename
      ... on EventItem { cursor event { ${selection} } }
      ... on StreamGap { cursor from to reason }
      ... on StreamPhase { cursor phase }
    }
  }
`
const plain = query('__typename id type sequence')
const page = /* GraphQL */ `
  query ($filter: EventFilter, $around: DateTime, $first: Int, $after: String, $last: Int, $before: String) {
    timeline(filter: $filter, around: $around, first: $first, after: $after, last: $last, before: $before) {
      edges {
        cursor
        node {
          __typename
          id
          type
          sequence
          recordedAt
        }
      }
      nodes {
        id
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`

interface Node {
  readonly __typename: string
  readonly id: string
  readonly type: string
  readonly sequence: string
  readonly recordedAt: string
}
interface Item {
  readonly __typename: string
  readonly cursor: string
  readonly event?: Node & Record<string, unknown>
  readonly phase?: string
  readonly from?: string
  readonly to?: string
  readonly reason?: string
}
interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string
    readonly endCursor: string
  }
}
type Errors = readonly { readonly message: string; readonly extensions: Record<string, unknown> }[]

async function ask(server: LiveServer, variables: object, text = page): Promise<{ data?: { timeline: Page }; errors?: Errors }> {
  const response = await fetch(`${server.http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables }),
  })
  return (await response.json()) as { data?: { timeline: Page }; errors?: Errors }
}

async function timeline(server: LiveServer, variables: object): Promise<Page> {
  const { data, errors } = await ask(server, variables)
  if (data === undefined || data === null) throw new Error(JSON.stringify(errors))
  return data.timeline
}

/** A subscription over SSE, item by item. */
async function subscribe(t: Test, server: LiveServer, variables: object, text = plain) {
  const stream = await openStream(t, `${server.http}/graphql`, {
    headers: { accept: 'text/event-stream' },
    body: { query: text, variables },
  })
  return {
    async next(): Promise<Item> {
      const event = await nextEvent(stream)
      const result = JSON.parse(event?.data ?? 'null') as { data?: { events: Item } | null; errors?: Errors } | null
      if (result?.data == null) throw new Error(JSON.stringify(result))
      return result.data.events
    },
    async error(): Promise<Record<string, unknown> | undefined> {
      const event = await nextEvent(stream)
      return (JSON.parse(event?.data ?? 'null') as { errors?: Errors } | null)?.errors?.[0]?.extensions
    },
    async events(count: number): Promise<Item[]> {
      const found: Item[] = []
      while (found.length < count) {
        const item = await this.next()
        if (item.event !== undefined) found.push(item)
        else if (item.__typename === 'StreamGap') throw new Error(JSON.stringify(item))
      }
      return found
    },
    close: () => stream.close(),
  }
}

let made = 0
/** Facts of all kinds, in tenants of their own. */
function writers(log: EventLog, tenantId: string) {
  const announce = async (more: Partial<Announcement> & Pick<Announcement, 'domain' | 'type'>): Promise<bigint> => {
    const { subject, payload } = announcementMessage({ tenantId, at: systemClock.now(), data: { n: made++ }, ...more })
    return (await log.append(subject, payload)).sequence
  }
  const run = (event: string, ritualId: string, runId: string, more: object = {}) =>
    write(log, { event, ritualId, runId, tenantId, ...more })
  const hint = async (): Promise<bigint> => {
    const payload = { event: 'agent.scale.hint:v1', recommendation: 'scale_up', ts: formatNanos(systemClock.now()) }
    return (await log.append(`demon.scale.v1.${tenantId}.hints`, Buffer.from(JSON.stringify(payload)))).sequence
  }
  return { announce, run, hint }
}

const idsOf = (items: readonly Item[]): string[] => items.map(({ event }) => event?.id ?? '')

t.test('events of all domains', async (t) => {
  for (const backing of await backings(t)) t.test(`on the ${backing.name} log`, (t) => onLog(t, backing))
})

async function onLog(t: Test, backing: Backing) {
  const { log } = backing
  const serve = (t: Test, tenant: string, options: LiveServerOptions = {}) =>
    liveServer(t, backing, { ...options, env: { DEFAULT_TENANT: tenant, ...options.env } })
  const settled = async (server: LiveServer, count: number) =>
    eventually(async () => (await timeline(server, { first: 100 })).edges.length === count)

  t.test('one subscription shows every domain, each event in its own shape', async (t) => {
    const server = await serve(t, 'shapes')
    const { announce, run, hint } = writers(log, 'shapes')
    const stream = await subscribe(t, server, {}, query())
    t.match(await stream.next(), { __typename: 'StreamPhase', phase: 'LIVE' })
    await run('ritual.started:v1', 'deploy', 'r1', { spec: {} })
    t.match((await stream.next()).event, {
      __typename: 'RunEvent',
      type: 'ritual.started:v1',
      run: { ritualId: 'deploy', runId: 'r1', status: 'RUNNING' },
    })
    const refs = { run: encodeId('Run', ['DEMON', 'shapes', 'deploy', 'r1']) }
    await announce({ domain: 'STORAGE', type: 'record.appended:v1', severity: 'WARNING', labels: ['class=PHI'], refs, system: 'CRATON' })
    const item = await stream.next()
    t.match(item.event, {
      ...{ __typename: 'GenericEvent', type: 'record.appended:v1', tenantId: 'shapes', system: 'CRATON', domain: 'STORAGE' },
      ...{ severity: 'WARNING', labels: ['class=PHI'], raw: { data: {} } },
    })
    await hint()
    t.match((await stream.next()).event, { __typename: 'GenericEvent', domain: 'SYSTEM', type: 'agent.scale.hint:v1' })
    await writers(log, 'elsewhere').announce({ domain: 'SLO', type: 'slo.changed:v1' })
    await announce({ domain: 'SLO', type: 'slo.changed:v1' })
    t.match((await stream.next()).event, { tenantId: 'shapes', domain: 'SLO' }, 'nothing of another tenant')
    stream.close()
    await settled(server, 4)
    const { edges } = await timeline(server, {})
    const answer = await ask(
      server,
      { ids: edges.map(({ node }) => node.id) },
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
    )
    t.strictSame(
      (answer.data as unknown as { nodes: Node[] }).nodes.map(({ id }) => id),
      edges.map(({ node }) => node.id),
    )
    await eventually(() => server.hub.stats().subscribers === 0 && server.hub.stats().filters === 0)
  })

  t.test('filters are one language for the stream and for history', async (t) => {
    const server = await serve(t, 'filters')
    const { announce, run } = writers(log, 'filters')
    const stream = await subscribe(t, server, {})
    await stream.next()
    await run('ritual.started:v1', 'deploy', 'r1', { spec: { note: 'Canary' } })
    await run('ritual.started:v1', 'backup', 'r2', { spec: {}, labels: { team: 'core' } })
    await run('approval.requested:v1', 'deploy', 'r1', { gateId: 'go', requester: 'dana', reason: 'x' })
    await run('approval.denied:v1', 'deploy', 'r1', { gateId: 'go', approver: 'kim', reason: 'no' })
    await run('ritual.failed:v1', 'backup', 'r2', { error: 'disk' })
    const runRef = encodeId('Run', ['DEMON', 'filters', 'deploy', 'r1'])
    await announce({ domain: 'STORAGE', type: 'record.appended:v1', labels: ['class=PHI'], refs: { run: runRef } })
    await announce({ domain: 'SLO', type: 'slo.status:v1', severity: 'CRITICAL' })
    const all = await stream.events(7)
    await settled(server, 7)
    const cases: [object, number[]][] = [
      [{}, [0, 1, 2, 3, 4, 5, 6]],
      [{ types: ['ritual.started:v1', 'slo.status:v1'] }, [0, 1, 6]],
      [{ domains: ['APPROVALS'] }, [2, 3]],
      [{ domains: ['RUNS'] }, [0, 1, 4]],
      [{ domains: ['STORAGE', 'SLO'] }, [5, 6]],
      [{ runId: runRef }, [0, 2, 3, 5]],
      [{ labels: ['team=core', 'class=PHI'] }, [1, 5]],
      [{ severityAtLeast: 'WARNING' }, [3, 4, 6]],
      [{ text: 'canary' }, [0]],
      [{ any: [{ text: 'canary' }, { severityAtLeast: 'ERROR' }] }, [0, 4, 6]],
      [{ all: [{ domains: ['RUNS', 'APPROVALS'] }, { not: { labels: ['ritual=deploy'] } }] }, [1, 4]],
      [{ not: { any: [{ domains: ['RUNS'] }, { domains: ['APPROVALS'] }] } }, [5, 6]],
      [{ runId: runRef, types: ['ritual.started:v1'] }, [0]],
      [{ runId: encodeId('Run', ['DEMON', 'elsewhere', 'deploy', 'r1']) }, []],
    ]
    for (const [filter, expected] of cases) {
      const wanted = expected.map((n) => all[n]?.event?.id)
      t.strictSame(
        (await timeline(server, { filter })).edges.map(({ node }) => node.id),
        wanted,
        `history: ${JSON.stringify(filter)}`,
      )
      const none = await timeline(server, { filter, first: 1 })
      const replayed = await subscribe(t, server, { filter, after: none.edges[0]?.cursor })
      t.strictSame(idsOf(await replayed.events(Math.max(0, expected.length - 1))), wanted.slice(1), `stream: ${JSON.stringify(filter)}`)
      replayed.close()
    }
    for (const filter of [{ runId: 'x' }, { graphId: runRef }])
      t.match((await ask(server, { filter })).errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' })
    t.match(await (await subscribe(t, server, { filter: { runId: 'x' } })).error(), { code: 'BAD_USER_INPUT' })
  })

  t.test('pages forward, backward and around a moment meet without gap or repeat, and go on as a stream', async (t) => {
    const server = await serve(t, 'pages')
    const { announce, run } = writers(log, 'pages')
    const stream = await subscribe(t, server, {})
    await stream.next()
    for (let n = 0; n < 30; n++)
      await (n % 3 === 0 ? announce({ domain: 'SLO', type: 'slo.status:v1' }) : run('test.event:v1', 'r', `r${n % 4}`))
    const all = idsOf(await stream.events(30)).sort()
    await settled(server, 30)
    const walk = async (forward: boolean, size: number): Promise<string[]> => {
      const found: string[] = []
      let cursor: string | null = null
      for (let turns = 0; turns < 100; turns++) {
        const variables: object = forward ? { first: size, after: cursor } : { last: size, before: cursor }
        const { edges, pageInfo } = await timeline(server, variables)
        const ids = edges.map(({ node }) => node.id)
        found.splice(forward ? found.length : 0, 0, ...ids)
        t.equal(forward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage, cursor !== null)
        if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break
        cursor = forward ? pageInfo.endCursor : pageInfo.startCursor
      }
      return found
    }
    const forward = await walk(true, 7)
    t.strictSame(await walk(false, 7), forward)
    t.strictSame(await walk(true, 1), forward)
    t.strictSame([...forward].sort(), all)
    const { edges } = await timeline(server, { first: 100 })
    t.strictSame(
      edges.map(({ node }) => node.recordedAt),
      edges.map(({ node }) => node.recordedAt).sort(),
      'by the time at which it was stored',
    )

    const moment = edges[12]?.node.recordedAt
    const ids = (found: Page): string[] => found.edges.map(({ node }) => node.id)
    t.strictSame(ids(await timeline(server, { around: moment })), forward.slice(2, 22), 'ten before and ten from it on')
    t.strictSame(ids(await timeline(server, { around: moment, first: 3 })), forward.slice(12, 15))
    t.strictSame(ids(await timeline(server, { around: moment, last: 3 })), forward.slice(9, 12))
    t.strictSame(ids(await timeline(server, { around: moment, last: 2, first: 1 })), forward.slice(10, 13))
    const after = await timeline(server, { around: moment, last: 3, first: 3 })
    t.strictSame(ids(await timeline(server, { after: after.pageInfo.endCursor, first: 2 })), forward.slice(15, 17))
    t.strictSame(ids(await timeline(server, { before: after.pageInfo.startCursor, last: 2 })), forward.slice(7, 9))
    t.match((await ask(server, { around: moment, after: after.pageInfo.endCursor })).errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' })

    const fifth = edges[4]?.cursor
    const replica = await serve(t, 'pages', { withoutProjector: true })
    for (const one of [server, replica]) {
      const resumed = await subscribe(t, one, { after: fifth })
      t.strictSame(idsOf(await resumed.events(25)), forward.slice(5), 'a page goes on as a stream, on any replica')
      resumed.close()
    }
    const newest = await timeline(server, { last: 1 })
    const follow = await subscribe(t, server, { after: newest.pageInfo.endCursor })
    const fresh = [await announce({ domain: 'SLO', type: 'slo.status:v1' }), await run('test.event:v1', 'r', 'r9')]
    t.strictSame(
      (await follow.events(2)).map(({ event }) => event?.sequence).sort(),
      fresh.map(String).sort(),
      'nothing between page and stream',
    )
  })

  t.test('an event that is stored late comes late, and is in no page before', async (t) => {
    const server = await serve(t, 'late')
    const { announce, run } = writers(log, 'late')
    await run('test.event:v1', 'r', 'one')
    await settled(server, 1)
    const before = await timeline(server, { last: 10 })
    const hourAgo = formatNanos(systemClock.now() - 3_600_000_000_000n)
    await announce({ domain: 'SLO', type: 'slo.status:v1', at: systemClock.now() - 3_600_000_000_000n })
    await run('test.event:v1', 'r', 'two')
    await settled(server, 3)
    const late = await timeline(server, { after: before.pageInfo.endCursor })
    t.strictSame(late.edges.map(({ node }) => node.type).sort(), ['slo.status:v1', 'test.event:v1'], 'its own time does not move it')
    t.strictSame((await timeline(server, { around: hourAgo, last: 10 })).edges, [])
    const stream = await subscribe(t, server, { after: before.pageInfo.endCursor })
    t.strictSame((await stream.events(2)).map(({ event }) => event?.type).sort(), ['slo.status:v1', 'test.event:v1'])
  })

  t.test('a stream over several logs resumes exactly, from any event, while all of them are written', async (t) => {
    const server = await serve(t, 'resume', { env: { STREAM_RING_EVENTS: '30', STREAM_QUEUE_EVENTS: '10' } })
    const { announce, run } = writers(log, 'resume')
    const first = await subscribe(t, server, {})
    const start = (await first.next()).cursor
    first.close()
    const total = 240
    const writing = (async () => {
      for (let n = 0; n < total; n++)
        await (n % 4 === 0 ? announce({ domain: 'SLO', type: 'slo.status:v1' }) : run('test.event:v1', 'r', `r${n % 5}`))
    })()
    const seen: string[] = []
    let cursor = start
    while (seen.length < total) {
      const reader = await subscribe(t, server, { after: cursor })
      const part = await reader.events(Math.min(37, total - seen.length))
      seen.push(...idsOf(part))
      cursor = part.at(-1)?.cursor ?? cursor
      reader.close()
    }
    await writing
    t.equal(new Set(seen).size, total, 'nothing twice, nothing lost')
    const perStream = new Map<string, bigint[]>()
    const whole = await subscribe(t, server, { after: start })
    const again = await whole.events(total)
    t.strictSame(idsOf(again).sort(), [...seen].sort())
    for (const { event } of again) {
      const name = event?.__typename ?? ''
      perStream.set(name, [...(perStream.get(name) ?? []), BigInt(event?.sequence ?? 0)])
    }
    for (const sequences of perStream.values())
      t.ok(
        sequences.every((n, at) => at === 0 || n > (sequences[at - 1] ?? n)),
        'each log in its order',
      )
  })

  t.test('cursors of another filter, tenant or field are refused; a position of a mutation is taken', async (t) => {
    const server = await serve(t, 'foreign')
    const { run } = writers(log, 'foreign')
    const stream = await subscribe(t, server, { filter: { domains: ['RUNS'] } })
    const { cursor } = await stream.next()
    const refused = async (variables: object) => (await subscribe(t, server, variables)).error()
    t.match(await refused({ after: cursor }), { code: 'BAD_USER_INPUT' }, 'filter')
    t.match((await ask(server, { after: cursor })).errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' })
    const elsewhere = await serve(t, 'foreign2', { withoutProjector: true })
    t.match(
      await (await subscribe(t, elsewhere, { after: cursor, filter: { domains: ['RUNS'] } })).error(),
      { code: 'BAD_USER_INPUT' },
      'tenant',
    )
    const runs = await openStream(t, `${server.http}/graphql`, {
      headers: { accept: 'text/event-stream' },
      body: { query: 'subscription ($after: Cursor) { runEvents(after: $after) { __typename } }', variables: { after: cursor } },
    })
    t.match((await nextEvent(runs))?.data, /BAD_USER_INPUT/, 'field')
    const started = await ask(server, {}, 'mutation { startRun(input: { ritualId: "r", runId: "m" }) { ... on RunAccepted { cursor } } }')
    const position = (started.data as unknown as { startRun: { cursor: string } }).startRun.cursor
    await run('test.event:v1', 'r', 'after-it')
    const resumed = await subscribe(t, server, { after: position })
    t.match((await resumed.events(1))[0]?.event, { type: 'test.event:v1' })
  })

  t.test('equal filters are asked once an event, and equal subscriptions are executed once', async (t) => {
    const server = await serve(t, 'shared', { env: { MAX_SUBSCRIPTIONS_PER_TENANT: '5000' } })
    const { announce } = writers(log, 'shared')
    const readers = await Promise.all(Array.from({ length: 40 }, () => subscribe(t, server, { filter: { severityAtLeast: 'ERROR' } })))
    for (const reader of readers) await reader.next()
    const before = server.hub.stats().filterEvaluations
    await announce({ domain: 'SLO', type: 'slo.status:v1', severity: 'ERROR' })
    await announce({ domain: 'SLO', type: 'slo.status:v1', severity: 'INFO' })
    await announce({ domain: 'SLO', type: 'slo.status:v1', severity: 'CRITICAL' })
    const found = await Promise.all(readers.map((reader) => reader.events(2)))
    t.equal(new Set(found.map((items) => JSON.stringify(items))).size, 1, 'everybody gets the same, cursors included')
    t.equal(server.hub.stats().filters, 1)
    t.equal(server.hub.stats().filterEvaluations - before, 2)
  })
}

t.test('when a log has lost something', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const open = async (t: Test) => {
    const log = memoryLog()
    const server = await liveServer(t, backing, { log, withoutProjector: true })
    const put = (runId: string) => log.put(`demon.ritual.v1.acme.r.${runId}.events`, { event: 'test.event:v1' })
    for (let n = 0; n < 20; n++) put('run')
    const reader = await subscribe(t, server, { filter: { domains: ['RUNS'] } })
    return { log, server, put, reader, start: (await reader.next()).cursor }
  }
  const filter = { domains: ['RUNS'] }

  t.test('what is no longer held is a gap; strict readers end', async (t) => {
    const { log, put, start } = await open(t)
    for (let n = 0; n < 20; n++) put('run')
    log.purge(31n)
    const fresh = await liveServer(t, backing, { log, withoutProjector: true })
    const late = await subscribe(t, fresh, { filter, after: start })
    t.match(await late.next(), { phase: 'REPLAY' })
    const gap = await late.next()
    t.match(gap, { __typename: 'StreamGap', from: '21', to: '30', reason: 'EXPIRED' })
    t.equal((await late.next()).event?.sequence, '31')
    const behind = await subscribe(t, fresh, { filter, after: gap.cursor })
    t.equal((await behind.events(1))[0]?.event?.sequence, '31')
    const strict = await subscribe(t, fresh, { filter, after: start, strict: true })
    await strict.next()
    t.match(await strict.error(), { code: 'CURSOR_EXPIRED', reason: 'EXPIRED' })
  })

  t.test('a replaced stream is said to be one, to live readers and to old cursors', async (t) => {
    const { log, put, server, reader, start } = await open(t)
    const strictReader = await subscribe(t, server, { filter, strict: true })
    t.match(await strictReader.next(), { phase: 'LIVE' })
    log.replace()
    t.match(await reader.next(), { __typename: 'StreamGap', reason: 'SOURCE_RESET' })
    t.match(await strictReader.error(), { code: 'CURSOR_EXPIRED', reason: 'SOURCE_RESET' })
    put('run')
    t.match((await reader.events(1))[0]?.event, { sequence: '1' })
    const old = await subscribe(t, server, { filter, after: start })
    t.match([await old.next(), await old.next()], [{ reason: 'SOURCE_RESET' }, { phase: 'REPLAY' }])
    const strict = await subscribe(t, server, { filter, after: start, strict: true })
    t.match(await strict.error(), { code: 'CURSOR_EXPIRED', reason: 'SOURCE_RESET' })
  })

  t.test('who was further on another replica shares the work only when this one is there too', async (t) => {
    const { log, put, server, start } = await open(t)
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const late: EventLog = {
      ...log,
      async *tail(stream, options) {
        await released
        yield* log.tail(stream, options)
      },
    }
    const behind = await liveServer(t, backing, { log: late, withoutProjector: true })
    const other = { ...filter, severityAtLeast: 'INFO' }
    const there = await subscribe(t, behind, { filter })
    t.match(await there.next(), { phase: 'LIVE' })
    put('run')
    put('run')
    const further = async (of: object, after: string | undefined) => {
      const before = await subscribe(t, server, { filter: of, after })
      const seen = await before.events(2)
      before.close()
      const reader = await subscribe(t, behind, { filter: of, after: seen[1]?.cursor })
      t.match([await reader.next(), await reader.next()], [{ phase: 'REPLAY' }, { phase: 'LIVE' }])
      return reader
    }
    // one finds readers who ask the same, the other is found by them
    const joins = await further(filter, start)
    const first = await subscribe(t, server, { filter: other })
    const atStart = (await first.next()).cursor
    put('run')
    put('run')
    const isJoined = await further(other, atStart)
    const joining = await subscribe(t, behind, { filter: other })
    t.match(await joining.next(), { phase: 'LIVE' })
    release()
    put('run')
    const sequences = async (reader: typeof joins, count: number) => (await reader.events(count)).map(({ event }) => event?.sequence)
    t.strictSame(await sequences(there, 5), ['21', '22', '23', '24', '25'])
    t.strictSame(await sequences(joins, 3), ['23', '24', '25'])
    t.strictSame(await sequences(isJoined, 1), ['25'])
    t.strictSame(await sequences(joining, 5), ['21', '22', '23', '24', '25'])
  })

  t.test('while the log is down a stream waits, then goes on', async (t) => {
    const { log, put, reader } = await open(t)
    log.setDown(true)
    put('run')
    await new Promise((resolve) => setTimeout(resolve, 300))
    log.setDown(false)
    t.equal((await reader.events(1))[0]?.event?.sequence, '21')
  })
})
