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

const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'))
const daySeconds = 86_400

let lastDay = { number: 0, text: '1970-01-01' }

/** `2026-01-31T08:00:00` and the nanoseconds beyond. Answers hold many times of the same few days, so the last day's text is kept. */
function spell(nanos: Nanos): { text: string; fraction: number } {
  const rest = nanos % 1_000_000_000n
  const fraction = Number(rest < 0n ? rest + 1_000_000_000n : rest)
  const seconds = Number(nanos / 1_000_000_000n) - (rest < 0n ? 1 : 0)
  const day = Math.floor(seconds / daySeconds)
  if (lastDay.number !== day) lastDay = { number: day, text: new Date(day * daySeconds * 1000).toISOString().slice(0, 10) }
  const second = seconds - day * daySeconds
  const minute = Math.floor(second / 60)
  const text = `${lastDay.text}T${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}:${twoDigits[second % 60]}`
  return { text, fraction }
}

/** RFC 3339 in UTC ending in `Z`; the fraction has 0, 3, 6 or 9 digits, as many as are needed to lose nothing. */
export function formatNanos(nanos: Nanos): string {
  const { text, fraction } = spell(nanos)
  if (fraction === 0) return `${text}Z`
  if (fraction % 1_000_000 === 0) return `${text}.${String(fraction / 1_000_000).padStart(3, '0')}Z`
  if (fraction % 1000 === 0) return `${text}.${String(fraction / 1000).padStart(6, '0')}Z`
  return `${text}.${String(fraction).padStart(9, '0')}Z`
}

/** The spelling Demon's writers use and sort by: always nine digits and `+00:00` (contracts: demon 7.5, 8.8). */
export function formatDemonTime(nanos: Nanos): string {
  const { text, fraction } = spell(nanos)
  return `${text}.${String(fraction).padStart(9, '0')}+00:00`
}

export const millisBetween = (from: Nanos, to: Nanos): bigint => (to - from) / 1_000_000n

export const fromMillis = (millis: number): Nanos => BigInt(Math.round(millis)) * 1_000_000n
