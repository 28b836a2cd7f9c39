/** A request for one page, already checked: exactly one direction, 1..100 rows. */
export interface PageRequest {
  readonly size: number
  readonly direction: 'FORWARD' | 'BACKWARD'
  /** Start after (forward) or before (backward) this cursor of an earlier page; null = from the end. */
  readonly cursor: string | null
}

/** One page in the order of the list, whichever way it was read. */
export interface Page<T> {
  readonly items: readonly { readonly cursor: string; readonly item: T }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

export const emptyPage: Page<never> = Object.freeze({ items: [], hasNextPage: false, hasPreviousPage: false })
