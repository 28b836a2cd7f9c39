import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isListType,
  isObjectType,
} from 'graphql'
import { type Context } from '../context.ts'
import { AppError } from '../errors.ts'
import { type Cost, type CostField, type CostPlan, type CostSet, type Variables } from './cost-plan.ts'
import { createWeights, type Weights } from './cost-weights.ts'
import { createEvaluator, ownCost, type Sized, sizesOf } from './cost.ts'

/** Counts what the lists of one operation hold beyond what their price assumes (`@listSize(assumedSize:)`). */
export interface LongLists {
  /**
   * Told before anything below the items is asked for.
   * @throws AppError COST_LIMIT_EXCEEDED when what would have to be loaded for them makes the operation dearer than one may be
   */
  found(path: GraphQLResolveInfo['path'], length: number): void
}

interface PricedOperation {
  readonly plan: CostPlan
  readonly variables: Variables
  readonly estimate: Cost
  readonly maxCost: number
}

export function createLongLists({ plan, variables, estimate, maxCost }: PricedOperation): LongLists {
  const evaluate = createEvaluator(variables)
  const known = new Map<string, { readonly assumed: number; readonly work: number }>()
  let cost = estimate.cost

  const priceOf = (keys: readonly string[]): { assumed: number; work: number } => {
    const fields = fieldsAt(plan.root, keys, variables)
    return {
      assumed: Math.min(...fields.map((field) => sizesOf(field, null, variables).count)),
      work: fields.reduce((sum, { alternatives }) => sum + dearest(alternatives, ({ set }) => workIn(set, null)), 0),
    }
  }

  /** What has to be loaded below one item: objects that came with it are there already. */
  const workIn = (set: CostSet, sized: Sized | null): number => {
    let sum = 0
    for (const { field, when } of set.fields) {
      if (when !== null && !when(variables)) continue
      const { count, inner } = sizesOf(field, sized, variables)
      const own = ownCost(field, variables)
      const isLoaded = own > 0 || field.slices.length > 0
      const each = dearest(field.alternatives, ({ set: one, weight }) =>
        isLoaded ? weight + evaluate(one, inner).cost : workIn(one, inner),
      )
      sum += own + count * each
    }
    for (const { set: one, when } of set.sets) if (when === null || when(variables)) sum += workIn(one, sized)
    return sum
  }

  return {
    found(path, length) {
      const keys = keysOf(path)
      const text = keys.join()
      let price = known.get(text)
      if (price === undefined) known.set(text, (price = priceOf(keys)))
      cost += Math.max(0, length - price.assumed) * price.work
      if (cost <= maxCost) return
      throw new AppError(
        'COST_LIMIT_EXCEEDED',
        `With the ${length} items of this list the operation costs ${Math.ceil(cost)}; ${maxCost} are allowed. Ask for less below them.`,
        { details: { limit: 'cost', max: maxCost } },
      )
    },
  }
}

const dearest = (alternatives: CostField['alternatives'], priceOf: (one: CostField['alternatives'][number]) => number): number =>
  Math.max(0, ...alternatives.map(priceOf))

function keysOf(path: GraphQLResolveInfo['path']): string[] {
  const keys: string[] = []
  for (let step: typeof path | undefined = path; step !== undefined; step = step.prev) if (typeof step.key === 'string') keys.push(step.key)
  return keys.reverse()
}

/** The fields that a response path leads to: several where one is written more than once, or in fragments. */
function fieldsAt(root: CostSet, keys: readonly string[], variables: Variables): CostField[] {
  let fields: CostField[] = []
  let sets: readonly CostSet[] = [root]
  for (const key of keys) {
    fields = sets.flatMap((set) => fieldsNamed(set, key, variables))
    sets = fields.flatMap(({ alternatives }) => alternatives.map(({ set }) => set))
  }
  return fields
}

const fieldsNamed = ({ fields, sets }: CostSet, key: string, variables: Variables): CostField[] => [
  ...fields.flatMap(({ field, when }) => (field.key === key && (when === null || when(variables)) ? [field] : [])),
  ...sets.flatMap(({ set, when }) => (when === null || when(variables) ? fieldsNamed(set, key, variables) : [])),
]

/**
 * Has every list whose size only its resolver knows counted before what lies below its items is asked for. Those whose items have all they can be
 * asked for already are left as they are.
 */
export function countLongLists(schema: GraphQLSchema): GraphQLSchema {
  const weights = createWeights(schema)
  const canLoad = createCanLoad(schema, weights)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const assumed = assumedSize(field, weights)
      if (assumed !== null && canLoad(getNamedType(field.type))) countItems(field, assumed)
    }
  }
  return schema
}

function assumedSize(field: GraphQLField<unknown, unknown>, weights: Weights): number | null {
  const size = weights.listSizeOf(field)
  return isListType(getNullableType(field.type)) && size?.slicingArguments.length === 0 ? size.assumedSize : null
}

/** Whether anything can be asked of a type, or below, that costs more than being there. */
function createCanLoad(schema: GraphQLSchema, weights: Weights): (type: GraphQLNamedType) => boolean {
  const canLoad = (type: GraphQLNamedType, seen: Set<GraphQLNamedType>): boolean => {
    if (seen.has(type)) return false
    seen.add(type)
    if (isAbstractType(type)) return schema.getPossibleTypes(type).some((possible) => canLoad(possible, seen))
    if (!isObjectType(type)) return false
    const isLoaded = (field: GraphQLField<unknown, unknown>): boolean =>
      weights.ofField(field) > 0 || (weights.listSizeOf(field)?.slicingArguments.length ?? 0) > 0
    return Object.values(type.getFields()).some((field) => isLoaded(field) || canLoad(getNamedType(field.type), seen))
  }
  return (type) => canLoad(type, new Set())
}

function countItems(field: GraphQLField<unknown, Context>, assumed: number): void {
  const { resolve = defaultFieldResolver } = field
  const count = (value: unknown, context: Context, info: GraphQLResolveInfo): unknown => {
    if (Array.isArray(value) && value.length > assumed) context.longList(info.path, value.length)
    return value
  }
  field.resolve = (parent, args, context, info) => {
    const value: unknown = resolve(parent, args, context, info)
    return value instanceof Promise ? value.then((list: unknown) => count(list, context, info)) : count(value, context, info)
  }
}
