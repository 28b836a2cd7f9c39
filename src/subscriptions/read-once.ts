import { type LogMessage } from '../datasources/log/log.ts'

type Read<E> = { readonly readable: true; readonly event: E } | { readonly readable: false }

/** Reads the event in a message once for all subscribers; null when it is none (the projector keeps it as a dead letter). */
export function readOnce<E extends object>(read: (message: LogMessage) => Read<E>): (message: LogMessage) => E | null {
  const known = new WeakMap<LogMessage, E | null>()
  return (message) => {
    const found = known.get(message)
    if (found !== undefined) return found
    const result = read(message)
    const event = result.readable ? result.event : null
    known.set(message, event)
    return event
  }
}
