import { type Writable } from 'node:stream'

const corked = new Set<Writable>()
/** What has gathered leaves at this size: more would only make a reader wait. */
const enoughBytes = 16 * 1024

function flush(): void {
  for (const writable of corked) writable.uncork()
  corked.clear()
}

/**
 * Holds what `write` writes until this turn of the event loop ends, and then sends it at once: a burst of events costs each subscriber one system
 * call, which is most of what a small message costs.
 */
export function gatherWrites(writable: Writable, write: () => void): void {
  if (!corked.has(writable)) {
    if (corked.size === 0) setImmediate(flush)
    corked.add(writable)
    writable.cork()
  }
  write()
  if (writable.writableLength < enoughBytes) return
  corked.delete(writable)
  writable.uncork()
}
