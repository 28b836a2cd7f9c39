import { setMaxListeners } from 'node:events'
import { deadlineExceeded } from './errors.ts'
import { type Presence } from './presence.ts'

/** A wait that ends with its deadline or when the caller has gone. */
export interface Deadline {
  /** Why the wait ended early, or null while it has not. */
  readonly ended: Error | null
  /** Aborted when the wait ends early. */
  readonly signal: AbortSignal
  /** Calls back once when it ends early, at once if it has; never after `clear()`. */
  onEnd(listener: (reason: Error) => void): void
  remainingMs(): number
  /** To be called when the wait is over, so that nothing stays behind. */
  clear(): void
}

export interface DeadlineOptions {
  readonly timeoutMs?: number
  /** The caller's: ends the wait too. */
  readonly signal?: AbortSignal | undefined
  /** In its place: who waits. */
  readonly presence?: Presence
}

/** @returns takes the listener back */
function whenLeft({ signal, presence }: DeadlineOptions, listener: () => void): () => void {
  if (presence !== undefined) return presence.onLeave(listener)
  if (signal?.aborted === true) listener()
  if (signal === undefined || signal.aborted) return () => undefined
  // One request may wait for many statements at once; that is no leak, since each removes its listener.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

// accessors on a class: an object literal with one keeps all that it sees until the next full collection
class RunningDeadline implements Deadline {
  readonly #endsAt: number
  readonly #timer: NodeJS.Timeout
  #forget: () => void = () => undefined
  #listeners: ((reason: Error) => void)[] = []
  #controller: AbortController | undefined
  #ended: Error | null = null

  constructor(what: string, timeoutMs: number, options: DeadlineOptions) {
    this.#endsAt = performance.now() + timeoutMs
    this.#timer = setTimeout(() => this.#end(deadlineExceeded(what)), Math.max(0, timeoutMs))
    this.#forget = whenLeft(options, () => this.#end(deadlineExceeded(what, options.signal?.reason)))
  }

  get ended(): Error | null {
    return this.#ended
  }

  // few ask for it
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended !== null) this.#controller.abort(this.#ended)
    }
    return this.#controller.signal
  }

  onEnd(listener: (reason: Error) => void): void {
    if (this.#ended === null) this.#listeners.push(listener)
    else listener(this.#ended)
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now())
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#forget()
    this.#listeners = []
  }

  #end(reason: Error): void {
    if (this.#ended !== null) return
    this.#ended = reason
    const told = this.#listeners
    this.clear()
    this.#controller?.abort(reason)
    for (const listener of told) listener(reason)
  }
}

/** @param what for the message, such as `A statement` */
export const startDeadline = (what: string, options: DeadlineOptions = {}, defaultTimeoutMs: number): Deadline =>
  new RunningDeadline(what, options.timeoutMs ?? defaultTimeoutMs, options)

/** `work`, or the deadline's error if that comes first. What `work` does after that is ignored, also its failure. */
export function beforeDeadline<T>(deadline: Deadline, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    work.then(resolve, reject)
    deadline.onEnd(reject)
  })
}
