import { type DirectiveNode, type FieldNode, Kind, type SelectionSetNode, type ValueNode } from 'graphql'

export const mentionsVariable = (node: ValueNode): boolean => {
  if (node.kind === Kind.VARIABLE) return true
  if (node.kind === Kind.LIST) return node.values.some(mentionsVariable)
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => mentionsVariable(value))
}

const takesVariable = (node: Pick<FieldNode, 'arguments'> | DirectiveNode): boolean =>
  node.arguments?.some(({ value }) => mentionsVariable(value)) === true

/** Whether a definition, or a part of one, uses a variable; what the fragments that it spreads use does not count. */
export const usesVariable = (node: {
  readonly directives?: readonly DirectiveNode[] | undefined
  readonly selectionSet?: SelectionSetNode | undefined
}): boolean =>
  node.directives?.some(takesVariable) === true ||
  node.selectionSet?.selections.some((one) => (one.kind === Kind.FIELD && takesVariable(one)) || usesVariable(one)) === true
