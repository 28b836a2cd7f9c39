import { type Budget, type Reservation } from './budget.ts'
import { actualCost, type Cost, explainCost } from './cost.ts'
import { type CostPlan, type Variables } from './cost-plan.ts'
import { type RequestOrigin } from './operation.ts'

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
}

/** What one operation owes: opened when it is priced, closed when its answer is known. */
export interface Account {
  readonly estimate: Cost
  /** Whether it is only to be priced. */
  readonly dry: boolean
  /** Corrects the reservation by what the answer holds. `data` undefined: there is no answer, the estimate stands. */
  settle(data?: unknown): void
  /** One event of a subscription: its price comes on top. */
  charge(data: unknown): void
  toExtension(): Record<string, unknown>
}

export interface AccountOptions {
  readonly plan: CostPlan
  readonly variables: Variables
  readonly estimate: Cost
  readonly limit: number
  readonly origin: RequestOrigin
  readonly reservation: Reservation | null
  readonly budget: Budget
}

export function openAccount({ plan, variables, estimate, limit, origin, reservation, budget }: AccountOptions): Account {
  const dry = origin.costMode === 'validate' || origin.costMode === 'explain'
  let actual: number | null = null
  return {
    estimate,
    dry,
    settle(data) {
      actual = data === undefined ? estimate.cost : actualCost(plan, variables, data).cost
      void reservation?.settle(actual)
    },
    charge(data) {
      void budget.charge(origin.viewer, actualCost(plan, variables, data).cost, origin.log)
    },
    toExtension: () => ({
      ...costExtension({ estimate, actual, limit, reservation }),
      ...(origin.costMode === 'explain' ? explainCost(plan, variables) : {}),
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
    throttleStatus:
      reservation === null
        ? null
        : {
            maximumAvailable: reservation.capacity,
            currentlyAvailable: Math.floor(
              Math.max(0, Math.min(reservation.capacity, reservation.available + (actual === null ? 0 : estimate.cost - actual))),
            ),
            restoreRate: reservation.restorePerSecond,
          },
    ...(reservation?.local === true ? { local: true } : {}),
  }
}
