import { GraphQLError, Kind, OperationTypeNode, type SelectionSetNode, type ValidationRule } from 'graphql'
import { isSelected } from './specialise.ts'

/**
 * Of a subscription's root a field must be left: where conditions leave out every one there is nothing to follow. The stock rule looks only for a
 * second field, and refuses conditions that ask a variable.
 */
export const subscriptionRootRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return
    const looked = new Set<string>()
    const holdsField = ({ selections }: SelectionSetNode): boolean =>
      selections.some((selection) => {
        if (!isSelected(selection, {})) return false
        if (selection.kind === Kind.FIELD) return true
        if (selection.kind === Kind.INLINE_FRAGMENT) return holdsField(selection.selectionSet)
        const name = selection.name.value
        if (looked.has(name)) return false
        looked.add(name)
        const fragment = context.getFragment(name)
        // that it is unknown another rule says
        return fragment == null || holdsField(fragment.selectionSet)
      })
    if (!holdsField(operation.selectionSet))
      context.reportError(new GraphQLError('A subscription must select a top level field.', { nodes: operation }))
  },
})
