import { type Budget, type Reservation } from './budget.ts'
import { actualCost, explainCost } from './cost.ts'
import { type Cost, type CostPlan, type Variables } from './cost-plan.ts'
import { createLongLists, type LongLists } from './long-lists.ts'
import { type PreparedOperation } from './operation.ts'

/** `extensions.cost`: the field names are Shopify's, with ours beside them. */
export interface CostExtension {
  /** What the operation was reserved for; null `actualQueryCost`: it was not executed. */
  readonly requestedQueryCost: number
  readonly actualQueryCost: number | null
  readonly nodeCount: number
  /** The dearest single operation. */
  readonly limit: number
  readonly retryAfterMs: number
  readonly throttleStatus: { readonly maximumAvailable: number; readonly currentlyAvailable: number; readonly restoreRate: number } | null
  /** The shared budget did not answer: this process decided alone, by a smaller share. */
  readonly local?: true
  /** The tenant is only measured: what would have been refused, had it been enforced. */
  readonly measured?: 'COST_LIMIT_EXCEEDED' | 'THROTTLED'
}

/** What one operation owes: opened when it is priced, closed when its answer is known. */
export interface Account {
  readonly estimate: Cost
  /** Whether it is only to be priced. */
  readonly dry: boolean
  /** Corrects the reservation by what the answer holds. `data` undefined: there is no answer, the estimate stands, up to the limit. */
  settle(data?: unknown): void
  /** One event of a subscription: its price comes on top. @returns the price */
  charge(data: unknown): number
  /** Counts lists that hold more than was priced, for one execution; null where nothing is refused. */
  longLists(): LongLists | null
  toExtension(): CostExtension & Record<string, unknown>
}

export interface AccountOptions {
  readonly plan: CostPlan
  /** As the pricing saw them. */
  readonly coerced: Variables
  readonly estimate: Cost
  readonly limit: number
  readonly operation: Pick<PreparedOperation, 'name' | 'type' | 'origin' | 'costMode'>
  readonly reservation: Reservation | null
  readonly budget: Budget
  readonly measured: CostExtension['measured'] | null
  /** Whether what is too dear is refused, and not only measured. */
  readonly enforced: boolean
}

export const isDry = ({ costMode }: Pick<PreparedOperation, 'costMode'>): boolean => costMode === 'validate' || costMode === 'explain'

/** Of the data of events: who shares an event's execution has the same document and variables, and so the same price. */
const prices = new WeakMap<object, number>()

export function openAccount(options: AccountOptions): Account {
  const { plan, coerced, estimate, limit, operation, reservation, budget, measured, enforced } = options
  const { viewer, log } = operation.origin
  let actual: number | null = null
  const priceOf = (data: unknown): number => {
    const known = prices.get(Object(data))
    if (known !== undefined) return known
    const price = actualCost(plan, coerced, data).cost
    prices.set(Object(data), price)
    return price
  }
  return {
    estimate,
    dry: isDry(operation),
    settle(data) {
      // who is only measured may estimate without an end, and would owe it for ever
      actual = data === undefined ? Math.min(estimate.cost, limit) : actualCost(plan, coerced, data).cost
      budget.note(viewer, operation, actual)
      void reservation?.settle(actual)
    },
    charge(data) {
      const price = priceOf(data)
      actual = (actual ?? 0) + price
      budget.note(viewer, operation, price)
      budget.charge({ viewer, log }, price)
      return price
    },
    longLists: () => (enforced ? createLongLists({ plan, variables: coerced, estimate, maxCost: limit }) : null),
    toExtension: () => ({
      ...costExtension({ estimate, actual, limit, reservation }),
      ...(measured === null ? {} : { measured }),
      ...(operation.costMode === 'explain' ? explainCost(plan, coerced) : {}),
    }),
  }
}

export function costExtension(of: {
  estimate: Cost
  actual: number | null
  limit: number
  reservation: Reservation | null
}): CostExtension {
  const { estimate, actual, limit, reservation } = of
  return {
    requestedQueryCost: estimate.cost,
    actualQueryCost: actual,
    nodeCount: estimate.nodes,
    limit,
    retryAfterMs: reservation?.retryAfterMs ?? 0,
    throttleStatus: reservation === null ? null : throttleStatus(reservation, actual),
    ...(reservation?.local === true ? { local: true } : {}),
  }
}

const throttleStatus = (reservation: Reservation, actual: number | null): CostExtension['throttleStatus'] => ({
  maximumAvailable: reservation.capacity,
  currentlyAvailable: Math.floor(
    Math.max(0, Math.min(reservation.capacity, reservation.remaining + (actual === null ? 0 : reservation.taken - actual))),
  ),
  restoreRate: reservation.restorePerSecond,
})
