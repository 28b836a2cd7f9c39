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
 * Whether an operation may be compiled. graphql-jit writes out the check of a variable's type field by field and never ends with an input type
 * that contains itself, such as a filter with `all`, `any` and `not`.
 */
export function createCompilable(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const recursive = new Map<string, boolean>()
  const known = new WeakMap<DocumentNode, boolean>()

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

  return (document) => {
    const before = known.get(document)
    if (before !== undefined) return before
    const answer = !document.definitions.some(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && (definition.variableDefinitions ?? []).some(({ type }) => isRecursiveType(type)),
    )
    known.set(document, answer)
    return answer
  }
}
