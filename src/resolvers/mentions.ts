import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/** Whether the operation names a field anywhere: cheap, and wrong only to the safe side. */
export function mentionsField(info: GraphQLResolveInfo, field: string): boolean {
  const pending: SelectionSetNode[] = [
    info.operation.selectionSet,
    ...Object.values(info.fragments).map((fragment) => fragment.selectionSet),
  ]
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD && selection.name.value === field) return true
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) pending.push(selection.selectionSet)
    }
  }
  return false
}
