import { type AuditReceipt } from '../datasources/storage/audit.ts'
import { type Context } from '../context.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { expectId } from '../ids.ts'
import { reading } from './freshness.ts'
import { auditReceiptId, sequenceOf } from './node-ids.ts'

/** So many links before a receipt are checked with it; `orrery audit verify` checks all. */
const LINKS = 1_000n

async function previousHash(ctx: Context, receipt: AuditReceipt): Promise<string> {
  if (receipt.previousHash !== null) return receipt.previousHash
  return (await ctx.dataSources.audit.find(ctx.scope, receipt.sequence))?.previousHash ?? ''
}

/** Receipts of what was decided. */
export const audit: Resolvers = {
  Query: {
    auditReceipt: (_parent, { id }, ctx) =>
      reading(ctx, null, async () => {
        const sequence = sequenceOf(ctx.scope, expectId('AuditReceipt', id, 2))
        return sequence === null ? null : ctx.dataSources.audit.find(ctx.scope, sequence)
      }),
  },
  AuditReceipt: {
    id: auditReceiptId,
    previousHash: (receipt, _args, ctx) => previousHash(ctx, receipt),
    verification: (receipt, _args, ctx) => {
      const from = receipt.sequence > LINKS ? receipt.sequence - LINKS : 0n
      return ctx.dataSources.audit.verify(ctx.scope, { from, to: receipt.sequence })
    },
  },
}
