import { type Context } from '../context.ts'
import { asError, badUserInput } from '../errors.ts'
import { type FindEntities } from '../federation/entities.ts'
import { findNode, isNodeType } from './nodes.ts'

/**
 * Every entity of ours has a global id, so one rule finds them all; the loaders turn what is asked together into one statement per type. The
 * caller needs the same scope as for `node`.
 */
export function findEntities(type: string, keyFields: string): FindEntities<Context> | undefined {
  if (keyFields !== 'id' || !isNodeType(type)) return undefined
  return (representations, ctx) =>
    Promise.all(
      representations.map(({ id }) =>
        typeof id === 'string' ? findNode(ctx, id, type).catch(asError) : badUserInput('The `id` of an entity is a string.'),
      ),
    )
}
