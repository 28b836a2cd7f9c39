import { type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { type Context } from '../context.ts'
import { type AuditReceipt } from '../datasources/storage/audit.ts'
import { prove } from '../datasources/storage/prove.ts'
import { type Fields, fieldsOf, isText, subjectOf } from './receipt-subject.ts'

const isRefusal = (result: Fields): boolean => 'code' in result && 'retryable' in result

const receiptOf = (ctx: Context, action: string, { result, input }: { result: Fields; input: unknown }): Promise<AuditReceipt | null> =>
  prove(
    { audit: ctx.dataSources.audit, scope: ctx.scope, log: ctx.log },
    {
      ...{ action, input, requestId: ctx.requestId, refused: isRefusal(result) },
      actor: { id: ctx.viewer.actorId, kind: ctx.viewer.kind, displayName: ctx.viewer.displayName },
      subject: subjectOf(action, ctx.scope.tenantId, { result, input: fieldsOf(input) }),
      outcome: isText(result['__typename']) ? result['__typename'] : 'unknown',
    },
  )

type Resolve = GraphQLFieldResolver<unknown, Context, { input?: unknown }>

/** Every outcome of a mutation is chained into the tenant's audit log before it is told; what was thrown was not decided. */
const withReceipt =
  (action: string, resolve: Resolve): Resolve =>
  async (parent, args, ctx, info) => {
    const result: unknown = await resolve(parent, args, ctx, info)
    if (typeof result !== 'object' || result === null) return result
    const receipt = await receiptOf(ctx, action, { result: fieldsOf(result), input: args.input })
    return { ...result, receipt }
  }

/**
 * All mutations of all domains, each with its receipt, refusals of missing scopes included: a domain has nothing to do for it but to have a field
 * `receipt` in its answer.
 */
export function withReceipts(schema: GraphQLSchema): GraphQLSchema {
  for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field
    if (resolve !== undefined) field.resolve = withReceipt(name, resolve)
  }
  return schema
}
