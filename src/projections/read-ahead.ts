import { type LogMessage } from '../datasources/log/log.ts'

export interface BatchLimits {
  readonly messages: number
  readonly bytes: number
}

/**
 * Cuts a followed stream into batches and reads on while a batch is being applied: under load batches are full, when idle a message does not
 * wait for company. Holds at most about two batches. An error of the source comes after everything that was read before it.
 */
export async function* readAhead(source: AsyncIterable<readonly LogMessage[]>, limits: BatchLimits): AsyncGenerator<LogMessage[]> {
  const waiting: LogMessage[] = []
  let bytes = 0
  let ended = false
  let closed = false
  let failure: unknown = null
  const wake = { reader: () => {}, pump: () => {} }
  const isFull = () => waiting.length >= limits.messages || bytes >= limits.bytes

  const pump = async () => {
    for await (const messages of source) {
      for (const message of messages) {
        waiting.push(message)
        bytes += message.payload.length
      }
      wake.reader()
      while (isFull() && !closed) await new Promise<void>((resolve) => (wake.pump = resolve))
      if (closed) return
    }
  }
  const pumping = pump()
    .catch((error: unknown) => {
      failure = error ?? new Error('the source failed without saying why')
    })
    .finally(() => {
      ended = true
      wake.reader()
    })

  try {
    for (;;) {
      while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake.reader = resolve))
      if (waiting.length === 0) break
      const batch = takeBatch(waiting, limits)
      bytes -= batch.reduce((sum, { payload }) => sum + payload.length, 0)
      wake.pump()
      yield batch
    }
    if (failure !== null) throw failure
  } finally {
    closed = true
    wake.pump()
    void pumping
  }
}

function takeBatch(waiting: LogMessage[], limits: BatchLimits): LogMessage[] {
  let bytes = 0
  let count = 0
  for (const { payload } of waiting) {
    if (count > 0 && (count >= limits.messages || bytes + payload.length > limits.bytes)) break
    bytes += payload.length
    count += 1
  }
  return waiting.splice(0, count)
}
