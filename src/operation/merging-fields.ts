import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  OverlappingFieldsCanBeMergedRule,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type ValidationContext,
  type ValueNode,
} from 'graphql'
import { fragmentsOf } from './fragments.ts'

/** Fields looked at before the proof is given up: above what the limits let an operation amount to with its fragments written out. */
const maxWork = 12_000
/** Fragments in a circle never end: no document that passes the limits is as deep. */
const maxLevels = 100

/**
 * GraphQL's rule that fields of one response name can be merged, at a price that grows with the document instead of with its square: the stock rule
 * compares fragments pairwise. Most documents are proven right at once; only what cannot be is handed to the stock rule, for its verdict and its words.
 */
export const mergingFieldsRule = (context: ValidationContext): ASTVisitor =>
  fieldsMerge(context.getSchema(), context.getDocument()) ? {} : OverlappingFieldsCanBeMergedRule(context)

interface Field {
  readonly parent: GraphQLNamedType
  readonly node: FieldNode
  readonly type: GraphQLOutputType
}

/** The fields of one place in the response, by their names there. */
type Place = Map<string, Field[]>

/**
 * Whether all fields of each response name can be merged (GraphQL specification 5.3.2), fragments written out. Compares each field with one other of its
 * name instead of with all: having the same shape, or the same name and arguments, is an equivalence.
 * @returns false also where it cannot be known: names that the schema does not have, circles, fragments that no operation reaches
 */
export function fieldsMerge(schema: GraphQLSchema, document: DocumentNode): boolean {
  const fragments = fragmentsOf(document)
  const reached = new Set<string>()
  /** Fields whose selections merge with one another: a fragment is looked into once where no other field meets its own. */
  const provenAlone = new Set<FieldNode>()
  let work = maxWork

  const collect = (set: SelectionSetNode, parent: GraphQLNamedType | undefined, place: Place, spread: Set<string>): boolean =>
    set.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) {
        const type = fieldType(schema, parent, selection.name.value)
        if (parent === undefined || type === undefined || work-- <= 0) return false
        const key = (selection.alias ?? selection.name).value
        const others = place.get(key)
        if (others === undefined) place.set(key, [{ parent, node: selection, type }])
        else others.push({ parent, node: selection, type })
        return true
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        return collect(selection.selectionSet, condition === undefined ? parent : schema.getType(condition), place, spread)
      }
      const name = selection.name.value
      if (spread.has(name)) return true
      spread.add(name)
      reached.add(name)
      const fragment = fragments.get(name)
      return fragment !== undefined && collect(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), place, spread)
    })

  /** @param strict false where the fields can never be answers to one object: then only their shapes have to agree */
  const placeMerges = (place: Place, strict: boolean, levels: number): boolean => {
    for (const fields of place.values()) if (!groupMerges(fields, strict, levels)) return false
    return true
  }

  const groupMerges = (fields: readonly Field[], strict: boolean, levels: number): boolean => {
    if (!sameShapes(fields)) return false
    if (!strict) return childrenMerge(fields, false, levels)
    const groups = byCommonParents(fields)
    return (
      (groups.length === 1 || childrenMerge(fields, false, levels)) &&
      groups.every((group) => sameCalls(group) && childrenMerge(group, true, levels))
    )
  }

  const childrenMerge = (fields: readonly Field[], strict: boolean, levels: number): boolean => {
    if (fields.every(({ node }) => node.selectionSet === undefined)) return true
    const [only] = fields.length === 1 ? fields : []
    if (only !== undefined && provenAlone.has(only.node)) return true
    if (levels >= maxLevels) return false
    const place: Place = new Map()
    const spread = new Set<string>()
    const collected = fields.every(
      ({ node, type }) => node.selectionSet === undefined || collect(node.selectionSet, namedType(type), place, spread),
    )
    if (!collected || !placeMerges(place, strict, levels + 1)) return false
    if (only !== undefined && strict) provenAlone.add(only.node)
    return true
  }

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const place: Place = new Map()
    const root = schema.getRootType(definition.operation) ?? undefined
    if (!collect(definition.selectionSet, root, place, new Set()) || !placeMerges(place, true, 1)) return false
  }
  return reached.size === fragments.size
}

function fieldType(schema: GraphQLSchema, parent: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  if (name === TypeNameMetaFieldDef.name && isCompositeType(parent)) return TypeNameMetaFieldDef.type
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined
  const own = parent.getFields()[name]
  if (own !== undefined || parent !== schema.getQueryType()) return own?.type
  return [SchemaMetaFieldDef, TypeMetaFieldDef].find((meta) => meta.name === name)?.type
}

const namedType = (type: GraphQLOutputType): GraphQLNamedType => {
  let inner = type
  while (isListType(inner) || isNonNullType(inner)) inner = inner.ofType
  return inner
}

function sameShapes(fields: readonly Field[]): boolean {
  const [first] = fields
  return first === undefined || fields.every(({ type }) => type === first.type || sameShape(type, first.type))
}

function sameShape(one: GraphQLOutputType, other: GraphQLOutputType): boolean {
  if (isNonNullType(one) || isNonNullType(other)) return isNonNullType(one) && isNonNullType(other) && sameShape(one.ofType, other.ofType)
  if (isListType(one) || isListType(other)) return isListType(one) && isListType(other) && sameShape(one.ofType, other.ofType)
  return one === other || (!isLeafType(one) && !isLeafType(other))
}

/** Those that one object may have to answer together: only fields of two different object types never meet. */
function byCommonParents(fields: readonly Field[]): readonly (readonly Field[])[] {
  const [first] = fields
  if (fields.every(({ parent }) => parent === first?.parent)) return [fields]
  const abstract = fields.filter(({ parent }) => !isObjectType(parent))
  const concrete = new Map<GraphQLNamedType, Field[]>()
  for (const field of fields) {
    if (!isObjectType(field.parent)) continue
    const group = concrete.get(field.parent)
    if (group === undefined) concrete.set(field.parent, [...abstract, field])
    else group.push(field)
  }
  return concrete.size <= 1 ? [fields] : [...concrete.values()]
}

function sameCalls(fields: readonly Field[]): boolean {
  const [first, ...others] = fields
  if (first === undefined || others.length === 0) return true
  const name = first.node.name.value
  const given = argumentsText(first.node)
  return others.every(({ node }) => node.name.value === name && argumentsText(node) === given)
}

/** Equal for equal arguments in whatever order. */
const argumentsText = ({ arguments: given }: FieldNode): string =>
  given === undefined || given.length === 0
    ? ''
    : given
        .map(({ name, value }) => `${name.value}:${valueText(value)}`)
        .sort()
        .join()

function valueText(value: ValueNode): string {
  switch (value.kind) {
    case Kind.VARIABLE:
      return `$${value.name.value}`
    case Kind.NULL:
      return 'null'
    case Kind.STRING:
      return `${value.block === true ? '""' : ''}${JSON.stringify(value.value)}`
    case Kind.LIST:
      return `[${value.values.map(valueText).join()}]`
    case Kind.OBJECT:
      return `{${value.fields
        .map((field) => `${field.name.value}:${valueText(field.value)}`)
        .sort()
        .join()}}`
    default:
      return String(value.value)
  }
}
