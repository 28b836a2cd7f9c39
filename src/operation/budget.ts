import { type FastifyBaseLogger } from 'fastify'
import { type OperationTypeNode } from 'graphql'
import { type Viewer } from '../auth/viewer.ts'
import { type BucketShape } from '../datasources/cache/cache.ts'
import { type Clock, type Nanos } from '../time.ts'
import { type Buckets, type Taken } from './buckets.ts'
import { createSpending, type Spent } from './spending.ts'

export interface BudgetOptions {
  readonly buckets: Buckets
  /** 0 = no budget. */
  readonly capacity: number
  readonly restorePerSecond: number
  readonly clock: Clock
}

/** What a caller's bucket holds after a reservation. */
export interface Reservation extends Taken {
  /** Corrects the reservation once the real cost is known. Never rejects. */
  settle(actualCost: number): Promise<void>
}

interface Payer {
  readonly viewer: Viewer
  readonly log: FastifyBaseLogger
}

interface Payment {
  readonly name: string | null
  readonly type: OperationTypeNode
}

/** Where a caller's budget stands, for `Query.rateLimit`. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  readonly restorePerSecond: number
  /** When the bucket is full again, if nothing more is spent. */
  readonly resetAt: Nanos
  readonly advice: readonly { readonly operation: string; readonly share: number; readonly suggestion: string }[]
}

/** Points that a tenant's callers of one kind may spend: a leaky bucket that is shared by all replicas. */
export interface Budget {
  /** Null when there is no budget. Never rejects. */
  reserve(payer: Payer, cost: number): Promise<Reservation | null>
  /** What happened already and must be paid for, granted or not: an event that was delivered. */
  charge(payer: Payer, cost: number): void
  /** Remembers what the points went to, for advice. */
  note(viewer: Viewer, operation: Payment, cost: number): void
  status(payer: Payer): Promise<RateLimit>
}

export function createBudget({ buckets, capacity, restorePerSecond, clock }: BudgetOptions): Budget {
  const shape: BucketShape = { capacity, restorePerSecond }
  const spending = createSpending()
  /** By bucket, what was delivered in this turn of the event loop: a hundred readers of an event are one call to the store. */
  const owed = new Map<string, number>()
  const nothing: Pick<Taken, 'remaining' | 'capacity' | 'restorePerSecond'> = { remaining: 0, capacity: 0, restorePerSecond: 0 }
  return {
    async reserve({ viewer, log }, cost) {
      if (capacity === 0) return null
      const key = keyOf(viewer)
      const taken = await buckets.take(key, cost, shape, log)
      // one operation may be dearer than the whole bucket, and owes all of it
      const owing = (actual: number): BucketShape => ({ capacity: Math.max(capacity, actual), restorePerSecond })
      return { ...taken, settle: (actual) => buckets.settle(key, actual - taken.taken, owing(actual), log, taken.local) }
    },
    charge({ viewer, log }, cost) {
      if (capacity === 0) return
      const key = keyOf(viewer)
      const before = owed.get(key)
      owed.set(key, (before ?? 0) + cost)
      if (before !== undefined) return
      setImmediate(() => {
        const sum = owed.get(key) ?? 0
        owed.delete(key)
        void buckets.settle(key, sum, shape, log)
      })
    },
    note(viewer, operation, cost) {
      if (capacity !== 0) spending.note(keyOf(viewer), operation, cost)
    },
    async status({ viewer, log }) {
      const now = capacity === 0 ? nothing : await buckets.take(keyOf(viewer), 0, shape, log)
      const missing = now.capacity - now.remaining
      const waitMs = now.restorePerSecond === 0 ? 0 : Math.ceil((missing / now.restorePerSecond) * 1000)
      return {
        limit: Math.floor(now.capacity),
        remaining: Math.floor(now.remaining),
        restorePerSecond: now.restorePerSecond,
        resetAt: clock.now() + BigInt(waitMs) * 1_000_000n,
        advice: capacity === 0 ? [] : spending.dearest(keyOf(viewer), restorePerSecond).flatMap(adviceOf),
      }
    },
  }
}

const keyOf = (viewer: Viewer): string => `budget:${viewer.tenantId}:${viewer.kind}`

/** Below this share of the budget nobody needs advice. */
const worthSaying = 0.01
/** From this many times a minute on a query polls. */
const pollsFrom = 4

function adviceOf({ operation, type, share, perMinute }: Spent): RateLimit['advice'] {
  if (share < worthSaying) return []
  const percent = `${Math.round(share * 100)} %`
  const often = `about ${Math.round(perMinute)} times a minute`
  if (type === 'subscription')
    return [{ operation, share, suggestion: `It takes ${percent} of the budget in events: narrow its filter, or select less.` }]
  if (type === 'query' && perMinute >= pollsFrom)
    return [
      { operation, share, suggestion: `It asks ${often} for ${percent} of the budget: subscribe to what changes instead of asking again.` },
    ]
  return [{ operation, share, suggestion: `It takes ${percent} of the budget: ask for smaller pages, or for fewer fields in lists.` }]
}
