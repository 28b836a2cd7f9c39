/** Where a row stands in the order of its list: the sort key as the database spells it, then the id. */
export interface RowMark {
  readonly sort: string
  readonly id: string
}

export interface Marked<T> {
  readonly mark: RowMark
  readonly item: T
}

export interface ScanRequest {
  /** Begin behind this row, in the direction of the scan; null = at the end where it begins. */
  readonly from: RowMark | null
  readonly backward: boolean
  readonly size: number
}

export interface Scanned<T> {
  /** In the direction of the scan. */
  readonly items: readonly Marked<T>[]
  /** Rows beyond the last that was looked at may fit too: the scan met its bound. */
  readonly cut: boolean
}

const BATCH = 500
const MAX_ROWS = 10_000

/** Reads rows in their order until `size` of them fit; looks at a bounded number of them. */
export async function scanRows<T>(
  read: (request: ScanRequest) => Promise<readonly Marked<T>[]>,
  fits: (item: T) => boolean,
  { from, backward, size }: ScanRequest,
): Promise<Scanned<T>> {
  const items: Marked<T>[] = []
  let last = from
  for (let looked = 0; looked < MAX_ROWS; looked += BATCH) {
    const rows = await read({ from: last, backward, size: BATCH })
    for (const row of rows) {
      if (fits(row.item)) items.push(row)
      if (items.length >= size) return { items, cut: false }
    }
    last = rows.at(-1)?.mark ?? last
    if (rows.length < BATCH) return { items, cut: false }
  }
  return { items, cut: true }
}
