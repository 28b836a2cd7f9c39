import { GraphQLError } from 'graphql'

/**
 * Whether this is the failure of a field that nobody waits for any more. graphql-js leaves such a rejection without a handler where an item of a list
 * fails at once and an earlier one later: the operation was answered, and it says nothing about this process.
 */
export const isLateFieldFailure = (reason: unknown): reason is GraphQLError =>
  reason instanceof GraphQLError && reason.path !== undefined && reason.path.length > 0
