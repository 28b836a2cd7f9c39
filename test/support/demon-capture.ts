import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test } from 'tap'
import { type EventLog } from '../../src/datasources/log/log.ts'
import { packageRoot } from '../../src/root.ts'
import { shouldRun } from './services.ts'

/** One stored message of the captured deployment. */
export interface CapturedMessage {
  readonly stream: string
  readonly seq: number
  readonly subject: string
  readonly data: string
}

/** One answer that Demon gave over HTTP. */
export interface CapturedAnswer {
  readonly request: {
    readonly service?: string
    readonly method: string
    readonly path: string
    readonly stream?: unknown
    readonly body?: { readonly approver: string; readonly reason?: string; readonly note?: string | null }
  }
  readonly status: number
  readonly body: unknown
}

/** A decision made while the events arose; the sequences are bounds. */
export interface CapturedDecision extends CapturedAnswer {
  readonly ritualSeqBefore: number
  readonly ritualSeqAfter: number
}

export interface Capture {
  readonly messages: readonly CapturedMessage[]
  /** Demon's stream configurations, as the server returned them. */
  readonly streams: Readonly<Record<string, { readonly name: string; readonly subjects: string[] }>>
  readonly answers: readonly CapturedAnswer[]
  readonly decisions: readonly CapturedDecision[]
}

const directory = () => join(process.env['ORRERY_SHARED'] ?? join(packageRoot, '..', 'shared'), 'data', 'demon')

const lines = <T>(file: string): T[] =>
  readFileSync(join(directory(), file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line))

/** What a real Demon wrote and answered, or null where the data is not on this machine: the test has said so and should return. */
export function readCapture(t: Test): Capture | null {
  if (!shouldRun(t, 'the captured Demon deployment (ORRERY_SHARED)', existsSync(directory()))) return null
  return {
    messages: lines('demon-events.jsonl'),
    streams: JSON.parse(readFileSync(join(directory(), 'demon-streams.json'), 'utf8')),
    answers: lines<CapturedAnswer>('demon-rest.jsonl').filter(({ request }) => request.service === 'operate-ui'),
    decisions: lines('demon-decisions.jsonl'),
  }
}

/** Publishes the ritual and scale messages in order; an empty log gives them the same sequences. */
export async function loadCapture(log: EventLog, { messages }: Capture): Promise<void> {
  for (const { stream, seq, subject, data } of messages) {
    if (stream !== 'RITUAL_EVENTS' && stream !== 'SCALE_HINTS') continue
    const { sequence } = await log.append(subject, Buffer.from(data))
    if (sequence !== BigInt(seq)) throw new Error(`${subject} should be stored at ${seq}, not ${sequence}`)
  }
}
