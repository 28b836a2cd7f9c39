import { type DocumentNode, Kind, type ValueNode, visit } from 'graphql'
import { type PreparedOperation } from './operation.ts'

/** The variable that gives the root field's `after`, where that is all it is used for. */
function startVariable(document: DocumentNode): string | null {
  const uses = new Map<string, number>()
  let start: ValueNode | null = null
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
  })
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const [field] = definition.selectionSet.selections
    if (field?.kind === Kind.FIELD) start = field.arguments?.find((argument) => argument.name.value === 'after')?.value ?? null
  }
  return start?.kind === Kind.VARIABLE && uses.get(start.name.value) === 1 ? start.name.value : null
}

const startVariables = new WeakMap<DocumentNode, string | null>()

const startVariableOf = (document: DocumentNode): string | null => {
  const known = startVariables.get(document)
  if (known !== undefined) return known
  const found = startVariable(document)
  startVariables.set(document, found)
  return found
}

/** Whether the answer depends on who the viewer is, and not only on what they may do. */
const dependsOnActor = (text: string): boolean => /viewer/i.test(text)

/**
 * Operations with equal keys give equal results for one event, so that they may be executed once for all: same document, same variables (but for
 * where the stream begins), same tenant, rights and roles; the same person too where the document asks about the viewer.
 */
export function sharingKey({ executable: { text }, document, variables, origin }: PreparedOperation): string {
  const { viewer } = origin
  const start = startVariableOf(document)
  const values = Object.entries(variables)
    .filter(([name]) => name !== start)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const written = JSON.stringify(values)
  const actor = dependsOnActor(text) || dependsOnActor(written) ? [viewer.actorId, viewer.kind, viewer.displayName] : null
  return JSON.stringify([text, written, viewer.tenantId, viewer.authenticated, [...viewer.roles].sort(), [...viewer.scopes].sort(), actor])
}
