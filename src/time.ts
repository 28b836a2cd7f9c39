/** A moment as nanoseconds since the epoch, UTC. Fits a signed 64-bit integer until the year 2262. */
export type Nanos = bigint

/** Where the present comes from; tests give their own. */
export interface Clock {
  now(): Nanos
}

let newest = 0n

/**
 * The system's clock. Within a process no two readings are equal, so that what we write can be ordered; a clock set back is followed. Below the
 * millisecond the digits are those of the monotonic clock, so that two processes hardly ever read the same time: by its time a writer knows its own
 * event again.
 */
export const systemClock: Clock = {
  now() {
    const wall = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n)
    newest = wall > newest || newest - wall > 1_000_000_000n ? wall : newest + 1n
    return newest
  },
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/

/**
 * Reads a time as Demon's writers and readers spell it: any offset, `T` or a space, any number of fraction digits (cut at nine),
 * second 60. A date alone, a time without offset, or a number is no time.
 * @returns null when the text is not such a time
 */
export function parseNanos(text: unknown): Nanos | null {
  if (typeof text !== 'string') return null
  const match = RFC3339.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match
  const seconds = Number(second)
  if (Number(month) < 1 || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || seconds > 60) return null
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null
  let offsetMinutes = 0
  if (zone !== 'Z' && zone !== 'z') {
    const hours = Number(zone.slice(1, 3))
    const minutes = Number(zone.slice(4, 6))
    if (hours > 23 || minutes > 59) return null
    offsetMinutes = (hours * 60 + minutes) * (zone.startsWith('-') ? -1 : 1)
  }
  const wholeSeconds = BigInt(date.getTime() / 1000) + BigInt((Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + seconds)
  const nanos = wholeSeconds * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return nanos >= -(2n ** 63n) && nanos < 2n ** 63n ? nanos : null
}

const split = (nanos: Nanos): { seconds: bigint; fraction: bigint } => {
  const fraction = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return { seconds: (nanos - fraction) / 1_000_000_000n, fraction }
}

/** RFC 3339 in UTC ending in `Z`; the fraction has 0, 3, 6 or 9 digits, as many as are needed to lose nothing. */
export function formatNanos(nanos: Nanos): string {
  const { seconds, fraction } = split(nanos)
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  if (fraction === 0n) return `${base}Z`
  const digits = fraction.toString().padStart(9, '0')
  const length = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9
  return `${base}.${digits.slice(0, length)}Z`
}

/** The spelling Demon's writers use and sort by: always nine digits and `+00:00` (contracts: demon 7.5, 8.8). */
export function formatDemonTime(nanos: Nanos): string {
  const { seconds, fraction } = split(nanos)
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}+00:00`
}

export const millisBetween = (from: Nanos, to: Nanos): bigint => (to - from) / 1_000_000n

export const fromMillis = (millis: number): Nanos => BigInt(Math.round(millis)) * 1_000_000n
