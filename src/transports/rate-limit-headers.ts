import { type ExecutionResult } from 'graphql'

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * What is left of the budget as `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers): points, and seconds until the bucket is full again.
 * Empty where there is no budget.
 */
export function rateLimitHeaders({ extensions }: ExecutionResult): Record<string, string> {
  const cost = extensions?.['cost']
  const status = isMap(cost) ? cost['throttleStatus'] : null
  if (!isMap(status)) return {}
  const { maximumAvailable, currentlyAvailable, restoreRate } = status
  if (typeof maximumAvailable !== 'number' || typeof currentlyAvailable !== 'number' || typeof restoreRate !== 'number') return {}
  const seconds = (points: number): number => Math.ceil(points / restoreRate)
  return {
    'ratelimit-policy': `"cost";q=${maximumAvailable};w=${seconds(maximumAvailable)}`,
    ratelimit: `"cost";r=${currentlyAvailable};t=${seconds(maximumAvailable - currentlyAvailable)}`,
  }
}
