import { type GraphQLFieldResolver, type GraphQLSchema, getNullableType, isListType, isObjectType } from 'graphql'
import { asError } from '../errors.ts'

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

const settled = (value: unknown): unknown =>
  Array.isArray(value) && value.some(isPromise)
    ? Promise.all(value.map((item: unknown) => (isPromise(item) ? Promise.resolve(item).catch(asError) : item)))
    : value

const settling =
  <Parent, Context, Arguments>(
    resolve: GraphQLFieldResolver<Parent, Context, Arguments>,
  ): GraphQLFieldResolver<Parent, Context, Arguments> =>
  (parent, args, context, info) => {
    const value: unknown = resolve(parent, args, context, info)
    return isPromise(value) ? value.then(settled) : settled(value)
  }

/**
 * To be called once for a schema. Lets every resolver of a list wait for its items, and puts an error in the place of one that fails. graphql-jit puts the null of an item that fails
 * later at the end of what the list holds by then: items were moved, or there was one too many.
 */
export function settleLists(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields()))
      if (field.resolve !== undefined && isListType(getNullableType(field.type))) field.resolve = settling(field.resolve)
  }
}
