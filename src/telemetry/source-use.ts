import { formatNanos, type Nanos } from '../time.ts'

export interface SourceReading {
  /** The moment the answer reflects. */
  readonly asOf: Nanos | null
  readonly lagEvents?: bigint | null
  readonly status: 'UP' | 'DEGRADED' | 'DOWN'
}

/** Collects which sources one answer used and how fresh they were. */
export interface SourceUse {
  note(name: string, reading: SourceReading): void
  /** The value of `extensions.sources`; undefined when no source was used. */
  toExtension(): Record<string, { asOf: string | null; lagEvents: string | null; status: string }> | undefined
}

export function createSourceUse(): SourceUse {
  const readings = new Map<string, SourceReading>()
  const worse = { UP: 0, DEGRADED: 1, DOWN: 2 }
  return {
    note(name, reading) {
      const known = readings.get(name)
      if (known === undefined || worse[reading.status] >= worse[known.status]) readings.set(name, reading)
    },
    toExtension() {
      if (readings.size === 0) return undefined
      return Object.fromEntries(
        [...readings].map(([name, { asOf, lagEvents, status }]) => [
          name,
          { asOf: asOf === null ? null : formatNanos(asOf), lagEvents: lagEvents?.toString() ?? null, status },
        ]),
      )
    },
  }
}
