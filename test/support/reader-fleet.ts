import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type Test } from 'tap'
import { type EventLog } from '../../src/datasources/log/log.ts'
import { type EventWriter } from './event-writer.ts'
import {
  type Expected,
  type Fleet,
  type FleetReply,
  type FleetRequest,
  type Progress,
  type ReaderPlan,
  type Verdict,
} from './stream-readers.ts'

/** Readers in a process of their own. */
export interface ReaderFleet {
  /** How many want each event, on average over the rituals. */
  readonly readersOfAnEvent: number
  /** @param expected given, it is counted who has arrived at its end */
  progress(expected?: Expected): Promise<Progress>
  judge(expected: Expected): Promise<readonly Verdict[]>
}

export async function openFleet(t: { teardown(close: () => unknown): unknown }, fleet: Fleet): Promise<ReaderFleet> {
  const child = fork(new URL('./stream-readers.js', import.meta.url))
  t.teardown(() => child.kill('SIGKILL'))
  let asking = Promise.resolve()
  const ask = (request: FleetRequest): Promise<FleetReply> => {
    const answered = asking.then(async () => {
      child.send(request)
      const [reply] = (await once(child, 'message')) as [FleetReply]
      return reply
    })
    asking = answered.then(
      () => undefined,
      () => undefined,
    )
    return answered
  }
  await ask({ open: fleet })
  const parts = new Set(fleet.readers.map(({ part }) => part))
  parts.delete(everything)
  const ofAll = fleet.readers.filter(({ part }) => part === everything).length
  return {
    readersOfAnEvent: ofAll + (fleet.readers.length - ofAll) / Math.max(1, parts.size),
    async progress(expected) {
      const reply = await ask({ progress: expected ?? null })
      if (!('begun' in reply)) throw new Error('another answer was expected')
      return reply
    },
    async judge(expected) {
      const reply = await ask({ judge: expected })
      if (!('verdicts' in reply)) throw new Error('another answer was expected')
      return reply.verdicts
    },
  }
}

const selection = '__typename ... on RunEventItem { event { sequence } }'
const ofRuns = `subscription ($after: Cursor, $ritual: String) { it: runEvents(after: $after, filter: { ritualId: $ritual }) { ${selection} } }`
const withTables = ofRuns.replace('event { sequence }', 'event { sequence run { status } }')
const ofAll =
  'subscription ($after: Cursor) { it: events(after: $after, filter: { domains: [RUNS] }) { __typename ... on EventItem { event { sequence } } } }'

const everything = 'everything'

/**
 * Half by WebSocket and half by SSE, half of each restless; most follow one ritual of `rituals`, every tenth of them by what the tables show, and
 * every twentieth reader follows everything.
 */
export const mixedReaders = (count: number, rituals: readonly string[], restlessMs: number): ReaderPlan[] =>
  Array.from({ length: count }, (_, index) => {
    const common = { transport: index % 2 === 0 ? 'websocket' : 'sse', restlessMs: index % 4 < 2 ? null : restlessMs } as const
    if (index % 40 < 2) return { ...common, query: index % 80 < 2 ? ofAll : ofRuns, variables: { ritual: null }, part: everything }
    const part = rituals[index % rituals.length] ?? everything
    return { ...common, query: index % 20 < 2 ? withTables : ofRuns, variables: { ritual: part }, part }
  })

const standstillMs = 60_000

/** Waits until it is so, as long as readers get something: how fast a busy machine lets them is not the question. */
export async function whileTheyGetOn(fleet: ReaderFleet, isSo: () => Promise<boolean>): Promise<boolean> {
  let most = -1
  for (let since = performance.now(); performance.now() - since < standstillMs; await pause(200)) {
    if (await isSo()) return true
    const { begun, delivered } = await fleet.progress()
    if (begun + delivered > most) since = performance.now()
    most = begun + delivered
  }
  return false
}

export interface Judged {
  readonly log: EventLog
  readonly writer: EventWriter
  readonly fleet: ReaderFleet
  readonly readers: number
  /** What they went through. */
  readonly what: string
}

/** Ends the writing, lets everybody read to the end, and compares what each has got with what the log holds. */
export async function judgeFleet(t: Test, { log, writer, fleet, readers, what }: Judged): Promise<void> {
  await writer.stop()
  const all: string[] = []
  const parts = new Map<string, string[]>()
  for await (const batch of log.read('ritual')) {
    for (const { sequence, subject } of batch) {
      const part = subject.split('.')[4] ?? ''
      all.push(sequence.toString())
      const ofPart = parts.get(part) ?? []
      ofPart.push(sequence.toString())
      parts.set(part, ofPart)
    }
  }
  const expected: Expected = { ...Object.fromEntries(parts), [everything]: all }
  t.equal(all.length, writer.written(), 'the log holds each event once')
  await whileTheyGetOn(fleet, async () => (await fleet.progress(expected)).arrived === readers)
  const { delivered, reconnects } = await fleet.progress()
  t.comment(`${what}, ${all.length} events, ${delivered} deliveries to ${readers} readers, ${reconnects} visits ended`)
  const failed = (await fleet.judge(expected)).filter(
    ({ lost, twice, unordered, other }) => lost + twice + unordered.length + other.length > 0,
  )
  t.strictSame(failed, [], '0 lost, 0 twice, in order, for every reader')
}
