import { actorOf } from '../auth/actor.ts'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { checkCanonical } from '../datasources/guarantees/invariants.ts'
import { canonicalPatch, sha256 } from '../datasources/tickets/canonical-patch.ts'
import { type Binding, type TicketCode } from '../datasources/tickets/ticket-rules.ts'
import { stateOf, type TicketFilter } from '../datasources/tickets/tickets.ts'
import { badUserInput } from '../errors.ts'
import { type ErrorCode, type Resolvers, type ResolversParentTypes, type VerifyTicketInput } from '../generated/resolver-types.ts'
import { fromMillis } from '../time.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { runTarget } from './node-ids.ts'
import { answering, type Locate, notAllowed, notFound } from './refusals.ts'
import { runOf } from './runs.ts'

type Refused = ResolversParentTypes['TicketRefused']
const locate: Locate = (field) => ['input', field]
const MOST_PATCH = 262_144

type PatchInput = Pick<VerifyTicketInput, 'patch' | 'patchSha256'>

/** The digest of the canonical form; that a patch is not in it is a violation, and refused nothing: its canonical form counts. */
function digestOf(ctx: Context, operation: string, { patch, patchSha256 }: PatchInput): string | null {
  if (patch != null && patchSha256 != null) throw badUserInput('Give `patch` or `patchSha256`.', { path: ['patch'] })
  if (patch == null) return patchSha256 ?? null
  if (patch.length > MOST_PATCH) throw badUserInput('A patch has at most 256 KB.', { path: ['patch'] })
  const context = { tenantId: ctx.scope.tenantId, operation, outcome: 'refused' as const }
  ctx.dataSources.invariants.note('canonical_patch_format', checkCanonical(patch), context)
  return sha256(canonicalPatch(patch))
}

const bindingOf = (ctx: Context, operation: string, input: VerifyTicketInput): Binding => ({
  repoId: input.repoId,
  baseCommit: input.baseCommit,
  planHash: input.planHash,
  scope: input.scope,
  patchSha256: digestOf(ctx, operation, input),
})

const nobody = { ip: null, userAgent: null }

const codes: Readonly<Record<TicketCode, { code: ErrorCode; message: string }>> = {
  OK: { code: 'NOT_ALLOWED', message: 'The ticket holds.' },
  INVALID_SIGNATURE: { code: 'NOT_ALLOWED', message: 'This is not a ticket of ours.' },
  TICKET_EXPIRED: { code: 'EXPIRED', message: 'The ticket has expired.' },
  NOT_YET_VALID: { code: 'NOT_ALLOWED', message: 'The ticket is not valid yet.' },
  TTL_EXCEEDED: { code: 'NOT_ALLOWED', message: 'The ticket lives longer than tickets may.' },
  BINDING_MISMATCH: { code: 'NOT_ALLOWED', message: 'The ticket is about something else.' },
  SCOPE_DENIED: { code: 'NOT_ALLOWED', message: 'The ticket does not allow this.' },
  REVOKED: { code: 'NOT_ALLOWED', message: 'The ticket was revoked.' },
  REPLAY: { code: 'REPLAY', message: 'The ticket was used before.' },
  STORE_UNAVAILABLE: { code: 'SOURCE_UNAVAILABLE', message: 'Nobody can tell now whether the ticket was used; nothing was done.' },
}

const refused = (ticketCode: TicketCode): Refused & { readonly __typename: 'TicketRefused' } => ({
  __typename: 'TicketRefused',
  ...codes[ticketCode],
  path: null,
  retryable: ticketCode === 'STORE_UNAVAILABLE',
  ticketCode,
})

/** The filter for the data source; null for a run of another tenant: nothing can match. */
function filterOf(ctx: Context, { run, ...filter }: { run?: string | null } & TicketFilter): TicketFilter | null {
  if (run == null) return filter
  const runKey = runTarget(ctx.scope, { id: run })
  return runKey === null ? null : { ...filter, runKey }
}

function ttlMsOf({ ttlSeconds, expiresAt }: { ttlSeconds?: number | null; expiresAt?: bigint | null }, now: bigint): number {
  if (ttlSeconds != null && expiresAt != null) throw badUserInput('Give `ttlSeconds` or `expiresAt`.', { path: ['expiresAt'] })
  if (expiresAt == null) return Math.round((ttlSeconds ?? 3600) * 1000)
  if (expiresAt % 1_000_000n !== 0n) throw badUserInput('A ticket ends at a whole millisecond.', { path: ['expiresAt'] })
  return Number(expiresAt / 1_000_000n - now / 1_000_000n)
}

