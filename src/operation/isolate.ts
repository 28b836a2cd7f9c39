import { type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import { fragmentsOf } from './fragments.ts'
import { refuse } from './refused.ts'

/**
 * The operation that a request wants.
 * @throws Refused OPERATION when the name is unknown, or none is given and there are several (platform D7)
 */
export function selectOperation(document: DocumentNode, operationName: string | null): OperationDefinitionNode {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const named = operationName === null ? operations : operations.filter((operation) => operation.name?.value === operationName)
  const [wanted] = named
  if (wanted === undefined) {
    const message =
      operationName === null
        ? 'The document holds no operation.'
        : `The document holds no operation named "${operationName.slice(0, 100)}".`
    throw refuse('OPERATION', 'BAD_USER_INPUT', message)
  }
  if (operationName === null && named.length > 1)
    throw refuse('OPERATION', 'BAD_USER_INPUT', 'The document holds several operations: say which by `operationName`.')
  return wanted
}

/** The operation and the fragments it reaches, in the order of the document: what caches are keyed by, so that no other operation can be run for it (platform D2). */
export function isolate(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const fragments = fragmentsOf(document)
  const reached = new Set<FragmentDefinitionNode>()
  const pending: SelectionSetNode[] = [operation.selectionSet]
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value)
        if (fragment === undefined || reached.has(fragment)) continue
        reached.add(fragment)
        pending.push(fragment.selectionSet)
      } else if (selection.selectionSet !== undefined) pending.push(selection.selectionSet)
    }
  }
  const definitions = document.definitions.filter(
    (definition) => definition === operation || (definition.kind === Kind.FRAGMENT_DEFINITION && reached.has(definition)),
  )
  return { kind: Kind.DOCUMENT, definitions, loc: document.loc }
}
