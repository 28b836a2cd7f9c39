import fc from 'fast-check'
import { type Test } from 'tap'
import { type Page, type PageRequest } from '../../src/datasources/page.ts'
import { isAppError } from '../../src/errors.ts'

export interface Window<T> {
  readonly items: readonly T[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Every page of a list, as plain slices of it: what a keyset must equal. Backward, the last page comes first. */
export function windowOf<T>(all: readonly T[], size: number, direction: PageRequest['direction']): Window<T>[] {
  const count = Math.max(1, Math.ceil(all.length / size))
  return Array.from({ length: count }, (_unused, at) => {
    const [from, to] =
      direction === 'FORWARD'
        ? [at * size, Math.min(all.length, (at + 1) * size)]
        : [Math.max(0, all.length - (at + 1) * size), all.length - at * size]
    return { items: all.slice(from, to), hasNextPage: to < all.length, hasPreviousPage: from > 0 }
  })
}

export const forward = (size: number, cursor: string | null = null): PageRequest => ({ size, direction: 'FORWARD', cursor })
export const itemsOf = <T>(page: Page<T>): T[] => page.items.map(({ item }) => item)
/** A page without its cursors, to be compared with a window. */
export const shown = <T>(page: Page<T>): Window<T> => ({ ...page, items: itemsOf(page) })

/** Filters with at most two conditions: with more, hardly anything would be left to page through. */
export function fewOf<T extends object>(conditions: { readonly [Name in keyof T]-?: fc.Arbitrary<NonNullable<T[Name]>> }): fc.Arbitrary<
  Partial<T>
> {
  const names = Object.keys(conditions) as (keyof T)[]
  return fc
    .tuple(fc.record<T>(conditions), fc.subarray(names, { maxLength: 2 }))
    .map(([all, kept]) => Object.fromEntries(kept.map((name) => [name, all[name]])) as Partial<T>)
}

export const compare = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0)

/** Every page of the list, read to its end in one direction. */
export async function pages<T>(
  read: (page: PageRequest) => Promise<Page<T>>,
  size: number,
  direction: PageRequest['direction'],
): Promise<Page<T>[]> {
  const found: Page<T>[] = []
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await read({ size, direction, cursor })
    found.push(page)
    const more = direction === 'FORWARD' ? page.hasNextPage : page.hasPreviousPage
    cursor = (direction === 'FORWARD' ? page.items.at(-1) : page.items[0])?.cursor ?? null
    if (!more || cursor === null || found.length > 1000) return found
  }
}

export async function rejectsCursor(t: Test, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    t.fail('it was accepted')
  } catch (error) {
    t.ok(isAppError(error, 'BAD_USER_INPUT'), String(error))
    t.match(String(error), 'This is not a cursor of this list.')
  }
}
