import { type EventEmitter } from 'node:events'

export interface Drain {
  /** Resolves when there is room again; false when the connection closed instead. At once where there is room. */
  ready(): Promise<boolean>
  dispose(): void
}

export interface DrainOptions {
  /** Emits `drain` when everything written has left. */
  readonly writable: EventEmitter
  readonly isFull: () => boolean
  /** How long writers wait before `onStall`. */
  readonly stallMs: number
  readonly onStall: () => void
}

/** Holds writers back while the peer does not read. One listener for all writers of a connection; who waits too long is told off once. */
export function createDrain({ writable, isFull, stallMs, onStall }: DrainOptions): Drain {
  let waiting: ((room: boolean) => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let disposed = false

  const settle = (room: boolean): void => {
    clearTimeout(timer)
    timer = undefined
    const writers = waiting
    waiting = []
    for (const wake of writers) wake(room)
  }
  const onDrain = (): void => settle(true)
  writable.on('drain', onDrain)

  return {
    ready() {
      if (disposed) return Promise.resolve(false)
      if (!isFull()) return Promise.resolve(true)
      timer ??= setTimeout(onStall, stallMs).unref()
      return new Promise((resolve) => waiting.push(resolve))
    },
    dispose() {
      if (disposed) return
      disposed = true
      writable.off('drain', onDrain)
      settle(false)
    },
  }
}
