/**
 * JSON that keeps `bigint`: `{"$bigint":"123"}`. A key of ours that begins with `$` gets one more, so that nothing can pose as a tag.
 * Values must otherwise be what JSON can hold; `undefined` in an object is left out, at the top it stays undefined.
 */
export const toStoredJson = (value: unknown): string => JSON.stringify(tag({ value }))

/** @throws SyntaxError for a text that `toStoredJson` did not write */
export function fromStoredJson(text: string): unknown {
  const stored: unknown = untag(JSON.parse(text))
  return typeof stored === 'object' && stored !== null && 'value' in stored ? stored.value : undefined
}

const mapKeys = (value: object, key: (key: string) => string, item: (item: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(value).map(([name, inner]) => [key(name), item(inner)]))

function tag(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  if (Array.isArray(value)) return value.map(tag)
  return mapKeys(value, (key) => (key.startsWith('$') ? `$${key}` : key), tag)
}

function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(untag)
  if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint)
  return mapKeys(value, (key) => (key.startsWith('$$') ? key.slice(1) : key), untag)
}
