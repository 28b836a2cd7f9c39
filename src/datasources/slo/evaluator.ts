import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, type Nanos } from '../../time.ts'
import { type EventLog } from '../log/log.ts'
import { type Sql, type SqlLease } from '../sql/sql.ts'
import { hysteresis, type Hysteresis, nextAlert, nextStatus } from './alert-rules.ts'
import { alertChanged, statusChanged } from './events.ts'
import { joinIncident, settleIncidents } from './incidents.ts'
import { announce, relayOutbox } from './sql-outbox.ts'
import { type OwnAlert, readLiveAlerts, readStates, type StateChange, stateKey, writeAlert, writeStates } from './sql-slo-states.ts'
import { type SloDataSource, type SloDefinition, type SloReport, type SloStatus } from './slo.ts'
import { type SloStore } from './sql-slos.ts'

/** As much of pino as we need. */
export interface EvaluatorLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export interface EvaluatorParts {
  readonly sql: Sql
  readonly log: EventLog
  readonly store: SloStore
  readonly slo: SloDataSource
  readonly clock: Clock
  readonly logger: EvaluatorLogger
  readonly intervalMs: number
  readonly hysteresis?: Hysteresis
  /** How long an incident must be clear before it ends. */
  readonly incidentClearSeconds?: number
}

/** Watches every objective and tells when its status or a tier changes. One is active per deployment; another takes over when it dies. */
export interface SloEvaluator {
  start(): void
  stop(): Promise<void>
  isActive(): boolean
  /** One look at everything: what `start` does again and again. @returns how many objectives were looked at */
  tick(): Promise<number>
}

export const evaluatorLock = 'orrery-slo-evaluator'
const STANDBY_MS = 1000

interface Changes {
  readonly states: StateChange[]
  readonly told: { readonly report: SloReport; readonly left: SloStatus | null }[]
  readonly alerts: OwnAlert[]
  /** Alerts whose state is news. */
  readonly news: OwnAlert[]
  /** Subjects that have an alert that fires, as incidents name them. */
  readonly burning: Set<string>
}

function alertChanges(report: SloReport, live: ReadonlyMap<string, OwnAlert>, now: Nanos, rules: Hysteresis, changes: Changes): void {
  const { definition } = report
  for (const tier of report.tiers) {
    const known = live.get(tier.name) ?? null
    const forSeconds = definition.tiers?.find(({ name }) => name === tier.name)?.forSeconds ?? 0
    const next = nextAlert(known, tier, forSeconds, now, rules)
    if (next?.state === 'FIRING') changes.burning.add(JSON.stringify([definition.tenantId, definition.name]))
    if (next === known) continue
    const measured = { burnLong: tier.long.burnRate, burnShort: tier.short.burnRate, factor: tier.factor, updatedAt: now }
    const own = { tenantId: definition.tenantId, slo: definition.name, tier: tier.name, severity: tier.severity }
    if (next === null) {
      if (known !== null) {
        const ended = { ...known, ...measured, endsAt: now }
        changes.alerts.push(ended)
        changes.news.push(ended)
      }
      continue
    }
    const alert: OwnAlert = { ...own, ...measured, ...next, id: known?.id ?? randomUUID(), endsAt: null }
    changes.alerts.push(alert)
    if (known?.state !== alert.state) changes.news.push(alert)
  }
}

/** What an alert that was pushed to us is about: its objective, else its own name. */
function subjectOf(labels: string, name: string): string {
  const parsed: unknown = JSON.parse(labels)
  const slo = typeof parsed === 'object' && parsed !== null && 'slo' in parsed ? parsed.slo : null
  return typeof slo === 'string' ? slo : name
}

