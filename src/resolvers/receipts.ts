import { hash } from 'node:crypto'
import { type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { type Context } from '../context.ts'
import { type AuditReceipt } from '../datasources/storage/audit.ts'
import { AppError, isAppError } from '../errors.ts'
import { stableJson } from '../stable-json.ts'
import { type Fields, fieldsOf, isText, subjectOf } from './receipt-subject.ts'

const digest = (input: unknown): string =>
  hash(
    'sha256',
    stableJson(JSON.parse(JSON.stringify(input ?? null, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))),
    'hex',
  )

const isRefusal = (result: Fields): boolean => 'code' in result && 'retryable' in result

/** What is told when the deed is done and cannot be proven. */
const unproven = (error: unknown): unknown =>
  isAppError(error, 'SOURCE_UNAVAILABLE')
    ? new AppError('SOURCE_UNAVAILABLE', 'This is done, but its audit receipt could not be written. Ask again with the same input.', {
        source: error.source ?? 'sql',
        details: { written: 'YES' },
        cause: error,
      })
    : error

async function receiptOf(
  ctx: Context,
  action: string,
  { result, input }: { result: Fields; input: unknown },
): Promise<AuditReceipt | null> {
  const { viewer } = ctx
  try {
    return await ctx.dataSources.audit.append(ctx.scope, {
      actor: { id: viewer.actorId, kind: viewer.kind, displayName: viewer.displayName },
      action,
      subject: subjectOf(action, ctx.scope.tenantId, { result, input: fieldsOf(input) }),
      outcome: isText(result['__typename']) ? result['__typename'] : 'unknown',
      requestId: ctx.requestId,
      inputDigest: digest(input),
    })
  } catch (error) {
    if (!isRefusal(result)) throw unproven(error)
    // Nothing was done, so there is nothing to prove: the refusal is told all the same.
    ctx.log.warn({ err: error, action }, 'the receipt of a refused mutation could not be written')
    return null
  }
}

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
