import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { isolate } from './isolate.ts'

type Values = Readonly<Record<string, unknown>>

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include'

/** Names of the variables that `@skip` and `@include` ask; null when the operation has no conditions at all. */
export function conditionVariables(document: DocumentNode): readonly string[] | null {
  const names = new Set<string>()
  let found = false
  const look = ({
    directives = [],
    selectionSet,
  }: {
    readonly directives?: readonly DirectiveNode[]
    readonly selectionSet?: SelectionSetNode
  }): void => {
    for (const directive of directives) {
      if (!isCondition(directive)) continue
      found = true
      const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value
      if (value?.kind === Kind.VARIABLE) names.add(value.name.value)
    }
    selectionSet?.selections.forEach(look)
  }
  for (const definition of document.definitions) if ('selectionSet' in definition) look(definition)
  return found ? [...names].sort() : null
}

const holds = (directive: DirectiveNode, values: Values): boolean => {
  const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value
  const given = value?.kind === Kind.VARIABLE ? values[value.name.value] === true : value?.kind === Kind.BOOLEAN && value.value
  return given === (directive.name.value === 'include')
}

/** Whether conditions leave a selection in. @param values the coerced variables */
export const isSelected = ({ directives = [] }: { readonly directives?: readonly DirectiveNode[] | undefined }, values: Values): boolean =>
  directives.every((directive) => !isCondition(directive) || holds(directive, values))

/** Stands where everything was left out: a selection must not be empty, and this one selects nothing. */
const nothing: FieldNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: 'nothing_' },
  name: { kind: Kind.NAME, value: '__typename' },
  directives: [
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: 'skip' },
      arguments: [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'if' }, value: { kind: Kind.BOOLEAN, value: true } }],
    },
  ],
}

/**
 * An operation whose conditions are decided: what they leave out is gone, with the fragments and variables that nothing uses any more.
 * graphql-jit gets conditions wrong where a field is selected twice, or a fragment spread twice, under different ones; so it never sees any.
 * @param values the coerced variables
 */
export function specialise(document: DocumentNode, values: Values): DocumentNode {
  const decide = (node: { readonly directives?: readonly DirectiveNode[] | undefined }) => {
    if (node.directives?.some(isCondition) !== true) return undefined
    if (!isSelected(node, values)) return null
    return { ...node, directives: node.directives?.filter((directive) => !isCondition(directive)) }
  }
  const decided: DocumentNode = visit(document, {
    Field: { enter: decide },
    InlineFragment: { enter: decide },
    FragmentSpread: { enter: decide },
    SelectionSet: { leave: (set: SelectionSetNode) => (set.selections.length === 0 ? { ...set, selections: [nothing] } : undefined) },
  })
  const operation = decided.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return operation === undefined ? decided : withoutUnused(decided, operation)
}

function withoutUnused(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const reached = isolate(document, operation)
  const used = new Set<string>()
  visit(reached, { VariableDefinition: () => false, Variable: ({ name }) => void used.add(name.value) })
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value))
  return {
    ...reached,
    definitions: reached.definitions.map((definition) => (definition === operation ? { ...operation, variableDefinitions } : definition)),
  }
}
