import { type DocumentNode, getNamedType, GraphQLError, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import { meets, type Requirement, requirementOf, saysNotAllowed } from '../auth/requirements.ts'
import { type Viewer } from '../auth/viewer.ts'
import { type AppErrorCode } from '../errors.ts'
import { Refused } from './refused.ts'

/** Everything that the fields of an operation ask for, and the types they are on and give; whether or not `@skip` would leave them out. */
export function collectRequirements(schema: GraphQLSchema, document: DocumentNode): Requirement[] {
  const found = new Map<string, Requirement>()
  const note = (coordinate: string, element: Parameters<typeof requirementOf>[2], soften = false): void => {
    if (found.has(coordinate)) return
    const requirement = requirementOf(schema, coordinate, element)
    if (requirement !== null) found.set(coordinate, soften ? { coordinate, scopes: [] } : requirement)
  }
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        const parent = types.getParentType()
        const field = types.getFieldDef()
        if (parent == null || field == null) return
        note(parent.name, parent)
        // such a mutation answers the lack of a scope itself: see `guardMutations`
        note(`${parent.name}.${field.name}`, field, parent === schema.getMutationType() && saysNotAllowed(field.type))
        const given = getNamedType(field.type)
        note(given.name, given)
      },
    }),
  )
  return [...found.values()]
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
