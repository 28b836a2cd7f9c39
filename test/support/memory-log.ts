import { AppError, sourceUnavailable } from '../../src/errors.ts'
import { type EventLog, type LogMessage, type LogStream, type LogStreamState } from '../../src/datasources/log/log.ts'
import { subjectFilter } from '../../src/subscriptions/subject-index.ts'

/** One stream in memory with switches for what is hard to provoke in a real one: outages, purges, replacement at an exact moment. */
export interface MemoryLog extends EventLog {
  put(subject: string, payload?: unknown): bigint
  purge(before: bigint): void
  replace(): void
  setBack(lastSequence: bigint): void
  setDown(down: boolean): void
  /** Tails and reads that are open. */
  open(): number
  reads(): number
}

export function memoryLog(): MemoryLog {
  let messages: LogMessage[] = []
  let last = 0n
  let first = 1n
  let epoch = 1
  let down = false
  let open = 0
  let reads = 0
  let written = 0n
  let setBacks = 0
  const wakers = new Set<() => void>()

  const check = () => {
    if (down) throw sourceUnavailable('log')
  }
  const state = (): LogStreamState => ({
    name: 'TEST',
    firstSequence: first,
    lastSequence: last,
    lastRecordedAtNs: messages.at(-1)?.recordedAtNs ?? null,
    messages: BigInt(messages.length),
    epoch: `epoch-${epoch}`,
    subjects: ['>'],
  })
  const rouse = () => {
    for (const wake of wakers) wake()
    wakers.clear()
  }
  const select = (from: bigint, to: bigint, subject: string | undefined) => {
    const wanted = subjectFilter([subject ?? '>'])
    return messages.filter((message) => message.sequence >= from && message.sequence <= to && wanted(message.subject))
  }

  return {
    mode: 'EMBEDDED',
    put(subject, payload = {}) {
      last++
      messages.push({
        stream: 'ritual',
        sequence: last,
        subject,
        messageId: null,
        payload: Buffer.from(JSON.stringify(payload)),
        recordedAtNs: ++written,
      })
      rouse()
      return last
    },
    purge(before) {
      messages = messages.filter((message) => message.sequence >= before)
      if (before > first) first = before
    },
    replace() {
      epoch++
      messages = []
      first = 1n
      last = 0n
      rouse()
    },
    setBack(lastSequence) {
      messages = messages.filter((message) => message.sequence <= lastSequence)
      last = lastSequence
      setBacks++
      rouse()
    },
    setDown(value) {
      down = value
      rouse()
    },
    open: () => open,
    reads: () => reads,
    async append(subject) {
      check()
      return { sequence: this.put(subject), duplicate: false }
    },
    async state(stream) {
      check()
      return stream === 'ritual' ? state() : null
    },
    async get(_stream: LogStream, sequence) {
      return messages.find((message) => message.sequence === sequence) ?? null
    },
    async lastOnSubject(_stream, subject) {
      return messages.findLast((message) => message.subject === subject) ?? null
    },
    async *read(stream, { from = 1n, to = last, subject, batchSize = 500, signal } = {}) {
      reads++
      open++
      try {
        let position = from
        while (signal?.aborted !== true) {
          check()
          const batch = stream === 'ritual' ? select(position, to, subject).slice(0, batchSize) : []
          if (batch.length === 0) return
          position = (batch.at(-1)?.sequence ?? to) + 1n
          yield batch
        }
      } finally {
        open--
      }
    },
    async *tail(_stream, { from, epoch: wanted, previous, subject, signal }) {
      open++
      const ours = `epoch-${epoch}`
      const before = setBacks
      let position = from === 'new' ? last + 1n : from
      let fresh = wanted === undefined
      try {
        while (!signal.aborted) {
          check()
          if (setBacks !== before) throw sourceUnavailable('log')
          const held = messages.find(({ sequence }) => sequence === previous?.sequence)
          const isAnother = held !== undefined && held.recordedAtNs !== previous?.recordedAtNs
          const isPurged = !fresh && first > position
          fresh &&= first > position
          if ((wanted ?? ours) !== `epoch-${epoch}` || last + 1n < position || isPurged || isAnother)
            throw new AppError('CURSOR_EXPIRED', 'the stream was reset', { details: { reason: 'SOURCE_RESET' } })
          const batch = select(position, last, subject)
          position = last + 1n
          if (batch.length > 0) fresh = false
          if (batch.length > 0) yield batch
          else
            await new Promise<void>((resolve) => {
              const wake = () => {
                signal.removeEventListener('abort', wake)
                resolve()
              }
              wakers.add(wake)
              signal.addEventListener('abort', wake)
            })
        }
      } finally {
        open--
      }
    },
    async ping() {
      check()
    },
    async version() {
      return 'memory'
    },
    async missing() {
      return []
    },
    async close() {
      rouse()
    },
  }
}
