import { type Cost, type CostField, type CostPlan, type CostSet, type Variables } from './cost-plan.ts'
import { refuse } from './refused.ts'

/** What a list without any word about its size is taken to hold. */
const defaultListSize = 10

export interface Sum {
  cost: number
  nodes: number
}

/** Sizes that a field gives to fields of the object it returns, as a connection gives them to its edges. */
export interface Sized {
  readonly names: readonly string[]
  readonly size: number
}

const whole = ({ cost, nodes }: Sum): Cost => ({
  cost: Math.min(Math.max(1, Math.ceil(cost)), Number.MAX_SAFE_INTEGER),
  nodes: Math.min(nodes, Number.MAX_SAFE_INTEGER),
})

export const ownCost = (field: CostField, variables: Variables): number =>
  Math.max(0, field.weight + (field.argumentCost?.(variables) ?? 0))

/** @throws Refused VALIDATION when a field that needs exactly one size got none or several */
function givenSize(field: CostField, variables: Variables): number | null {
  let count = 0
  let size = 0
  for (const read of field.slices) {
    const value = read(variables)
    const given = Array.isArray(value) ? value.length : value
    if (typeof given !== 'number') continue
    count++
    size = Math.max(size, given)
  }
  if (field.requireOneSlice && count !== 1)
    throw refuse('VALIDATION', 'GRAPHQL_VALIDATION_FAILED', `"${field.coordinate}" needs exactly one argument that says how many.`)
  return count === 0 ? null : size
}

interface Sizes {
  /** How many values the field gives. */
  readonly count: number
  readonly inner: Sized | null
}

export function sizesOf(field: CostField, sized: Sized | null, variables: Variables): Sizes {
  const given = givenSize(field, variables)
  const size = given ?? field.assumedSize ?? defaultListSize
  const inner = field.sizedFields.length === 0 ? null : { names: field.sizedFields, size }
  if (!field.isList) return { count: 1, inner }
  return { count: sized !== null && sized.names.includes(field.name) ? sized.size : size, inner }
}

/**
 * The most an operation can cost with these variables: every field's weight, lists by their given or assumed size, the dearest type where there
 * are several; nothing for what `@skip` and `@include` leave out.
 * @throws Refused VALIDATION (see `@listSize(requireOneSlicingArgument:)`)
 */
export function estimateCost(plan: CostPlan, variables: Variables): Cost {
  if (plan.dynamic) return evaluateCost(plan, variables)
  return (plan.estimate ??= evaluateCost(plan, variables))
}

const evaluateCost = (plan: CostPlan, variables: Variables): Cost => whole(createEvaluator(variables)(plan.root, null))

