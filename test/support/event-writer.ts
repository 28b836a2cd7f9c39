import { type EventLog } from '../../src/datasources/log/log.ts'
import { type Owner } from './services.ts'

export interface EventWriter {
  /** Events that the log has acknowledged. */
  written(): number
  /** Resolves when all that was begun is acknowledged. */
  stop(): Promise<void>
}

export interface EventWriterOptions {
  readonly log: EventLog
  readonly perSecond: number
  readonly rituals: readonly string[]
  /** While it says no, nothing new is written, and nothing made up for afterwards. */
  readonly mayGoOn?: () => boolean
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const mostUnderWay = 500

/** Writes at an even rate; what the log does not acknowledge is written again under its id until it is, so that each event is there once. */
export function startWriter(
  t: Pick<Owner, 'teardown'>,
  { log, perSecond, rituals, mayGoOn = () => true }: EventWriterOptions,
): EventWriter {
  let going = true
  let abandoned = false
  t.teardown(() => {
    going = false
    abandoned = true
  })
  let begun = 0
  let acknowledged = 0

  const write = async (number: number): Promise<void> => {
    const ritual = rituals[number % rituals.length] ?? 'r0'
    const subject = `demon.ritual.v1.acme.${ritual}.run-${number % 50}.events`
    const payload = Buffer.from(JSON.stringify({ event: 'test.event:v1', number, ts: new Date().toISOString() }))
    const append = () => log.append(subject, payload, { messageId: `event-${number}` }).catch(() => null)
    while ((await append()) === null) {
      if (abandoned) return
      await pause(100)
    }
    acknowledged++
  }

  const underWay = new Set<Promise<void>>()
  const running = (async () => {
    const from = performance.now()
    let paused = 0
    while (going) {
      const due = ((performance.now() - from - paused) / 1000) * perSecond
      const held = !mayGoOn()
      while (!held && begun < due && underWay.size < mostUnderWay) {
        const one = write(begun++).finally(() => underWay.delete(one))
        underWay.add(one)
      }
      const stalled = performance.now()
      await pause(5)
      // what could not be written while the log was away is not made up for
      if (held || underWay.size >= mostUnderWay) paused += performance.now() - stalled
    }
    await Promise.all(underWay)
  })()

  return {
    written: () => acknowledged,
    async stop() {
      going = false
      await running
    },
  }
}
