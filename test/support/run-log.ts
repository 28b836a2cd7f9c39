import { randomUUID } from 'node:crypto'
import { type EventLog, type LogMessage } from '../../src/datasources/log/log.ts'
import { type RunKey } from '../../src/datasources/runs/runs.ts'
import { type Scope } from '../../src/datasources/scope.ts'
import { type Clock, type Nanos, formatDemonTime, parseNanos } from '../../src/time.ts'

/** A clock that stands still until it is moved. */
export function standingClock(text: string): Clock & { set(nanos: Nanos): void } {
  let now = parseNanos(text) ?? 0n
  return { now: () => now, set: (nanos) => void (now = nanos) }
}

/** A run that no other test knows. */
export interface TestRun {
  readonly scope: Scope
  readonly key: RunKey
  readonly subject: string
  /** Publishes an event as another writer would; `ts` may be overridden or, as undefined, left out. */
  publish(event: Record<string, unknown>, messageId?: string): Promise<bigint>
  /** Everything on the run's 7-token subject. */
  messages(): Promise<LogMessage[]>
  events(): Promise<Record<string, unknown>[]>
}

export const bodyOf = (message: LogMessage): Record<string, unknown> => JSON.parse(Buffer.from(message.payload).toString('utf8'))

export async function readAll(log: EventLog, subject?: string): Promise<LogMessage[]> {
  const all: LogMessage[] = []
  for await (const batch of log.read('ritual', { subject })) all.push(...batch)
  return all
}

export const lastSequence = async (log: EventLog): Promise<bigint> => (await log.state('ritual'))?.lastSequence ?? 0n

export function testRun(
  log: EventLog,
  { tenantId = 'acme', ritualId = 'rollout', runId = `run-${randomUUID().slice(0, 8)}` } = {},
): TestRun {
  const subject = `demon.ritual.v1.${tenantId}.${ritualId}.${runId}.events`
  const messages = () => readAll(log, subject)
  return {
    scope: { tenantId },
    key: { system: 'DEMON', ritualId, runId },
    subject,
    async publish(event, messageId) {
      const payload = { ts: formatDemonTime(BigInt(Date.now()) * 1_000_000n), tenantId, ritualId, runId, ...event }
      const ack = await log.append(subject, Buffer.from(JSON.stringify(payload)), messageId === undefined ? {} : { messageId })
      return ack.sequence
    },
    messages,
    events: async () => (await messages()).map(bodyOf),
  }
}

/** A run that waits at a gate. */
export async function waitingRun(log: EventLog, gateId = 'publish', options: Parameters<typeof testRun>[1] = {}): Promise<TestRun> {
  const run = testRun(log, options)
  await run.publish({ event: 'ritual.started:v1', spec: {} })
  await run.publish({ event: 'approval.requested:v1', gateId, requester: 'dana@example.com', reason: 'release' })
  return run
}
