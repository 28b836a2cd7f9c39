import { randomUUID } from 'node:crypto'
import { announce } from '../slo/sql-outbox.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { groupCommit } from '../group-commit.ts'
import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type GuaranteeSignals, type SecurityEventType } from './signals.ts'
import { type Logger } from '../../logger.ts'

export type SecuritySeverity = 'low' | 'medium' | 'high' | 'critical'

/** Something that a guard noticed. Details never hold a nonce, a MAC or a key. */
export interface SecurityEvent {
  readonly type: SecurityEventType
  readonly severity: SecuritySeverity
  readonly ip: string | null
  readonly userAgent: string | null
  readonly repoId: string | null
  readonly details: Readonly<Record<string, unknown>>
  readonly blocked: boolean
}

export interface SecurityEvents {
  /** Keeps an event, and raises a pattern once per window and source (contract: guarantees 10). Never throws: a guard must not fall over its report. */
  record(scope: Scope, event: SecurityEvent): Promise<void>
  /**
   * Notes an event that anybody can cause as often as they like: the request writes nothing, and what came from one source is kept as one event
   * with its count at the next `flush`.
   */
  noteCheap(scope: Scope, event: SecurityEvent): void
  /** Keeps what was noted; what cannot be kept waits. */
  flush(): Promise<void>
  countLastHour(scope: Scope): Promise<number>
  /** Newest first, at most `limit`. */
  list(scope: Scope, limit: number): Promise<readonly (SecurityEvent & { readonly id: string; readonly at: Nanos })[]>
  /** Removes what is older than the retention; a bounded bite. */
  purge(): Promise<number>
}

const WINDOW: Nanos = 300_000_000_000n
const HOUR: Nanos = 3_600_000_000_000n

const patterns = [
  { type: 'replay_attempt', most: 3, source: 'repo_id', severity: 'high', pattern: 'multiple_replay_attempts' },
  { type: 'rate_limit_exceeded', most: 5, source: 'ip', severity: 'critical', pattern: 'persistent_rate_limit_violation' },
] as const

/** Sources that are told apart between two flushes; all further ones are one. */
const MOST_SOURCES = 1000

interface Noted {
  readonly tenantId: string
  readonly event: SecurityEvent
  count: number
}

interface Row {
  id: string
  type: SecurityEventType
  severity: SecuritySeverity
  at_ns: bigint
  ip: string | null
  user_agent: string | null
  repo_id: string | null
  details: string
  blocked: boolean
}

const object = (text: string): Record<string, unknown> => {
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

interface Given {
  readonly tenantId: string
  readonly event: SecurityEvent
}

async function insert(tx: SqlExecutor, given: readonly Given[], now: Nanos): Promise<void> {
  const column = <T>(pick: (event: SecurityEvent, tenantId: string) => T): T[] => given.map(({ tenantId, event }) => pick(event, tenantId))
  await tx.run(
    `insert into security_events (id, tenant_id, type, severity, at_ns, ip, user_agent, repo_id, details, blocked)
       select id, tenant_id, type, severity, $1::bigint, ip, user_agent, repo_id, details, blocked
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[])
           as e (id, tenant_id, type, severity, ip, user_agent, repo_id, details, blocked)`,
    [
      now,
      given.map(() => randomUUID()),
      column((_, tenantId) => tenantId),
      column(({ type }) => type),
      column(({ severity }) => severity),
      column(({ ip }) => ip),
      column(({ userAgent }) => userAgent?.slice(0, 300) ?? null),
      column(({ repoId }) => repoId),
      column(({ details }) => JSON.stringify(details)),
      column(({ blocked }) => blocked),
    ],
  )
  await announce(
    tx,
    ...given.map(({ tenantId, event }) => ({
      tenantId,
      domain: 'SLO' as const,
      type: 'security.noticed:v1',
      at: now,
      severity:
        event.severity === 'critical' ? ('CRITICAL' as const) : event.severity === 'high' ? ('ERROR' as const) : ('WARNING' as const),
      labels: [`type=${event.type}`],
      data: { type: event.type, severity: event.severity, repoId: event.repoId, blocked: event.blocked },
    })),
  )
}

/** One event for each tenant, type and source: what may have become a pattern. */
function onePerSource(given: readonly Given[]): Given[] {
  const found = new Map(given.map((one) => [JSON.stringify([one.tenantId, one.event.type, one.event.ip, one.event.repoId]), one]))
  // in one order everywhere: two groups never wait for each other's sources in a circle
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one)
}

