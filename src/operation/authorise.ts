import {
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  getDirectiveValues,
  getNamedType,
  GraphQLError,
  type GraphQLSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { type AppErrorCode } from '../errors.ts'
import { type Viewer } from '../auth/viewer.ts'
import { Refused } from './refused.ts'

/** What one element of the schema asks of the caller. */
export interface Requirement {
  /** `Type.field`, or the name of a type. */
  readonly coordinate: string
  /** Any one of these sets of scopes will do; empty = being known is enough. */
  readonly scopes: readonly (readonly string[])[]
}

type Directed = ASTNode & { readonly directives?: readonly DirectiveNode[] }
interface Element {
  readonly astNode?: Directed | null | undefined
}

/** What the SDL's `@requiresScopes` and `@authenticated` say about an element; null = nothing. */
export function requirementOf(schema: GraphQLSchema, coordinate: string, element: Element): Requirement | null {
  const read = (name: string) => {
    const definition = schema.getDirective(name)
    return definition == null || element.astNode == null ? undefined : getDirectiveValues(definition, element.astNode)
  }
  const scopes: unknown = read('requiresScopes')?.['scopes']
  if (Array.isArray(scopes)) return { coordinate, scopes: scopes.map((set: unknown) => (Array.isArray(set) ? set.map(String) : [])) }
  return read('authenticated') === undefined ? null : { coordinate, scopes: [] }
}

/** Everything that the fields of an operation ask for, and the types they are on and give; whether or not `@skip` would leave them out. */
export function collectRequirements(schema: GraphQLSchema, document: DocumentNode): Requirement[] {
  const found = new Map<string, Requirement>()
  const note = (coordinate: string, element: Element): void => {
    if (found.has(coordinate)) return
    const requirement = requirementOf(schema, coordinate, element)
    if (requirement !== null) found.set(coordinate, requirement)
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
        note(`${parent.name}.${field.name}`, field)
        const given = getNamedType(field.type)
        note(given.name, given)
      },
    }),
  )
  return [...found.values()]
}

const holds = (viewer: Viewer, { scopes }: Requirement): boolean =>
  viewer.authenticated && (scopes.length === 0 || scopes.some((set) => set.every((scope) => viewer.scopes.has(scope))))

/**
 * @throws Refused UNAUTHENTICATED when nobody is known, FORBIDDEN when who is known lacks a scope; names every field that was refused
 */
export function authorise(requirements: readonly Requirement[], viewer: Viewer): void {
  const missing = requirements.filter((requirement) => !holds(viewer, requirement))
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