const Query: Resolvers['Query'] = {
  ticket: (_parent, { id }, ctx) => reading(ctx, null, () => ctx.dataSources.tickets.find(ctx.scope, id)),
  tickets: (_parent, { filter, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const wanted = filterOf(ctx, filter ?? {}) ?? { states: [] }
      const found = await ctx.dataSources.tickets.list(ctx.scope, wanted, pageRequest(page))
      return toCountedConnection(found, () => ctx.dataSources.tickets.count(ctx.scope, wanted))
    }),
  verifyTicket: async (_parent, { input }, ctx) => {
    const { ticketId, ...verification } = await ctx.dataSources.tickets.verify(
      ctx.scope,
      input.token,
      bindingOf(ctx, 'verifyTicket', input),
      nobody,
    )
    const known =
      ticketId === null || verification.code === 'STORE_UNAVAILABLE' ? null : await ctx.dataSources.tickets.find(ctx.scope, ticketId)
    return { ...verification, ticket: known }
  },
  nonceStats: (_parent, _args, ctx) =>
    reading(ctx, null, async () => {
      const { noncesTracked, repositories, oldestNonceExpiresMs, rejected } = await ctx.dataSources.tickets.stats(ctx.scope)
      const oldestExpiresAt = oldestNonceExpiresMs === null ? null : fromMillis(oldestNonceExpiresMs)
      return { tracked: noncesTracked, repositories, oldestExpiresAt, rejected }
    }),
}

const Mutation: Resolvers['Mutation'] = {
  issueTicket: (_parent, { input }, ctx) =>
    answering<ResolversParentTypes['IssueTicketResult']>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:tickets')
      if (denied !== null) return notAllowed(denied, 'slo:tickets')
      const run = input.run == null ? null : runTarget(ctx.scope, { id: input.run })
      if (input.run != null && (run === null || (await ctx.loaders.run.load(run)) === null))
        return notFound('There is no such run in this tenant.', ['input', 'run'])
      const request = {
        ...{ repoId: input.repoId, baseCommit: input.baseCommit, planHash: input.planHash ?? '', run },
        scopes: input.scopes ?? ['write', 'execute'],
        ttlMs: ttlMsOf(input, ctx.clock.now()),
        patchSha256: digestOf(ctx, 'issueTicket', input) ?? '',
      }
      const issued = await ctx.dataSources.tickets.issue(ctx.scope, request, ctx.viewer.actorId)
      return { __typename: 'TicketIssued', ...issued, clientMutationId: input.clientMutationId }
    }),
  consumeTicket: (_parent, { input }, ctx) =>
    answering<ResolversParentTypes['ConsumeTicketResult']>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:tickets')
      if (denied !== null) return notAllowed(denied, 'slo:tickets')
      const { code, ticketId } = await ctx.dataSources.tickets.consume(
        ctx.scope,
        input.token,
        bindingOf(ctx, 'consumeTicket', input),
        nobody,
      )
      if (code !== 'OK') return refused(code)
      const ticket = ticketId === null ? null : await ctx.dataSources.tickets.find(ctx.scope, ticketId)
      return { __typename: 'TicketConsumed', ticket, clientMutationId: input.clientMutationId }
    }),
  revokeTicket: (_parent, { input }, ctx) =>
    answering<ResolversParentTypes['RevokeTicketResult']>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:tickets')
      if (denied !== null) return notAllowed(denied, 'slo:tickets')
      const done = await ctx.dataSources.tickets.revoke(ctx.scope, input.ticket, input.reason)
      if (done === null) return notFound('There is no such ticket in this tenant.', ['input', 'ticket'])
      if (!done.changed) return refused(done.ticket.revokedAtMs === null ? 'REPLAY' : 'REVOKED')
      return { __typename: 'TicketRevoked', ticket: done.ticket, clientMutationId: input.clientMutationId }
    }),
}

/** Tickets: asked for, verified, used once, ended. */
export const tickets: Resolvers = {
  Query,
  Mutation,
  Ticket: {
    issuedAt: ({ issuedAtMs }) => fromMillis(issuedAtMs),
    expiresAt: ({ expiresAtMs }) => fromMillis(expiresAtMs),
    ttlSeconds: ({ issuedAtMs, expiresAtMs }) => (expiresAtMs - issuedAtMs) / 1000,
    state: (ticket, _args, ctx) => stateOf(ticket, Number(ctx.clock.now() / 1_000_000n)),
    issuedBy: ({ issuedBy }) => actorOf(issuedBy),
    consumedAt: ({ consumedAtMs }) => (consumedAtMs === null ? null : fromMillis(consumedAtMs)),
    revokedAt: ({ revokedAtMs }) => (revokedAtMs === null ? null : fromMillis(revokedAtMs)),
    run: ({ run }, _args, ctx) => (run === null ? null : runOf(ctx, run)),
  },
  TicketConnection: { totalCount: (connection) => connection.count() },
  IssueTicketResult: { __resolveType: (result) => result.__typename },
  ConsumeTicketResult: { __resolveType: (result) => result.__typename },
  RevokeTicketResult: { __resolveType: (result) => result.__typename },
}