/** Prices selection sets with these variables, each once. */
export function createEvaluator(variables: Variables): (set: CostSet, sized: Sized | null) => Sum {
  const known = new Map<CostSet, Map<string, Sum>>()

  const evaluate = (set: CostSet, sized: Sized | null): Sum => {
    if (set.uses <= 1) return add(set, sized)
    const key = sized === null ? '' : `${sized.size}:${sized.names.join()}`
    let sums = known.get(set)
    if (sums === undefined) known.set(set, (sums = new Map()))
    let sum = sums.get(key)
    if (sum === undefined) sums.set(key, (sum = add(set, sized)))
    return sum
  }

  const add = (set: CostSet, sized: Sized | null): Sum => {
    const sum: Sum = { cost: 0, nodes: 0 }
    for (const { field, when } of set.fields) {
      if (when !== null && !when(variables)) continue
      const { count, inner } = sizesOf(field, sized, variables)
      let each: Sum = { cost: 0, nodes: 0 }
      for (const alternative of field.alternatives) {
        const selected = evaluate(alternative.set, inner)
        const cost = Math.max(0, alternative.weight + selected.cost)
        each = { cost: Math.max(each.cost, cost), nodes: Math.max(each.nodes, selected.nodes + (alternative.isObject ? 1 : 0)) }
      }
      const times = Math.max(0, count)
      sum.cost += ownCost(field, variables) + (times === 0 ? 0 : times * each.cost)
      sum.nodes += times === 0 ? 0 : times * each.nodes
    }
    for (const { set: inner, when } of set.sets) {
      if (when !== null && !when(variables)) continue
      const { cost, nodes } = evaluate(inner, sized)
      sum.cost += cost
      sum.nodes += nodes
    }
    return sum
  }

  return evaluate
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Nothing selected in it costs anything. */
const isBare = ({ fields, sets }: CostSet): boolean => fields.length === 0 && sets.length === 0

/** How many values are there, in lists of whatever depth. */
function countOf(value: unknown): number {
  if (!Array.isArray(value)) return value == null ? 0 : 1
  let count = 0
  for (const one of value) count += countOf(one)
  return count
}

/** What an answer did cost: the same sum over what it really holds. Never more than the estimate while lists keep to their assumed size. */
export function actualCost(plan: CostPlan, variables: Variables, data: unknown): Cost {
  // An answer has thousands of values: each adds to one sum instead of making its own.
  const addValue = (field: CostField, value: unknown, sum: Sum): void => {
    const [only] = field.alternatives
    if (value == null || only === undefined) return
    const { weight, isObject, set } = only
    const dearest = field.alternatives.length > 1 || weight < 0
    if (!dearest && isBare(set)) {
      const count = countOf(value)
      sum.cost += count * weight
      if (isObject) sum.nodes += count
    } else if (Array.isArray(value)) for (const one of value) addValue(field, one, sum)
    else if (dearest) addDearest(field, value, sum)
    else {
      sum.cost += weight
      if (isObject) sum.nodes += 1
      if (isMap(value)) addSet(set, value, sum)
    }
  }

  const addDearest = (field: CostField, value: unknown, sum: Sum): void => {
    let most: Sum = { cost: 0, nodes: 0 }
    for (const { weight, isObject, set } of field.alternatives) {
      const selected: Sum = { cost: 0, nodes: 0 }
      if (isMap(value)) addSet(set, value, selected)
      const cost = Math.max(0, weight + selected.cost)
      most = { cost: Math.max(most.cost, cost), nodes: Math.max(most.nodes, selected.nodes + (isObject ? 1 : 0)) }
    }
    sum.cost += most.cost
    sum.nodes += most.nodes
  }

  const addSet = (set: CostSet, value: Record<string, unknown>, sum: Sum): void => {
    for (const { field, when } of set.fields) {
      const inner = value[field.key]
      if (inner === undefined || (when !== null && !when(variables))) continue
      sum.cost += ownCost(field, variables)
      addValue(field, inner, sum)
    }
    for (const { set: inner, when } of set.sets) if (when === null || when(variables)) addSet(inner, value, sum)
  }

  const sum: Sum = { cost: 0, nodes: 0 }
  if (isMap(data)) addSet(plan.root, data, sum)
  return whole(sum)
}

export interface DearPath {
  readonly path: string
  /** Its own share, without what lies below it. */
  readonly cost: number
  readonly count: number
}

/** Fields looked at while explaining; the rest is not shown. */
const maxExplained = 5000

/** The ten fields that cost most, each without what lies below it, and how many times it is priced; with a hint what to change. */
export function explainCost(plan: CostPlan, variables: Variables): { dearest: DearPath[]; hint: string | null } {
  const paths = new Map<string, { cost: number; count: number }>()
  let longest: { path: string; size: number } | null = null
  let left = maxExplained

  const walk = (set: CostSet, sized: Sized | null, above: string, times: number): void => {
    for (const { field, when } of set.fields) {
      if (left-- <= 0) return
      if (when !== null && !when(variables)) continue
      const { count, inner } = sizesOf(field, sized, variables)
      const path = above === '' ? field.key : `${above}.${field.key}`
      const total = times * Math.max(0, count)
      const weight = field.alternatives.reduce((most, one) => Math.max(most, one.weight), 0)
      const before = paths.get(path) ?? { cost: 0, count: 0 }
      paths.set(path, { cost: before.cost + times * ownCost(field, variables) + total * weight, count: before.count + total })
      const size = inner?.size ?? (field.slices.length > 0 ? count : 0)
      if (field.slices.length > 0 && size > (longest?.size ?? 1)) longest = { path, size }
      for (const alternative of field.alternatives) walk(alternative.set, inner, path, total)
    }
    for (const { set: inner, when } of set.sets) if (when === null || when(variables)) walk(inner, sized, above, times)
  }

  walk(plan.root, null, '', 1)
  const dearest = [...paths]
    .map(([path, sums]) => ({ path, ...sums }))
    .filter(({ cost }) => cost > 0)
    .sort((a, b) => b.cost - a.cost)
    .slice(0, 10)
  return { dearest, hint: hintOf(longest) }
}

const hintOf = (longest: { path: string; size: number } | null): string | null =>
  longest === null
    ? null
    : `\`${longest.path}\` is priced for ${longest.size} items: ask for a smaller page${longest.size > 20 ? ', such as `first: 20`' : ''}, or subscribe to what changes instead of asking again.`
