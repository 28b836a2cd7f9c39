// A process of its own that follows streams with the stock clients and our resume helper: half of the readers by WebSocket, half by SSE; restless ones
// leave and come back all the time. It is told in the end what each should have got.
import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWsClient } from 'graphql-ws'
import { type ExecutionResult } from 'graphql'
import { WebSocket } from 'ws'
import { type ClientLike, subscribeResuming } from '../../client/resume.ts'
import { seeded } from './random-documents.ts'

export interface ReaderPlan {
  readonly transport: 'websocket' | 'sse'
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Which list of what was expected it is compared with. */
  readonly part: string
  /** How long it stays at most before it leaves and comes back; null = as long as it is let. */
  readonly restlessMs: number | null
}

export interface Fleet {
  readonly http: string
  readonly ws: string
  readonly seed: number
  readonly readers: readonly ReaderPlan[]
}

/** What a reader got against what the log holds. */
export interface Verdict {
  readonly reader: string
  /** The last that it got. */
  readonly reached: string | null
  readonly lost: number
  readonly twice: number
  /** Steps back, such as `17 -> 12`. */
  readonly unordered: readonly string[]
  /** What else it was told: gaps and errors. */
  readonly other: readonly string[]
}

export interface Progress {
  /** Readers whose stream has begun. */
  readonly begun: number
  readonly delivered: number
  readonly reconnects: number
  /** Readers that have got the last of what they should. */
  readonly arrived: number
}

export type Expected = Readonly<Record<string, readonly string[]>>
export type FleetRequest = { readonly open: Fleet } | { readonly progress: Expected | null } | { readonly judge: Expected }
export type FleetReply = Progress | { readonly verdicts: readonly Verdict[] }

interface Item {
  readonly __typename: string
  readonly event?: { readonly sequence: string }
}

interface Reader {
  readonly plan: ReaderPlan
  readonly seen: string[]
  readonly other: string[]
  begun: boolean
  after: string | null
}

const readers: Reader[] = []
let reconnects = 0

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const patience = 100_000

interface Line {
  readonly client: ClientLike
  /** Cuts the line; the client notices and comes back by itself. */
  cut(): void
  dispose(): void
}

/** graphql-ws stops listening when it is told to end while it connects; what fails then must not end the process. */
class LenientSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols)
    this.on('error', () => undefined)
  }
}

/** While it connects in vain, a client's `dispose` rejects with that. */
const leaveQuietly = (client: { dispose(): unknown }): Promise<unknown> => Promise.resolve(client.dispose()).catch(() => undefined)

function openLine({ http, ws }: Fleet, { transport }: ReaderPlan, wait: () => Promise<void>): Line {
  if (transport === 'websocket') {
    const client = createWsClient({
      url: ws,
      webSocketImpl: LenientSocket,
      shouldRetry: () => true,
      retryAttempts: patience,
      retryWait: wait,
    })
    return { client, cut: () => client.terminate(), dispose: () => void leaveQuietly(client) }
  }
  let cutter = new AbortController()
  const client = createSseClient({
    url: http,
    retryAttempts: patience,
    retry: wait,
    fetchFn: (url: string, init: RequestInit) => {
      cutter = new AbortController()
      return fetch(url, { ...init, signal: AbortSignal.any([cutter.signal, ...(init.signal == null ? [] : [init.signal])]) })
    },
  })
  return { client, cut: () => cutter.abort(), dispose: () => client.dispose() }
}

interface Visit {
  readonly line: Line
  /** Something has come, or never will. */
  readonly begun: Promise<void>
  readonly ended: Promise<void>
  leave(): void
}

/** Events of sockets show nothing of themselves as JSON. */
const described = (error: unknown): string => {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return JSON.stringify(error)
  const shown = ['name', 'message', 'code', 'reason'].map((key) => (key in error ? String(Reflect.get(error, key)) : ''))
  return `${error.constructor.name} ${shown.join(' ')}`
}

