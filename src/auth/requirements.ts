import {
  type ASTNode,
  type DirectiveNode,
  getDirectiveValues,
  getNamedType,
  type GraphQLSchema,
  isUnionType,
  type GraphQLType,
} from 'graphql'
import { type Viewer } from './viewer.ts'

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

export const meets = (viewer: Viewer, { scopes }: Requirement): boolean =>
  viewer.authenticated && (scopes.length === 0 || scopes.some((set) => set.every((scope) => viewer.scopes.has(scope))))

/** Whether a field's own result says that the caller may not: then the lack of a scope is an outcome, no error. */
export function saysNotAllowed(type: GraphQLType): boolean {
  const named = getNamedType(type)
  return isUnionType(named) && named.getTypes().some(({ name }) => name === 'NotAllowed')
}
