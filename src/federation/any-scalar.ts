import { GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'

/** `_Any`: a representation of an entity, as a variable or as a literal that may hold variables. */
export const anyScalar = new GraphQLScalarType({
  name: '_Any',
  description: 'An entity as another subgraph knows it: `__typename` and the fields of one of its keys.',
  parseValue: (value) => value,
  // validation asks without variables; what is missing then is there when the operation runs
  parseLiteral: (node, variables) =>
    node.kind === Kind.VARIABLE ? (variables?.[node.name.value] ?? null) : valueFromASTUntyped(node, variables),
})