function visit(fleet: Fleet, reader: Reader, random: () => number): Visit {
  const { plan } = reader
  const line = openLine(fleet, plan, () => pause(50 + random() * 200))
  let gone = false
  let stop = (): void => undefined
  let begin = (): void => undefined
  const first = new Promise<void>((resolve) => (begin = resolve))
  const ended = new Promise<void>((end) => {
    stop = subscribeResuming<ExecutionResult<{ it: Item }>>(
      line.client,
      { query: plan.query, variables: plan.variables },
      {
        next({ data, errors }) {
          if (gone) return
          const item = data?.it
          // the event is there, and what could not be read beside it is said
          const failed = errors?.filter(({ extensions }) => extensions?.['code'] !== 'SOURCE_UNAVAILABLE') ?? []
          if (failed.length > 0 || item === undefined || item.__typename === 'StreamGap')
            reader.other.push(JSON.stringify({ errors, item }))
          if (item?.event !== undefined) reader.seen.push(item.event.sequence)
          reader.begun = true
          begin()
        },
        error(error) {
          if (!gone) reader.other.push(described(error))
          end()
        },
        complete: end,
      },
      {
        after: reader.after,
        onCursor(cursor) {
          if (!gone) reader.after = cursor
        },
      },
    )
  })
  return {
    line,
    begun: Promise.race([first, ended]),
    ended,
    leave() {
      gone = true
      stop()
      line.dispose()
    },
  }
}

/** How many visits end before their stream has begun. More, and a busy machine would do nothing but take up readers who are gone. */
const hasty = 0.2

/** One reader's visits, one after the other, each from where the last one ended. */
async function follow(fleet: Fleet, reader: Reader, random: () => number): Promise<void> {
  const { restlessMs } = reader.plan
  for (;;) {
    const { line, begun, ended, leave } = visit(fleet, reader, random)
    if (restlessMs === null) await ended
    else {
      const stay = () => Promise.race([ended, pause(200 + random() * restlessMs)])
      if (random() >= hasty) await begun
      await stay()
      reconnects++
      if (random() < 0.5) {
        line.cut()
        await stay()
      }
    }
    leave()
    // what ended by itself was not to end: that shows in the verdict, and must not become a busy loop
    await pause(10)
  }
}

const lastOf = (expected: Expected, { plan }: Reader): string | undefined => expected[plan.part]?.at(-1)

function judge(expected: Expected, reader: Reader): Verdict {
  const { plan, seen, other } = reader
  const wanted = expected[plan.part] ?? []
  const got = new Set(seen)
  return {
    reader: `${plan.transport}${plan.restlessMs === null ? '' : ', restless'}: ${plan.part}`,
    reached: seen.at(-1) ?? null,
    lost: wanted.filter((sequence) => !got.has(sequence)).length,
    twice: seen.length - got.size,
    unordered: seen.flatMap((sequence, at) => {
      const before = seen[at - 1]
      return before !== undefined && BigInt(sequence) <= BigInt(before) ? [`${before} -> ${sequence}`] : []
    }),
    other,
  }
}

function answer(request: FleetRequest): FleetReply {
  if ('open' in request) {
    for (const [index, plan] of request.open.readers.entries()) {
      const reader: Reader = { plan, seen: [], other: [], begun: false, after: null }
      readers.push(reader)
      void follow(request.open, reader, seeded(request.open.seed + index))
    }
  }
  if ('judge' in request) return { verdicts: readers.map((reader) => judge(request.judge, reader)) }
  const expected = 'progress' in request ? request.progress : null
  return {
    begun: readers.filter(({ begun }) => begun).length,
    delivered: readers.reduce((sum, { seen }) => sum + seen.length, 0),
    reconnects,
    arrived: expected === null ? 0 : readers.filter((reader) => reader.seen.at(-1) === lastOf(expected, reader)).length,
  }
}

if (process.send !== undefined) {
  process.on('message', (request: FleetRequest) => void process.send?.(answer(request)))
  process.on('disconnect', () => process.exit(0))
}
