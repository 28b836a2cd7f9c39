import { isObject, storable, type JsonObject } from '../projections/event-text.ts'

const most = 50

/** What writers put into `labels` or `tags`: a list of texts as they are, an object as `key=value`. */
export function labelsOf(payload: JsonObject): string[] {
  const given = payload['labels'] ?? payload['tags']
  if (Array.isArray(given))
    return given
      .filter((label) => typeof label === 'string')
      .map(storable)
      .slice(0, most)
  if (!isObject(given)) return []
  return Object.entries(given)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    .map(([key, value]) => storable(`${key}=${String(value)}`))
    .slice(0, most)
}
