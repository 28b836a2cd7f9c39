import { type Config } from '../../config.ts'
import { type Clock } from '../../time.ts'
import { type SliCounters } from '../slo/counters.ts'
import { type Sql } from '../sql/sql.ts'
import { type Cache } from '../cache/cache.ts'
import { createCacheNonces } from '../tickets/cache-nonces.ts'
import { createSqlNonces } from '../tickets/sql-nonces.ts'
import { createTickets } from '../tickets/sql-tickets.ts'
import { createTicketKeys } from '../tickets/ticket-keys.ts'
import { type TicketsDataSource } from '../tickets/tickets.ts'
import { checkBudget, createInvariants, type Invariants } from './invariants.ts'
import { createPerformance, type Performance } from './performance.ts'
import { createReleases, type Releases } from './releases.ts'
import { createSecurityEvents, type SecurityEvents } from './security-events.ts'
import { createSignals, type GuaranteeSignals } from './signals.ts'

/** Tickets, invariants, budgets, releases and what guards notice. */
export interface GuaranteeParts {
  readonly signals: GuaranteeSignals
  readonly security: SecurityEvents
  readonly tickets: TicketsDataSource
  readonly invariants: Invariants
  readonly performance: Performance
  readonly releases: Releases
}

export function createGuarantees({
  sql,
  cache,
  config,
  clock,
  counters,
}: {
  sql: Sql
  cache: Cache
  config: Config
  clock: Clock
  counters: SliCounters
}): GuaranteeParts {
  const signals = createSignals()
  const nowMs = (): number => Number(clock.now() / 1_000_000n)
  const security = createSecurityEvents({ sql, clock, signals, retentionMs: config.securityEventRetentionMs })
  const invariants = createInvariants({ clock, signals, enabled: config.invariantValidation })
  const keys = createTicketKeys({
    ...{ sql, nowMs, kid: config.ticketKeyId, previous: config.ticketPreviousKeys },
    secret: config.ticketKey ?? null,
    rotationMs: config.ticketKeyRotationHours * 3_600_000,
  })
  const tickets = createTickets({
    ...{ sql, keys, security, invariants, signals, counters, nowMs },
    nonces: config.ticketNonces === 'redis' ? createCacheNonces({ cache, sql }) : createSqlNonces({ sql }),
    maxTtlMs: config.maxTicketTtlMs,
    verifyBudgetMs: config.ticketVerifyP95TargetMs,
  })
  const limits = { cpuPercent: config.budgetCpuPercent, memoryMb: config.budgetMemoryMb, diskMb: config.budgetDiskMb }
  const performance = createPerformance({
    ...{ limits, dataDir: config.dataDir, signals },
    onTook(operation, durationMs) {
      const findings = checkBudget({ operation, startMs: 0, endMs: durationMs })
      // how fast the deployment is concerns no one tenant: its violations are shown to the default one, as its objectives are
      const context = { tenantId: config.defaultTenant, operation, outcome: 'accepted' as const }
      if (findings !== null) invariants.note('performance_budget_adherence', findings, context)
    },
  })
  signals.listen({ ticketVerified: (seconds) => performance.took('ticket_verify', seconds * 1000) })
  return { ...{ signals, security, tickets, invariants, performance }, releases: createReleases({ folder: config.artifactsDir, signals }) }
}
