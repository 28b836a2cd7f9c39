/** One look for all who ask while it lasts, and for `freshMs` more: what is asked without a name and without a limit must not cost more the more it is asked. */
export function sharedLook<T>(look: () => Promise<T>, freshMs: number): () => Promise<T> {
  let shared: Promise<T> | null = null
  let until = Infinity
  return () => {
    if (shared !== null && performance.now() < until) return shared
    const mine = look()
    shared = mine
    until = Infinity
    const settled = (): void => {
      if (shared === mine) until = performance.now() + freshMs
    }
    mine.then(settled, settled)
    return mine
  }
}