export function createEvaluator(parts: EvaluatorParts): SloEvaluator {
  const { sql, log, store, slo, clock, logger, intervalMs } = parts
  const rules = parts.hysteresis ?? hysteresis
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let active = false

  async function measure(definitions: readonly SloDefinition[]): Promise<SloReport[]> {
    const tenants = new Map<string, SloDefinition[]>()
    for (const definition of definitions) {
      const own = tenants.get(definition.tenantId)
      if (own === undefined) tenants.set(definition.tenantId, [definition])
      else own.push(definition)
    }
    const reports: SloReport[] = []
    for (const [tenantId, own] of tenants) reports.push(...(await slo.reports({ tenantId, signal: stopping.signal }, own, null)))
    return reports
  }

  async function tick(): Promise<number> {
    const definitions = await store.all()
    const [reports, states, liveAlerts] = await Promise.all([measure(definitions), readStates(sql), readLiveAlerts(sql)])
    const now = clock.now()
    const perSlo = new Map<string, Map<string, OwnAlert>>()
    for (const alert of liveAlerts) {
      const key = stateKey(alert.tenantId, alert.slo)
      perSlo.set(key, (perSlo.get(key) ?? new Map<string, OwnAlert>()).set(alert.tier, alert))
    }
    const pushed = await sql.any<{ tenant_id: string; labels: string; name: string }>(
      `select tenant_id, labels, name from received_alerts where status = 'firing' order by received_at_ns desc limit 1000`,
    )
    const changes: Changes = { states: [], told: [], alerts: [], news: [], burning: new Set() }
    for (const { tenant_id: tenantId, labels, name } of pushed) changes.burning.add(JSON.stringify([tenantId, subjectOf(labels, name)]))
    for (const report of reports) {
      const { tenantId, name: sloName } = report.definition
      const key = stateKey(tenantId, sloName)
      const known = states.get(key) ?? null
      const { state, left, changed } = nextStatus(known, report.status, now, rules)
      if (state !== known) changes.states.push({ tenantId, slo: sloName, state, remaining: report.budget.remainingRatio })
      if (changed) changes.told.push({ report, left })
      alertChanges(report, perSlo.get(key) ?? new Map<string, OwnAlert>(), now, rules, changes)
      perSlo.delete(key)
    }
    // alerts of objectives that are gone end with them
    for (const orphans of perSlo.values())
      for (const alert of orphans.values()) {
        const ended = { ...alert, endsAt: now, updatedAt: now }
        changes.alerts.push(ended)
        changes.news.push(ended)
      }
    await sql.transaction(async (tx) => {
      await writeStates(tx, changes.states, now)
      for (const alert of changes.alerts) await writeAlert(tx, alert)
      for (const { report, left } of changes.told) await announce(tx, statusChanged(report, left, now))
      for (const alert of changes.news) {
        await announce(tx, alertChanged(alert, now))
        if (alert.endsAt === null && alert.state === 'FIRING' && alert.severity === 'page')
          await joinIncident(
            tx,
            { tenantId: alert.tenantId, subject: alert.slo, alertId: alert.id, severity: 'HIGH', message: `tier ${alert.tier} fires` },
            now,
          )
      }
      await settleIncidents(tx, changes.burning, now, parts.incidentClearSeconds)
    })
    await relayOutbox(sql, log)
    return reports.length
  }

  async function lead(lease: SqlLease): Promise<void> {
    active = true
    logger.info({}, 'this SLO evaluator is active')
    try {
      let failing = false
      while (!stopping.signal.aborted && !lease.lost.aborted) {
        try {
          await tick()
          failing = false
        } catch (error) {
          if (!failing && !stopping.signal.aborted) logger.warn({ err: error }, 'objectives could not be evaluated')
          failing = true
        }
        await delay(intervalMs, undefined, { signal: AbortSignal.any([stopping.signal, lease.lost]) }).catch(() => undefined)
      }
    } finally {
      active = false
      if (!lease.lost.aborted) await lease.release()
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const lease = await sql.tryLock(evaluatorLock)
        if (lease !== null) await lead(lease)
      } catch (error) {
        if (!stopping.signal.aborted) logger.warn({ err: error }, 'the SLO evaluator cannot ask for its lock')
      }
      await delay(STANDBY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    start() {
      running ??= run()
    },
    async stop() {
      stopping.abort()
      await running
    },
    isActive: () => active,
    tick,
  }
}
