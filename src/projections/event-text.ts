import { isNestedTooDeeply } from '../nesting.ts'

/**
 * Text in a shape that PostgreSQL can hold: U+0000 and lone surrogates become U+FFFD. They can only come from JSON escapes, so the
 * exact text stays in the event's payload; two ids that differ in nothing but such characters are one id to us.
 */
export const storable = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, '\ufffd')

/** Ids are indexed, and an index entry has a limit (about 2,700 bytes); what is longer cannot be an id. */
export const maxIdBytes = 800

export const fitsIndex = (text: string): boolean => text.length <= maxIdBytes && Buffer.byteLength(text) <= maxIdBytes

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @returns null when the bytes are not UTF-8 */
export function decodeText(payload: Uint8Array): string | null {
  try {
    return utf8.decode(payload)
  } catch {
    return null
  }
}

/** The payload of a dead letter: its text where that can be stored as it is, else `base64:` and its bytes. */
export function deadLetterText(payload: Uint8Array): string {
  const text = decodeText(payload)
  return text === null || text.includes('\0') ? `base64:${Buffer.from(payload).toString('base64')}` : text
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @returns the object, or why there is none */
export function parseJsonObject(payload: Uint8Array | string): { text: string; object: JsonObject } | { refused: string } {
  const text = typeof payload === 'string' ? payload : decodeText(payload)
  if (text === null) return { refused: 'the payload is not UTF-8' }
  try {
    const object: unknown = JSON.parse(text)
    return isObject(object) ? { text, object } : { refused: 'the payload is not a JSON object' }
  } catch {
    return { refused: 'the payload is not JSON' }
  }
}

/** JSON as text for a column; null for what is absent, and for what is nested too deeply to be written again (the payload still holds it). */
export function jsonText(value: unknown): string | null {
  if (value === undefined || value === null) return null
  try {
    const text = JSON.stringify(value)
    return isNestedTooDeeply(value, text.length) ? null : text
  } catch {
    return null
  }
}

/** Storable text, or null for anything that is not text. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? storable(value) : null)

/** An id that an index can hold, or null. */
export function idOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && fitsIndex(text) ? text : null
}

/** A whole number of 32 bits (what GraphQL's Int holds), or null. */
export const intOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2_147_483_647 ? value : null
