import { fromMillis, type Nanos } from '../time.ts'

const EVERY: Nanos = fromMillis(600_000)
const BITE_ROWS = 1_000

/**
 * Old keys are removed by who brings a new one: a bounded bite now and then, so that nobody waits for long.
 * @param removeBite removes at most so many rows and says how many there were
 */
export function createKeyPurge(removeBite: (now: Nanos, rows: number) => Promise<number>): (now: Nanos) => Promise<void> {
  let purgedAt: Nanos | null = null
  return async (now) => {
    if (purgedAt !== null && now - purgedAt < EVERY) return
    purgedAt = now
    // More than one bite: the next key takes another, so that the table shrinks faster than it grows.
    if ((await removeBite(now, BITE_ROWS)) === BITE_ROWS) purgedAt = null
  }
}
