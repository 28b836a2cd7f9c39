import { type Page } from '../datasources/page.ts'

export interface Edge<T> {
  readonly cursor: string
  readonly node: T
}

/** A page as Relay shapes it: plain data, so that every executor reads it the same way. */
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

export function toConnection<T>(page: Page<T>): Connection<T> {
  return {
    edges: page.items.map(({ cursor, item }) => ({ cursor, node: item })),
    nodes: page.items.map(({ item }) => item),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: page.items[0]?.cursor ?? null,
      endCursor: page.items.at(-1)?.cursor ?? null,
    },
  }
}

export const toCountedConnection = <T>(page: Page<T>, count: () => Promise<number>): CountedConnection<T> => ({
  ...toConnection(page),
  count,
})
