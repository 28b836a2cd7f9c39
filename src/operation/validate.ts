import { type DocumentNode, GraphQLError, type GraphQLSchema, NoSchemaIntrospectionCustomRule, specifiedRules, validate } from 'graphql'
import { coded, Refused } from './refused.ts'

const maxErrors = 20

/**
 * All of GraphQL's own rules over the whole document; introspection where it is switched on.
 * @throws Refused VALIDATION (GRAPHQL_VALIDATION_FAILED) with at most 20 errors
 */
export function validateDocument(schema: GraphQLSchema, document: DocumentNode, options: { introspection: boolean }): void {
  const rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  // suggestions would spell out the schema that introspection hides
  const errors = validate(schema, document, rules, { maxErrors, hideSuggestions: !options.introspection })
  if (errors.length > 0) throw new Refused('VALIDATION', coded('GRAPHQL_VALIDATION_FAILED', errors.slice(0, maxErrors).map(asGraphQLError)))
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError('The document is not valid.')
