import { sourceUnavailable } from '../../errors.ts'
import { type Deadline } from '../../deadline.ts'

/** Statements handed to the thread at once: enough to keep it busy, few enough that one that gave up waiting is mostly never run. */
const MAX_IN_FLIGHT = 16
/** Callers that may wait; beyond it the store is overloaded and says so. */
const MAX_WAITING = 10_000

interface Waiter {
  readonly exclusive: boolean
  start(): void
}

/** Who may speak to the one connection of PGlite: several statements in turn, or one transaction alone; first come, first served. */
export interface Turns {
  /**
   * Waits for a turn.
   * @returns what to call when done
   * @throws AppError DEADLINE_EXCEEDED when the wait's deadline passes, SOURCE_UNAVAILABLE when too many wait
   */
  take(kind: 'statement' | 'transaction', deadline: Deadline): Promise<() => void>
}

export function createTurns(): Turns {
  const waiting = new Set<Waiter>()
  let statements = 0
  let alone = false

  const admitNext = (): void => {
    for (const waiter of waiting) {
      // A transaction need not wait for the statements before it: the thread does all in order.
      if (alone || (!waiter.exclusive && statements >= MAX_IN_FLIGHT)) return
      waiting.delete(waiter)
      if (waiter.exclusive) alone = true
      else statements += 1
      waiter.start()
    }
  }

  const leave = (exclusive: boolean) => {
    let left = false
    return () => {
      if (left) return
      left = true
      if (exclusive) alone = false
      else statements -= 1
      admitNext()
    }
  }

  return {
    take(kind, deadline) {
      const exclusive = kind === 'transaction'
      if (waiting.size >= MAX_WAITING) return Promise.reject(sourceUnavailable('sql', new Error('too many statements wait')))
      return new Promise((resolve, reject) => {
        const waiter: Waiter = { exclusive, start: () => resolve(leave(exclusive)) }
        waiting.add(waiter)
        deadline.onEnd((reason) => {
          if (waiting.delete(waiter)) reject(reason)
        })
        admitNext()
      })
    },
  }
}
