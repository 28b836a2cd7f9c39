/** Sleeps, or less when a signal aborts; never rejects. */
export const pause = (milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    if (signals.some((signal) => signal.aborted)) return resolve()
    const wake = () => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, milliseconds)
    for (const signal of signals) signal.addEventListener('abort', wake)
  })
