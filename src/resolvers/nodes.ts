import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { AppError, badUserInput } from '../errors.ts'
import { type Resolvers, type ResolversInterfaceTypes, type ResolversTypes } from '../generated/resolver-types.ts'
import { decodeId } from '../ids.ts'
import { findGenericEvent } from './events.ts'
import { reading } from './freshness.ts'
import { type NodeKind } from './node-kind.ts'
import { graphKinds } from './graph-kinds.ts'
import { approvalKeyOf, recordStreamKeyOf, runKeyOf, sequenceOf } from './node-ids.ts'

type Node = ResolversInterfaceTypes<ResolversTypes>['Node']

const MAX_NODES = 100

const kinds: Readonly<Record<string, NodeKind>> = {
  Run: {
    scope: 'runs:read',
    async find(ctx, parts) {
      const key = runKeyOf(ctx.scope, parts)
      const run = key && (await ctx.loaders.run.load(key))
      return run && { ...run, __typename: 'Run' }
    },
  },
  Approval: {
    scope: 'approvals:read',
    async find(ctx, parts) {
      const key = approvalKeyOf(ctx.scope, parts)
      const approval = key && (await ctx.loaders.approval.load(key))
      return approval && { ...approval, __typename: 'Approval' }
    },
  },
  Ritual: {
    scope: 'runs:read',
    async find(ctx, [tenantId, id]) {
      const ritual = tenantId !== ctx.scope.tenantId || id === undefined ? null : await ctx.loaders.ritual.load(id)
      return ritual && { ...ritual, __typename: 'Ritual' }
    },
  },
  Slo: {
    scope: 'slo:read',
    async find(ctx, [tenantId, name]) {
      const report = tenantId !== ctx.scope.tenantId || name === undefined ? null : await ctx.loaders.slo().find(name, null)
      return report && { ...report, __typename: 'Slo' }
    },
  },
  RecordStream: {
    scope: 'storage:read',
    async find(ctx, parts) {
      const stream = await recordStreamOf(ctx, parts)
      return stream && { ...stream, __typename: 'RecordStream' }
    },
  },
  Record: {
    scope: 'storage:read',
    async find(ctx, [store = '', tenantId = '', name = '', offset = '']) {
      const stream = /^\d{1,18}$/.test(offset) ? await recordStreamOf(ctx, [store, tenantId, name]) : null
      if (stream === null) return null
      const from = BigInt(offset)
      const [record] = await ctx.dataSources.storage.store(stream.store).read(ctx.scope, stream, { from, to: from + 1n })
      return record === undefined ? null : { stream, record, __typename: 'Record' }
    },
  },
  AuditReceipt: {
    scope: 'system:read',
    async find(ctx, parts) {
      const sequence = sequenceOf(ctx.scope, parts)
      const receipt = sequence === null ? null : await ctx.dataSources.audit.find(ctx.scope, sequence)
      return receipt && { ...receipt, __typename: 'AuditReceipt' }
    },
  },
  ...graphKinds,
  GenericEvent: { scope: 'events:read', find: findGenericEvent },
  RunEvent: {
    scope: 'runs:read',
    async find(ctx, parts) {
      const sequence = sequenceOf(ctx.scope, parts)
      const event = sequence === null ? null : await ctx.loaders.runEvent.load(sequence)
      return event && { ...event, __typename: 'RunEvent' }
    },
  },
}

async function recordStreamOf(ctx: Context, parts: readonly string[]) {
  const key = recordStreamKeyOf(ctx.scope, parts)
  if (key === null || !ctx.dataSources.storage.kinds.includes(key.store)) return null
  return ctx.dataSources.storage.store(key.store).find(ctx.scope, key.name)
}

/** Whether objects of this type are found by their global id. */
export const isNodeType = (type: string): boolean => Object.hasOwn(kinds, type)

/**
 * @param type the only type that the id may be of
 * @throws AppError BAD_USER_INPUT (no id of ours, or of another type), UNAUTHENTICATED or FORBIDDEN (the kind's scope is missing)
 */
export async function findNode(ctx: Context, id: string, type?: string): Promise<Node | null> {
  const decoded = decodeId(id)
  if (decoded === null) throw badUserInput('This is not a global id.')
  if (type !== undefined && decoded.type !== type) throw badUserInput(`This is not the id of a ${type}.`)
  const kind = Object.hasOwn(kinds, decoded.type) ? kinds[decoded.type] : undefined
  if (kind === undefined) return null
  const reason = denyByScope(ctx.viewer, kind.scope)
  if (reason === 'NOT_AUTHENTICATED') throw new AppError('UNAUTHENTICATED', 'Sign in to read this.')
  if (reason !== null) throw new AppError('FORBIDDEN', `This needs the scope ${kind.scope}.`, { details: { requiredScopes: [kind.scope] } })
  return kind.find(ctx, decoded.parts)
}

/** Any object by its global id. */
export const nodes: Resolvers = {
  Query: {
    node: (_parent, { id }, ctx) => reading(ctx, null, () => findNode(ctx, id)),
    nodes: async (_parent, { ids }, ctx) => {
      const found = await reading(ctx, null, async () => {
        if (ids.length > MAX_NODES) throw badUserInput(`At most ${MAX_NODES} ids at once.`)
        return Promise.allSettled(ids.map((id) => findNode(ctx, id)))
      })
      // one bad id spoils its own place only
      return found.map((one) => (one.status === 'fulfilled' ? one.value : Promise.reject(one.reason)))
    },
  },
}
