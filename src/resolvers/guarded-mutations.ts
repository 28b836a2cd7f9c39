import { defaultFieldResolver, type GraphQLSchema } from 'graphql'
import { meets, requirementOf, saysNotAllowed } from '../auth/requirements.ts'
import { type Context } from '../context.ts'
import { notAllowed } from './refusals.ts'

/**
 * Puts what the SDL asks of the caller before every mutation whose result can say `NotAllowed`: who lacks the scope is told so as data, and the
 * resolver is not called. The pipeline refuses the lack of any other right with an error before anything runs.
 */
export function guardMutations(schema: GraphQLSchema): GraphQLSchema {
  const mutation = schema.getMutationType()
  for (const field of Object.values(mutation?.getFields() ?? {})) {
    const requirement = requirementOf(schema, `Mutation.${field.name}`, field)
    if (requirement === null || !saysNotAllowed(field.type)) continue
    const { resolve = defaultFieldResolver } = field
    const [scopes = []] = requirement.scopes
    field.resolve = (parent, args, context: Context, info) =>
      meets(context.viewer, requirement)
        ? resolve(parent, args, context, info)
        : notAllowed(context.viewer.authenticated ? 'MISSING_SCOPE' : 'NOT_AUTHENTICATED', ...scopes)
  }
  return schema
}
