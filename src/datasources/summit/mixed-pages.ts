import { badUserInput } from '../../errors.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Marked, type RowMark, type ScanRequest } from './keyset-scan.ts'

/**
 * A place between the items of two lists: of each, the last item at or before it and the first at or behind it; null where there is none. Whichever
 * way a page is read from there, neither list gives an item twice or leaves one out.
 */
interface Between {
  readonly demon: readonly [string | null, string | null]
  readonly summit: readonly [RowMark | null, RowMark | null]
}

const PREFIX = 'mix.'
const encode = ({ demon, summit }: Between): string => PREFIX + Buffer.from(JSON.stringify([demon, summit])).toString('base64url')

const isText = (value: unknown): value is string => typeof value === 'string'
const pairOf = <T>(value: unknown, fits: (one: unknown) => one is T): readonly [T, T] | null => {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [first, second]: unknown[] = value
  return fits(first) && fits(second) ? [first, second] : null
}
const textOrNull = (value: unknown): value is string | null => value === null || isText(value)
const markOrNull = (value: unknown): value is RowMark | null =>
  value === null || (typeof value === 'object' && 'sort' in value && isText(value.sort) && 'id' in value && isText(value.id))

/** A cursor of Demon's list alone was given while Summit was not there. */
function placeOf(cursor: string | null): Between {
  if (cursor === null || !cursor.startsWith(PREFIX)) return { demon: [cursor, cursor], summit: [null, null] }
  try {
    const [demon, summit] = JSON.parse(Buffer.from(cursor.slice(PREFIX.length), 'base64url').toString('utf8')) as unknown[]
    const [ours, theirs] = [pairOf(demon, textOrNull), pairOf(summit, markOrNull)]
    if (ours !== null && theirs !== null) return { demon: ours, summit: theirs }
  } catch {
    // falls through: it is not ours
  }
  throw badUserInput('This is not a cursor of this list.')
}

export interface MixedLists<T> {
  readonly demon: (page: PageRequest) => Promise<Page<T>>
  /** In the direction of the request. */
  readonly summit: (request: ScanRequest) => Promise<readonly Marked<T>[]>
  /** Whether the first comes before the second. */
  readonly before: (a: T, b: T) => boolean
}

/** One page of two lists in one order. */
export async function mixedPage<T>(page: PageRequest, { demon, summit, before }: MixedLists<T>): Promise<Page<T>> {
  const backward = page.direction === 'BACKWARD'
  const at = placeOf(page.cursor)
  // Forward begins behind what is before the place, backward before what is behind it; where that is nothing, at the end of the list.
  const edge = backward ? 1 : 0
  const [mine, theirs] = await Promise.all([
    demon({ ...page, cursor: at.demon[edge] }),
    summit({ from: at.summit[edge], backward, size: page.size + 1 }),
  ])
  const ours = (backward ? [...mine.items].reverse() : [...mine.items]).map(({ cursor, item }) => ({ mark: cursor, item }))
  const others = [...theirs]
  let lastDemon = at.demon[edge]
  let lastSummit = at.summit[edge]
  /** What was passed lies on the one side of a place, what comes next on the other. */
  const around = <Cursor>(passed: Cursor | null, next: Cursor | null): readonly [Cursor | null, Cursor | null] =>
    backward ? [next, passed] : [passed, next]
  const merged: { cursor: string; item: T }[] = []
  while (merged.length < page.size && (ours.length > 0 || others.length > 0)) {
    const [first] = ours
    const [second] = others
    if (first !== undefined && !comesFirst(second, first.item, backward, before)) {
      ours.shift()
      lastDemon = first.mark
      const place = { demon: [first.mark, first.mark] as const, summit: around(lastSummit, second?.mark ?? null) }
      merged.push({ cursor: encode(place), item: first.item })
    } else if (second !== undefined) {
      others.shift()
      lastSummit = second.mark
      const place = { demon: around(lastDemon, first?.mark ?? null), summit: [second.mark, second.mark] as const }
      merged.push({ cursor: encode(place), item: second.item })
    }
  }
  const more = ours.length > 0 || others.length > 0 || (backward ? mine.hasPreviousPage : mine.hasNextPage)
  if (backward) merged.reverse()
  const earlier = page.cursor !== null
  return { items: merged, hasNextPage: backward ? earlier : more, hasPreviousPage: backward ? more : earlier }
}

function comesFirst<T>(summit: Marked<T> | undefined, demon: T, backward: boolean, before: (a: T, b: T) => boolean): boolean {
  if (summit === undefined) return false
  return before(summit.item, demon) !== backward
}
