import { LRUCache } from 'lru-cache'
import { type OperationTypeNode } from 'graphql'

/** What an operation was paid for, by name. */
export interface Spent {
  readonly operation: string
  readonly type: OperationTypeNode
  readonly cost: number
  /** Of the points that the budget gives back in the same time. */
  readonly share: number
  readonly perMinute: number
}

/** Who spends a budget on what: what advice is made of. Per process, fading, bounded. */
export interface Spending {
  note(key: string, operation: { readonly name: string | null; readonly type: OperationTypeNode }, cost: number): void
  /** The dearest first, at most five. */
  dearest(key: string, restorePerSecond: number): Spent[]
}

const halfLifeMs = 60_000
const maxNames = 50

interface Row {
  readonly type: OperationTypeNode
  cost: number
  count: number
  atMs: number
}

export function createSpending(nowMs: () => number = () => performance.now()): Spending {
  const rows = new LRUCache<string, LRUCache<string, Row>>({ max: 2000 })
  const faded = (row: Row, now: number): { cost: number; count: number } => {
    const factor = 0.5 ** ((now - row.atMs) / halfLifeMs)
    return { cost: row.cost * factor, count: row.count * factor }
  }
  // a steady flow of r a second settles at r times this: what turns a faded sum into a rate
  const seconds = halfLifeMs / 1000 / Math.LN2

  return {
    note(key, { name, type }, cost) {
      let own = rows.get(key)
      if (own === undefined) rows.set(key, (own = new LRUCache({ max: maxNames })))
      const operation = name === null || name.length > 80 ? 'anonymous' : name
      const now = nowMs()
      const row = own.get(operation)
      const before = row === undefined ? { cost: 0, count: 0 } : faded(row, now)
      own.set(operation, { type, cost: before.cost + cost, count: before.count + 1, atMs: now })
    },
    dearest(key, restorePerSecond) {
      const now = nowMs()
      return [...(rows.get(key)?.entries() ?? [])]
        .map(([operation, row]) => {
          const { cost, count } = faded(row, now)
          const share = Math.min(1, cost / seconds / restorePerSecond)
          return { operation, type: row.type, cost, share, perMinute: (count / seconds) * 60 }
        })
        .sort((a, b) => b.cost - a.cost)
        .slice(0, 5)
    },
  }
}