export function createSecurityEvents({
  sql,
  clock,
  signals,
  retentionMs,
  logger,
}: {
  sql: Sql
  clock: Clock
  signals: GuaranteeSignals
  retentionMs: number
  logger?: Pick<Logger, 'warn'> | undefined
}): SecurityEvents {
  async function raisePattern(tx: SqlExecutor, tenantId: string, event: SecurityEvent, now: Nanos): Promise<boolean> {
    const rule = patterns.find(({ type }) => type === event.type)
    const source = rule?.source === 'ip' ? event.ip : event.repoId
    // events without a source are not pooled: they may be anybody's
    if (rule === undefined || source === null) return false
    // one at a time for each source, or two could each be the one that makes it a pattern
    await tx.run(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`security-pattern:${tenantId}:${source}`])
    const { events, raised } = await tx.one<{ events: bigint; raised: bigint }>(
      `select count(*) filter (where type = $3) as events, count(*) filter (where type = 'suspicious_pattern' and details like $5) as raised
         from security_events where tenant_id = $1 and at_ns > $2 and ${rule.source} = $4`,
      [tenantId, now - WINDOW, event.type, source, `%"${rule.pattern}"%`],
    )
    if (events < BigInt(rule.most) || raised > 0n) return false
    const details = { pattern: rule.pattern, count: Number(events) }
    await insert(tx, [{ tenantId, event: { ...event, type: 'suspicious_pattern', severity: rule.severity, details, blocked: false } }], now)
    return true
  }

  const noted = new Map<string, Noted>()

  function note(tenantId: string, event: SecurityEvent, count: number): void {
    const known = noted.get(JSON.stringify([tenantId, event.type, event.ip]))
    const place = known === undefined && noted.size >= MOST_SOURCES ? { ...event, ip: null, userAgent: null } : event
    const key = JSON.stringify([tenantId, place.type, place.ip])
    const same = noted.get(key)
    if (same === undefined) noted.set(key, { tenantId, event: place, count })
    else same.count += count
  }

  async function flush(): Promise<void> {
    const taken = [...noted.values()]
    noted.clear()
    if (taken.length === 0) return
    try {
      await sql.transaction(async (tx) => {
        const now = clock.now()
        const given = taken.map(({ tenantId, event, count }) => ({ tenantId, event: { ...event, details: { ...event.details, count } } }))
        await insert(tx, given, now)
      })
    } catch (error) {
      for (const { tenantId, event, count } of taken) note(tenantId, event, count)
      logger?.warn({ err: error }, 'security events could not be kept yet')
    }
  }

  /** Events that come together are kept together: a storm of replays costs few transactions. */
  const keep = groupCommit<Given, boolean>({
    most: 500,
    lanes: 1,
    async run(given) {
      try {
        const raised = await sql.transaction(async (tx) => {
          const now = clock.now()
          await insert(tx, given, now)
          let patterns = 0
          for (const { tenantId, event } of onePerSource(given)) if (await raisePattern(tx, tenantId, event, now)) patterns += 1
          return patterns
        })
        for (let count = 0; count < raised; count += 1) signals.emit.securityEvent('suspicious_pattern')
        return given.map(() => true)
      } catch (error) {
        logger?.warn({ err: error }, 'security events could not be kept')
        return given.map(() => false)
      }
    },
  })

  return {
    noteCheap({ tenantId }, event) {
      signals.emit.securityEvent(event.type)
      note(tenantId, event, 1)
    },
    flush,
    async record({ tenantId }, event) {
      signals.emit.securityEvent(event.type)
      await keep({ tenantId, event })
    },
    async countLastHour({ tenantId, signal }) {
      await flush()
      const { count } = await sql.one<{ count: bigint }>(
        'select count(*) as count from security_events where tenant_id = $1 and at_ns > $2',
        [tenantId, clock.now() - HOUR],
        { signal },
      )
      return Number(count)
    },
    async list({ tenantId, signal }, limit) {
      await flush()
      const rows = await sql.any<Row>(
        'select id, type, severity, at_ns, ip, user_agent, repo_id, details, blocked from security_events where tenant_id = $1 order by at_ns desc, id desc limit $2',
        [tenantId, limit],
        { signal },
      )
      return rows.map((row) => ({
        id: row.id,
        at: row.at_ns,
        type: row.type,
        severity: row.severity,
        ip: row.ip,
        userAgent: row.user_agent,
        repoId: row.repo_id,
        details: object(row.details),
        blocked: row.blocked,
      }))
    },
    purge: () =>
      sql.run('delete from security_events where id in (select id from security_events where at_ns < $1 limit 5000)', [
        clock.now() - BigInt(retentionMs) * 1_000_000n,
      ]),
  }
}
