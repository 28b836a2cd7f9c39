import { cutPage } from '../datasources/memory-page.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { type ViolationOutcome as Outcome, type ViolationSeverity as Severity } from '../datasources/guarantees/signals.ts'
import { seconds } from '../datasources/slo/windows.ts'
import { type Resolvers, type SecurityEventType, type ViolationOutcome, type ViolationSeverity } from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'

const severities: Readonly<Record<Severity, ViolationSeverity>> = { error: 'ERROR', warning: 'WARNING', info: 'INFO' }
const outcomes: Readonly<Record<Outcome, ViolationOutcome>> = { refused: 'REFUSED', accepted: 'ACCEPTED' }
const types = {
  replay_attempt: 'REPLAY_ATTEMPT',
  invalid_signature: 'INVALID_SIGNATURE',
  rate_limit_exceeded: 'RATE_LIMIT_EXCEEDED',
  suspicious_pattern: 'SUSPICIOUS_PATTERN',
} as const satisfies Readonly<Record<string, SecurityEventType>>

/** Invariants, performance budgets, releases, security events. */
export const guarantees: Resolvers = {
  Query: {
    invariants: (_parent, _args, ctx) => [...ctx.dataSources.invariants.list()],
    performanceBudgets: async (_parent, _args, ctx) => [...(await ctx.dataSources.performance.budgets())],
    releases: (_parent, page, ctx) =>
      reading(ctx, null, async () => {
        const releases = await ctx.dataSources.releases.list()
        const owner = { list: 'releases', order: 'NEWEST', tenantId: ctx.scope.tenantId }
        return toCountedConnection(
          cutPage(owner, releases, ({ modifiedAt, version }) => [-modifiedAt, version], pageRequest(page)),
          async () => releases.length,
        )
      }),
    securityEvents: (_parent, { first }, ctx) =>
      reading(ctx, null, async () => {
        const { size } = pageRequest({ first })
        return (await ctx.dataSources.security.list(ctx.scope, size)).map((event) => ({ ...event, type: types[event.type] }))
      }),
  },
  Invariant: {
    severity: ({ severity }) => severities[severity],
    violationCount: ({ name }, { window, outcome }, ctx) => {
      const since = ctx.clock.now() - seconds(Math.max(0, Math.min(window, 366 * 86_400)))
      return ctx.dataSources.invariants
        .violations(ctx.scope.tenantId, name)
        .filter((violation) => violation.at >= since && (outcome == null || outcomes[violation.outcome] === outcome)).length
    },
    violations: ({ name }, page, ctx) => {
      const found = ctx.dataSources.invariants.violations(ctx.scope.tenantId, name)
      const owner = { list: `Invariant.violations.${name}`, order: 'NEWEST', tenantId: ctx.scope.tenantId }
      return toCountedConnection(
        cutPage(owner, found, ({ at, id }) => [-at, id], pageRequest(page)),
        async () => found.length,
      )
    },
  },
  Violation: { severity: ({ severity }) => severities[severity], outcome: ({ outcome }) => outcomes[outcome] },
  ViolationConnection: { totalCount: (connection) => connection.count() },
  ReleaseConnection: { totalCount: (connection) => connection.count() },
}
