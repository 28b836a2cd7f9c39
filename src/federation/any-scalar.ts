import { GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'

/**
 * A variable inside a literal that was read without knowing the variables, or with none of them, as the JIT does. Plain data, because the JIT
 * writes literals into the code it makes.
 * No field of an entity can have this name.
 */
const REFERENCE = '$variable'

type Variables = Readonly<Record<string, unknown>> | null | undefined

function read(node: ValueNode, variables: Variables): unknown {
  if (node.kind === Kind.VARIABLE) return variables?.[node.name.value] ?? { [REFERENCE]: node.name.value }
  if (node.kind === Kind.LIST) return node.values.map((one) => read(one, variables))
  if (node.kind === Kind.OBJECT) return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, read(value, variables)]))
  return valueFromASTUntyped(node)
}

/** `_Any`: a representation of an entity, as a variable or as a literal that may hold variables. */
export const anyScalar = new GraphQLScalarType({
  name: '_Any',
  description: 'An entity as another subgraph knows it: `__typename` and the fields of one of its keys.',
  parseValue: (value) => value,
  parseLiteral: read,
})

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * The value with its variables. The JIT compiles literals once, before any variables are known (and validation asks without them too), so what
 * they stand for is put in here.
 */
export function withVariables(value: unknown, variables: Variables): unknown {
  if (Array.isArray(value)) return value.map((one) => withVariables(one, variables))
  if (!isMap(value)) return value
  const reference = value[REFERENCE]
  if (typeof reference === 'string') return variables?.[reference]
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withVariables(one, variables)]))
}
