import { type Page } from '../datasources/page.ts'

export interface Edge<T> {
  readonly cursor: string
  readonly node: T
}

/** A page as Relay shapes it. */
export interface Connection<T> {
  readonly edges: readonly Edge<T>[]
  readonly nodes: readonly T[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A connection that can count its whole list; the count is a statement of its own, made only when asked for. */
export interface CountedConnection<T> extends Connection<T> {
  readonly count: () => Promise<number>
}

/** Most answers read either `nodes` or `edges`, and cost what they read: each is made when it is first asked for. */
class PageConnection<T> implements Connection<T> {
  readonly #page: Page<T>

  constructor(page: Page<T>) {
    this.#page = page
  }

  get edges(): readonly Edge<T>[] {
    return this.#page.items.map(({ cursor, item }) => ({ cursor, node: item }))
  }

  get nodes(): readonly T[] {
    return this.#page.items.map(({ item }) => item)
  }

  get pageInfo(): Connection<T>['pageInfo'] {
    const { items, hasNextPage, hasPreviousPage } = this.#page
    return { hasNextPage, hasPreviousPage, startCursor: items[0]?.cursor ?? null, endCursor: items.at(-1)?.cursor ?? null }
  }
}

class CountedPageConnection<T> extends PageConnection<T> implements CountedConnection<T> {
  readonly count: () => Promise<number>

  constructor(page: Page<T>, count: () => Promise<number>) {
    super(page)
    this.count = count
  }
}

export const toConnection = <T>(page: Page<T>): Connection<T> => new PageConnection(page)

export const toCountedConnection = <T>(page: Page<T>, count: () => Promise<number>): CountedConnection<T> =>
  new CountedPageConnection(page, count)
