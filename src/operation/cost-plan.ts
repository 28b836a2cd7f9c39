import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql'
import { type Weights } from './cost-weights.ts'
import { fragmentsOf } from './fragments.ts'
import { mentionsVariable } from './mentions-variable.ts'

export type Variables = Readonly<Record<string, unknown>>

/** Applies when all of these hold: `@skip` and `@include`. */
export type Condition = (variables: Variables) => boolean

/** One field's share of the cost expression. */
export interface CostField {
  /** Its key in the response. */
  readonly key: string
  readonly name: string
  readonly coordinate: string
  /** Once per execution. */
  readonly weight: number
  readonly argumentCost: ((variables: Variables) => number) | null
  readonly isList: boolean
  /** Reads the given sizes; empty when none was given. */
  readonly slices: readonly ((variables: Variables) => unknown)[]
  readonly assumedSize: number | null
  readonly sizedFields: readonly string[]
  readonly requireOneSlice: boolean
  /** What one value can be: one entry per possible type that differs in price; leaves have one without selections. */
  readonly alternatives: readonly { readonly weight: number; readonly isObject: boolean; readonly set: CostSet }[]
}

/** The fields of one selection set for one type of object. Sets are shared, so an expression is no larger than its document times the types in it. */
export interface CostSet {
  readonly fields: { readonly field: CostField; readonly when: Condition | null }[]
  readonly sets: { readonly set: CostSet; readonly when: Condition | null }[]
  /** How many places use it: results of those used more than once are remembered while evaluating. */
  uses: number
}

export interface Cost {
  /** Whole points, at least 1: no operation is free. */
  readonly cost: number
  /** Objects. */
  readonly nodes: number
}

export interface CostPlan {
  readonly root: CostSet
  /** Whether variables can change the estimate. */
  readonly dynamic: boolean
  /** The estimate that no variable changes, once somebody asked for it. */
  estimate: Cost | null
}

/** Introspection is priced as one thing: it is bounded by its own depth and answers from memory. */
const introspectionWeight = 10

const emptySet: CostSet = { fields: [], sets: [], uses: 0 }

