import { Kind, parse, type SelectionSetNode } from 'graphql'

/** A parsed `FieldSet`: names, each with what is selected below it (null for a leaf). */
export type FieldSet = ReadonlyMap<string, FieldSet | null>

function read(set: SelectionSetNode): FieldSet {
  const fields = new Map<string, FieldSet | null>()
  for (const selection of set.selections)
    if (selection.kind === Kind.FIELD)
      fields.set(selection.name.value, selection.selectionSet === undefined ? null : read(selection.selectionSet))
  return fields
}

/** @throws GraphQLError when the text is no selection of fields */
export function parseFieldSet(text: string): FieldSet {
  const [operation] = parse(`{${text}}`, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`no set of fields: ${text}`)
  return read(operation.selectionSet)
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a representation gives every field of the set; lists have to give them in every item. */
export function gives(value: unknown, set: FieldSet): boolean {
  if (Array.isArray(value)) return value.every((one) => gives(one, set))
  if (!isMap(value)) return false
  return [...set].every(([name, below]) => {
    const field = Object.hasOwn(value, name) ? value[name] : undefined
    return field !== undefined && (below === null || field === null || gives(field, below))
  })
}
