import { createHash } from 'node:crypto'

const positional = new Set(['after', 'strict'])

const canonical = (value: unknown): string => {
  if (typeof value === 'bigint') return `n${value}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`
}

/**
 * A stable hash of the arguments that choose events: the order of names does not matter, null is the same as absent, and `after` and `strict`
 * are left out, since they say where to start and not what to deliver.
 */
export function filterHash(args: object): string {
  const choosing = Object.fromEntries(Object.entries(args).filter(([name]) => !positional.has(name)))
  return createHash('sha256').update(canonical(choosing)).digest('base64url').slice(0, 22)
}
