import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode, type SourceLocation } from 'graphql'

/** Says where in a document the field stands that a response path leads to; null when that is not known. */
export type Locate = (path: readonly (string | number)[]) => SourceLocation | null

/** Remembers what it found: an answer may hold thousands of failures of one field. */
export function createLocator(document: DocumentNode): Locate {
  const known = new Map<string, SourceLocation | null>()
  return (path) => {
    const key = path.filter((step) => typeof step === 'string').join()
    let found = known.get(key)
    if (found === undefined) {
      // the parser noted it: GraphQL.js would count the lines before it
      const start = fieldAt(document, path)?.loc?.startToken
      known.set(key, (found = start === undefined ? null : { line: start.line, column: start.column }))
    }
    return found
  }
}

/** The field of an operation that a response path leads to, through fragments of any type; null when there is none. */
function fieldAt(document: DocumentNode, path: readonly (string | number)[]): FieldNode | null {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) return null
  let sets: SelectionSetNode[] = [operation.selectionSet]
  let field: FieldNode | null = null
  for (const key of path) {
    if (typeof key === 'number') continue
    const fields = fieldsNamed(document, sets, key)
    field = fields[0] ?? null
    sets = fields.flatMap((node) => (node.selectionSet === undefined ? [] : [node.selectionSet]))
  }
  return field
}

function fieldsNamed(document: DocumentNode, sets: readonly SelectionSetNode[], key: string): FieldNode[] {
  const found: FieldNode[] = []
  const pending = [...sets]
  const visited = new Set<string>()
  for (let set = pending.shift(); set !== undefined; set = pending.shift()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        if ((selection.alias ?? selection.name).value === key) found.push(selection)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet)
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = document.definitions.find(
          (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
        )
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION) pending.push(fragment.selectionSet)
      }
    }
  }
  return found
}
