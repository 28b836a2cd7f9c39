import {
  getDirectiveValues,
  getNamedType,
  getNullableType,
  type ASTNode,
  type DirectiveNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
} from 'graphql'

/** What `@listSize` says about a field. */
export interface ListSize {
  readonly assumedSize: number | null
  /** Each as a path into the arguments: `page.size` is `['page', 'size']`. */
  readonly slicingArguments: readonly (readonly string[])[]
  readonly sizedFields: readonly string[]
  readonly requireOneSlicingArgument: boolean
}

/** Reads what the SDL says about prices; every answer is remembered. */
export interface Weights {
  /** Added once whenever the field is executed. */
  ofField(field: GraphQLField<unknown, unknown>): number
  /** Added for each value of the type that is returned: 1 for objects, 0 for leaves, unless `@cost` says otherwise. */
  ofType(type: GraphQLNamedType): number
  listSizeOf(field: GraphQLField<unknown, unknown>): ListSize | null
  /** Whether anything given for this argument can cost something. */
  argumentMatters(argument: GraphQLArgument): boolean
  /** What a coerced value given for this argument adds to its field. */
  ofArgument(argument: GraphQLArgument, value: unknown): number
}

type Directed = ASTNode & { readonly directives?: readonly DirectiveNode[] }

/** A list that must be given a list answers it item by item. `@listSize` cannot say so: composers take numbers only as slicing arguments. */
const answeredLists = ({ type, args }: GraphQLField<unknown, unknown>): string[] =>
  isListType(getNullableType(type))
    ? args.filter((one) => isRequiredArgument(one) && isListType(getNullableType(one.type))).map(({ name }) => name)
    : []

export function createWeights(schema: GraphQLSchema): Weights {
  const weights = new WeakMap<object, number | null>()
  const listSizes = new WeakMap<object, ListSize | null>()
  const mattering = new Map<GraphQLNamedType, boolean>()

  const directive = (name: string, node: Directed | null | undefined): Record<string, unknown> | undefined => {
    const definition = schema.getDirective(name)
    return definition == null || node == null ? undefined : getDirectiveValues(definition, node)
  }
  const explicit = (element: { readonly astNode?: Directed | null | undefined }): number | null => {
    const known = weights.get(element)
    if (known !== undefined) return known
    const given = directive('cost', element.astNode)?.['weight']
    // a number to federation, a text to the cost specification it comes from
    const weight = (typeof given === 'string' || typeof given === 'number') && Number.isFinite(Number(given)) ? Number(given) : null
    weights.set(element, weight)
    return weight
  }
  const readListSize = (field: GraphQLField<unknown, unknown>): ListSize | null => {
    const values = directive('listSize', field.astNode)
    if (values === undefined) return null
    const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])
    const named = strings(values['slicingArguments'])
    const slicing = named.length > 0 ? named : answeredLists(field)
    // a null says no size, and resolvers take it for the default
    const unsaid: unknown = field.args.find(({ name, defaultValue }) => defaultValue !== undefined && slicing.includes(name))?.defaultValue
    const assumed = values['assumedSize'] ?? unsaid
    return {
      assumedSize: typeof assumed === 'number' ? assumed : null,
      slicingArguments: slicing.map((path) => path.split('.')),
      sizedFields: strings(values['sizedFields']),
      requireOneSlicingArgument: values['requireOneSlicingArgument'] === true,
    }
  }

  const inputMatters = (type: GraphQLInputType): boolean => {
    const named = getNamedType(type)
    const known = mattering.get(named)
    if (known !== undefined) return known
    // for types that hold themselves: what the other fields say
    mattering.set(named, false)
    const matters =
      explicit(named) !== null ||
      (isInputObjectType(named) && Object.values(named.getFields()).some((field) => explicit(field) !== null || inputMatters(field.type)))
    mattering.set(named, matters)
    return matters
  }
  const ofInput = (element: GraphQLArgument | GraphQLInputField, value: unknown): number =>
    (explicit(element) ?? 0) + ofValue(element.type, value)
  const ofValue = (type: GraphQLInputType, value: unknown): number => {
    const nullable = getNullableType(type)
    if (value == null || !inputMatters(type)) return 0
    if (isListType(nullable)) {
      const inner: GraphQLInputType = nullable.ofType
      return Array.isArray(value) ? value.reduce<number>((sum, one) => sum + ofValue(inner, one), 0) : ofValue(inner, value)
    }
    const own = explicit(nullable) ?? 0
    if (!isInputObjectType(nullable)) return own
    const fields = nullable.getFields()
    return Object.entries(value).reduce(
      (sum, [name, one]) => sum + (fields[name] === undefined || one === undefined ? 0 : ofInput(fields[name], one)),
      own,
    )
  }

  return {
    ofField: (field) => explicit(field) ?? 0,
    ofType: (type) => explicit(type) ?? (isCompositeType(type) ? 1 : 0),
    listSizeOf(field) {
      const known = listSizes.get(field)
      if (known !== undefined) return known
      const size = readListSize(field)
      listSizes.set(field, size)
      return size
    },
    argumentMatters: (argument) => explicit(argument) !== null || inputMatters(argument.type),
    ofArgument: (argument, value) => (value === undefined ? 0 : ofInput(argument, value)),
  }
}
