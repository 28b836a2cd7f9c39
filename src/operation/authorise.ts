import {
  type DocumentNode,
  getNamedType,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { meets, type Requirement, requirementOf, saysNotAllowed } from '../auth/requirements.ts'
import { type Viewer } from '../auth/viewer.ts'
import { type AppErrorCode } from '../errors.ts'
import { Refused } from './refused.ts'

/** Everything that the fields of an operation ask for, and the types they are on and give; whether or not `@skip` would leave them out. */
export function collectRequirements(schema: GraphQLSchema, document: DocumentNode): Requirement[] {
  const found: Requirement[] = []
  const noted = new Set<object>()
  const note = (coordinate: string, element: Parameters<typeof requirementOf>[2], soften = false): void => {
    const requirement = requirementOf(schema, coordinate, element)
    if (requirement !== null) found.push(soften ? { coordinate, scopes: [] } : requirement)
  }
  const noteType = (type: GraphQLNamedType): void => {
    if (noted.has(type)) return
    noted.add(type)
    note(type.name, type)
  }

  /** @returns the type that the field gives; undefined for what every schema has, which asks for nothing */
  const noteField = (parent: GraphQLNamedType, name: string): GraphQLNamedType | undefined => {
    noteType(parent)
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    if (field === undefined) return undefined
    const given = getNamedType(field.type)
    if (noted.has(field)) return given
    noted.add(field)
    // such a mutation answers the lack of a scope itself: see `guardMutations`
    note(`${parent.name}.${name}`, field, parent === schema.getMutationType() && saysNotAllowed(field.type))
    noteType(given)
    return given
  }

  const walk = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): void => {
    if (parent === undefined) return
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const given = noteField(parent, selection.name.value)
        if (selection.selectionSet !== undefined) walk(selection.selectionSet, given)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        walk(selection.selectionSet, condition === undefined ? parent : schema.getType(condition))
      }
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) walk(definition.selectionSet, schema.getRootType(definition.operation) ?? undefined)
    else if (definition.kind === Kind.FRAGMENT_DEFINITION)
      walk(definition.selectionSet, schema.getType(definition.typeCondition.name.value))
  }
  return found
}

/**
 * @throws Refused UNAUTHENTICATED when nobody is known, FORBIDDEN when who is known lacks a scope; names every field that was refused
 */
export function authorise(requirements: readonly Requirement[], viewer: Viewer): void {
  const missing = requirements.filter((requirement) => !meets(viewer, requirement))
  if (missing.length === 0) return
  const code: AppErrorCode = viewer.authenticated ? 'FORBIDDEN' : 'UNAUTHENTICATED'
  const errors = missing.slice(0, 20).map(({ coordinate, scopes }) => {
    const message = viewer.authenticated
      ? `You lack the right to use \`${coordinate}\`.`
      : `\`${coordinate}\` is only for known callers: send a token or an API key.`
    return new GraphQLError(message, { extensions: { code, coordinate, requiredScopes: scopes } })
  })
  throw new Refused(code, errors)
}