/** Compiles a valid operation's cost expression, to be evaluated with the variables of each request. */
export function compileCost(schema: GraphQLSchema, weights: Weights, document: DocumentNode, operation: OperationDefinitionNode): CostPlan {
  const rootType = schema.getRootType(operation.operation)
  if (rootType == null) return { root: emptySet, dynamic: false, estimate: null }
  const fragments = fragmentsOf(document)
  const compiled = new Map<SelectionSetNode, Map<GraphQLObjectType, CostSet>>()
  let dynamic = false

  const conditionOf = (directives: readonly DirectiveNode[] | undefined): Condition | null => {
    const conditions = (directives ?? []).flatMap(({ name, arguments: given }): Condition[] => {
      const value = given?.find((argument) => argument.name.value === 'if')?.value
      if ((name.value !== 'skip' && name.value !== 'include') || value === undefined) return []
      const wanted = name.value === 'include'
      if (value.kind === Kind.BOOLEAN) return value.value === wanted ? [] : [() => false]
      dynamic = true
      const variable = value.kind === Kind.VARIABLE ? value.name.value : ''
      return [(variables) => (variables[variable] === true) === wanted]
    })
    return conditions.length === 0 ? null : (variables) => conditions.every((holds) => holds(variables))
  }

  const readerOf = (definition: GraphQLArgument, given: ArgumentNode | undefined): ((variables: Variables) => unknown) => {
    const fallback: unknown = definition.defaultValue
    if (given === undefined) return () => fallback
    const { value } = given
    if (!mentionsVariable(value)) {
      const constant = valueFromAST(value, definition.type)
      return () => constant
    }
    dynamic = true
    if (value.kind !== Kind.VARIABLE) return (variables) => valueFromAST(value, definition.type, variables)
    const name = value.name.value
    return (variables) => (variables[name] === undefined ? fallback : variables[name])
  }

  const compileField = (node: FieldNode, parent: GraphQLObjectType): CostField | null => {
    const name = node.name.value
    if (name === '__schema' || name === '__type') return introspectionField(node)
    const definition = parent.getFields()[name]
    if (definition === undefined) return null
    const size = weights.listSizeOf(definition)
    const given = new Map((node.arguments ?? []).map((argument) => [argument.name.value, argument]))
    const slices = (size?.slicingArguments ?? []).flatMap(([first = '', ...rest]) => {
      const argument = definition.args.find((one) => one.name === first)
      if (argument === undefined) return []
      const read = readerOf(argument, given.get(first))
      return [(variables: Variables) => rest.reduce((value: unknown, key) => (isMap(value) ? value[key] : undefined), read(variables))]
    })
    const paid = definition.args
      .filter((argument) => given.has(argument.name) && weights.argumentMatters(argument))
      .map((argument) => ({ argument, read: readerOf(argument, given.get(argument.name)) }))
    return {
      key: (node.alias ?? node.name).value,
      name,
      coordinate: `${parent.name}.${name}`,
      weight: weights.ofField(definition),
      argumentCost:
        paid.length === 0
          ? null
          : (variables) => paid.reduce((sum, { argument, read }) => sum + weights.ofArgument(argument, read(variables)), 0),
      isList: isListType(getNullableType(definition.type)),
      slices,
      assumedSize: size?.assumedSize ?? null,
      sizedFields: size?.sizedFields ?? [],
      requireOneSlice: size?.requireOneSlicingArgument === true && slices.length > 0,
      alternatives: alternativesOf(node, definition),
    }
  }

  const alternativesOf = (node: FieldNode, definition: GraphQLField<unknown, unknown>): CostField['alternatives'] => {
    const type = getNamedType(definition.type)
    const { selectionSet } = node
    if (selectionSet === undefined) return [{ weight: weights.ofType(type), isObject: false, set: emptySet }]
    if (isObjectType(type)) return [{ weight: weights.ofType(type), isObject: true, set: compileSet(selectionSet, type) }]
    if (!isAbstractType(type)) return []
    const alternatives = schema
      .getPossibleTypes(type)
      .map((possible) => ({ weight: weights.ofType(possible), isObject: true, set: compileSet(selectionSet, possible) }))
    // most types of `Node` are alike: nothing selected on them costs anything
    const bare = (set: CostSet): boolean => set.fields.length === 0 && set.sets.length === 0
    return alternatives.filter(
      (one, index) => !bare(one.set) || alternatives.findIndex((other) => bare(other.set) && other.weight === one.weight) === index,
    )
  }

  const add = (set: CostSet, selection: SelectionNode, type: GraphQLObjectType): void => {
    const when = conditionOf(selection.directives)
    if (selection.kind === Kind.FIELD) {
      const field = compileField(selection, type)
      if (field !== null && matters(field)) set.fields.push({ field, when })
      return
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    if (fragment === undefined) return
    const condition = fragment.typeCondition?.name.value
    if (condition !== undefined && condition !== type.name) {
      const named = schema.getType(condition)
      if (!isAbstractType(named) || !schema.isSubType(named, type)) return
    }
    const inner = compileSet(fragment.selectionSet, type)
    if (inner.fields.length > 0 || inner.sets.length > 0) set.sets.push({ set: inner, when })
  }

  const compileSet = (node: SelectionSetNode, type: GraphQLObjectType): CostSet => {
    let byType = compiled.get(node)
    if (byType === undefined) compiled.set(node, (byType = new Map()))
    let set = byType.get(type)
    if (set === undefined) {
      set = { fields: [], sets: [], uses: 0 }
      for (const selection of node.selections) add(set, selection, type)
      byType.set(type, set)
    }
    set.uses++
    return set
  }

  const root = compileSet(operation.selectionSet, rootType)
  return { root, dynamic, estimate: null }
}

const matters = (field: CostField): boolean =>
  field.weight !== 0 ||
  field.argumentCost !== null ||
  field.requireOneSlice ||
  field.alternatives.some(({ weight, isObject }) => isObject || weight !== 0)

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const introspectionField = (node: FieldNode): CostField => ({
  key: (node.alias ?? node.name).value,
  name: node.name.value,
  coordinate: `Query.${node.name.value}`,
  weight: introspectionWeight,
  argumentCost: null,
  isList: false,
  slices: [],
  assumedSize: null,
  sizedFields: [],
  requireOneSlice: false,
  alternatives: [{ weight: 0, isObject: false, set: emptySet }],
})
