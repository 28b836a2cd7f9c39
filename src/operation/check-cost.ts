import { GraphQLError } from 'graphql'
import { costExtension } from './account.ts'
import { explainCost } from './cost.ts'
import { type Cost, type CostPlan, type Variables } from './cost-plan.ts'
import { type Batch, type CostMode } from './operation.ts'
import { Refused } from './refused.ts'

export interface CostCheck {
  readonly plan: CostPlan
  readonly variables: Variables
  readonly estimate: Cost
  readonly maxCost: number
  readonly maxNodes: number
  readonly batch: Batch | undefined
  readonly costMode: CostMode | null
}

/**
 * One operation, or the batch it belongs to, against what is allowed at once. Adds to the batch what passed.
 * @returns the refusal (COST_LIMIT_EXCEEDED), or null
 */
export function checkCost({ plan, variables, estimate, maxCost, maxNodes, batch, costMode }: CostCheck): Refused | null {
  const total = (batch?.cost ?? 0) + estimate.cost
  if (total <= maxCost && estimate.nodes <= maxNodes) {
    if (batch !== undefined) batch.cost = total
    return null
  }
  const tooMany = estimate.nodes > maxNodes && total <= maxCost
  const message = tooMany
    ? `The operation could give ${estimate.nodes} objects; ${maxNodes} are allowed.`
    : `The ${total === estimate.cost ? 'operation' : 'batch'} costs ${total}; ${maxCost} are allowed.`
  const { dearest, hint } = explainCost(plan, variables)
  const cost = {
    ...costExtension({ estimate, actual: null, limit: maxCost, reservation: null }),
    ...(costMode === 'explain' ? { dearest } : {}),
    hint,
  }
  const details = tooMany ? { limit: 'nodes', max: maxNodes } : { limit: 'cost', max: maxCost }
  const error = new GraphQLError(message, { extensions: { code: 'COST_LIMIT_EXCEEDED', ...details } })
  return new Refused('COST', [error], { extensions: { cost } })
}
