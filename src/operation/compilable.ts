import {
  type DocumentNode,
  getNullableType,
  type GraphQLSchema,
  isListType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { createRecursionCheck } from './recursive-variables.ts'

const mentionsVariable = (node: ValueNode): boolean => {
  if (node.kind === Kind.VARIABLE) return true
  if (node.kind === Kind.LIST) return node.values.some(mentionsVariable)
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => mentionsVariable(value))
}

/** What JSON gives back as it was. */
const isPlain = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return true
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object') return false
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}

/**
 * The JIT writes the literals of custom scalars into the code it makes, as JSON and before any variable is known: a variable inside of one would
 * be null for ever, and bytes or 64-bit integers would come out as something else.
 */
function hasOddLiterals(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema)
  let odd = false
  const look = (node: ValueNode): false | undefined => {
    const type = getNullableType(types.getInputType())
    if (type == null || isListType(type) || !isScalarType(type) || isSpecifiedScalarType(type)) return undefined
    if (node.kind !== Kind.VARIABLE && node.kind !== Kind.NULL && (mentionsVariable(node) || !isPlain(type.parseLiteral(node)))) odd = true
    return false
  }
  visit(
    document,
    visitWithTypeInfo(types, {
      // a default is coerced with the variables, outside of the plan
      VariableDefinition: () => false,
      StringValue: look,
      IntValue: look,
      FloatValue: look,
      BooleanValue: look,
      EnumValue: look,
      ListValue: look,
      ObjectValue: look,
    }),
  )
  return odd
}

/** Whether a valid document may run as a compiled plan: what the JIT gets wrong, or never ends with, is executed as it stands. */
export function createCompilable(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const hasRecursiveVariables = createRecursionCheck(schema)
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) => {
    const before = known.get(document)
    if (before !== undefined) return before
    const answer = !hasRecursiveVariables(document) && !hasOddLiterals(schema, document)
    known.set(document, answer)
    return answer
  }
}
