const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** JSON with the keys of every object in one order, so that equal values give equal text whatever order they were written in; a bigint becomes `5n`. */
export const stableJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? 'null'
