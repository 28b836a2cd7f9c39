import {
  type DocumentNode,
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  Kind,
  typeFromAST,
  type TypeNode,
} from 'graphql'

/** Input objects that contain themselves, however deep. */
function isRecursive(type: GraphQLInputType, above: ReadonlySet<string> = new Set()): boolean {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return false
  if (above.has(named.name)) return true
  const path = new Set(above).add(named.name)
  return Object.values(named.getFields()).some((field) => isRecursive(field.type, path))
}

/**
 * Whether a variable's type contains itself, such as a filter with `all`, `any` and `not`: graphql-jit writes out the check of a variable field by
 * field, and would never end.
 */
export function createRecursionCheck(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const recursive = new Map<string, boolean>()

  const isRecursiveType = (node: TypeNode): boolean => {
    let inner = node
    while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type
    const name = inner.name.value
    const found = recursive.get(name)
    if (found !== undefined) return found
    const type = typeFromAST(schema, inner)
    const answer = type !== undefined && isInputObjectType(type) && isRecursive(type)
    recursive.set(name, answer)
    return answer
  }

  return (document) =>
    document.definitions.some(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && (definition.variableDefinitions ?? []).some(({ type }) => isRecursiveType(type)),
    )
}
