import { createHash } from 'node:crypto'
import { fitsIndex, storable } from '../../projections/event-text.ts'

const HASHED = '#sha256:'

/**
 * What an id of a node or edge is indexed by: itself, or a hash of it where an index or the database cannot hold it. Ids may be any text.
 * @returns `text` is the id as JSON text where the key is not the id, else null
 */
export function keyOf(id: string): { readonly key: string; readonly text: string | null } {
  if (fitsIndex(id) && storable(id) === id && !id.startsWith(HASHED)) return { key: id, text: null }
  const text = JSON.stringify(id)
  return { key: `${HASHED}${createHash('sha256').update(text).digest('hex')}`, text }
}

/** The id that `keyOf` made a row of. */
export const idOfKey = (key: string, text: string | null): string => (text === null ? key : (JSON.parse(text) as string))

/** A label as it is kept: each is followed by U+0001 in the text of a version, so that it can be found whole. */
export const labelKey = (label: string): string => storable(label).replaceAll('\u0001', '\ufffd')

/** The position of a version that is still open; as a number of 32 bits it sorts behind every commit. */
export const OPEN = 2_147_483_647
