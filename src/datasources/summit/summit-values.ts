import { formatNanos, parseNanos, type Nanos } from '../../time.ts'

/** Values of the driver as JSON: whole numbers that fit as numbers, others and temporals as text. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString()
  if (Array.isArray(value)) return value.map(jsonValue)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  // Temporals and points of the driver are objects of its classes; maps are plain ones.
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]))
}

/**
 * A time in any of Summit's three forms: epoch milliseconds, ISO text, or a temporal of the driver. (contract: summit 2.9, 15.5)
 * @returns undefined when there is a value that is no time
 */
export function summitTime(value: unknown): Nanos | null | undefined {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return value * 1_000_000n
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) * 1_000_000n : undefined
  const text = value instanceof Date ? value.toISOString() : String(value)
  // A temporal may carry a zone name behind its offset, or none at all: those are read as UTC.
  const plain = text.replace(/\[[^\]]*\]$/, '')
  return parseNanos(plain) ?? parseNanos(`${plain}Z`) ?? parseNanos(`${plain}T00:00:00Z`) ?? undefined
}

/** A map, JSON text of a map, or nothing. @returns undefined when it is none of these */
export function summitMap(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === null || value === undefined) return {}
  if (typeof value === 'string') {
    try {
      const parsed: unknown = JSON.parse(value)
      return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : undefined
    } catch {
      return undefined
    }
  }
  return typeof value === 'object' && !Array.isArray(value) ? (jsonValue(value) as Record<string, unknown>) : undefined
}

/** What is personal of people, and the numbers of organizations: shown to nobody through us. (contract: summit 3, 15.17) */
const personal = new Set(['email', 'phone', 'dateofbirth', 'ssn', 'passport', 'taxid', 'ein'])

/** Properties with what is personal cut out, at every depth. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      personal.has(key.toLowerCase().replaceAll('_', '')) ? '[REDACTED]' : redacted(inner),
    ]),
  )
}

export const timeText = (at: Nanos | null): string | null => (at === null ? null : formatNanos(at))
