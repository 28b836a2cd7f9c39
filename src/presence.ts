/**
 * Whether somebody still waits for what is done for them. Lighter than an AbortController, of which every request would need one and few ever look at
 * its signal: that is made when somebody asks for it.
 */
export interface Presence {
  readonly left: boolean
  /** Aborted when they leave. */
  readonly signal: AbortSignal
  /** Calls back once, at once if they have left. @returns takes the listener back */
  onLeave(listener: () => void): () => void
  leave(): void
}

class LastingPresence implements Presence {
  #left = false
  #listeners: (() => void)[] = []
  #controller: AbortController | undefined

  get left(): boolean {
    return this.#left
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#left) this.#controller.abort()
    }
    return this.#controller.signal
  }

  onLeave(listener: () => void): () => void {
    if (this.#left) listener()
    else this.#listeners.push(listener)
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener)
    }
  }

  leave(): void {
    if (this.#left) return
    this.#left = true
    const told = this.#listeners
    this.#listeners = []
    this.#controller?.abort()
    for (const listener of told) listener()
  }
}

export const createPresence = (): Presence => new LastingPresence()
