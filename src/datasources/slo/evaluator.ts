import { randomUUID } from 'node:crypto'
import { type Logger } from '../../logger.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { type EventLog } from '../log/log.ts'
import { createLeader, type Leader } from '../sql/leader.ts'
import { type Sql } from '../sql/sql.ts'
import { pause } from '../../pause.ts'
import { hysteresis, type Hysteresis, nextAlert, nextStatus } from './alert-rules.ts'
import { alertChanged, statusChanged } from './events.ts'
import { joinIncident, settleIncidents } from './incidents.ts'
import { announce, relayOutbox } from './sql-outbox.ts'
import { type OwnAlert, type StateChange, stateKey, writeAlerts, writeStates } from './sql-slo-states.ts'
import { nextStateRevision, type StateMemory } from './state-memory.ts'
import { type SloDataSource, type SloDefinition, type SloReport, type SloStatus } from './slo.ts'
import { type SloStore } from './sql-slos.ts'

export interface EvaluatorParts {
  readonly sql: Sql
  readonly log: EventLog
  readonly store: SloStore
  readonly slo: SloDataSource
  readonly states: StateMemory
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly intervalMs: number
  readonly hysteresis?: Hysteresis
  /** How long an incident must be clear before it ends. */
  readonly incidentClearSeconds?: number
}

/** Watches every objective and tells when its status or a tier changes. One is active per deployment; another takes over when it dies. */
export interface SloEvaluator extends Leader {
  /** One look at everything: what `start` does again and again. @returns how many objectives were looked at */
  tick(signal?: AbortSignal): Promise<number>
}

export const evaluatorLock = 'orrery-slo-evaluator'

interface Changes {
  readonly states: StateChange[]
  readonly told: { readonly report: SloReport; readonly left: SloStatus | null }[]
  readonly alerts: OwnAlert[]
  /** Alerts whose state is news. */
  readonly news: OwnAlert[]
  /** Subjects that have an alert that fires, as incidents name them. */
  readonly burning: Set<string>
}

function end(alert: OwnAlert, now: Nanos, changes: Changes): void {
  const ended = { ...alert, endsAt: now, updatedAt: now }
  changes.alerts.push(ended)
  changes.news.push(ended)
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
      if (known !== null) end({ ...known, ...measured }, now, changes)
      continue
    }
    const alert: OwnAlert = { ...own, ...measured, ...next, id: known?.id ?? randomUUID(), endsAt: null }
    changes.alerts.push(alert)
    if (known?.state !== alert.state) changes.news.push(alert)
  }
  // nobody looks any more at a tier that was removed or renamed: its alert would stay, and mute those of the tiers that live
  const looked = new Set(report.tiers.map(({ name }) => name))
  for (const alert of live.values()) if (!looked.has(alert.tier)) end(alert, now, changes)
}

/** What an alert that was pushed to us is about: its objective, else its own name. */
function subjectOf(labels: string, name: string): string {
  const parsed: unknown = JSON.parse(labels)
  const slo = typeof parsed === 'object' && parsed !== null && 'slo' in parsed ? parsed.slo : null
  return typeof slo === 'string' ? slo : name
}

const noAlerts: ReadonlyMap<string, OwnAlert> = new Map()
const isPage = ({ endsAt, state, severity }: OwnAlert): boolean => endsAt === null && state === 'FIRING' && severity === 'page'

export function createEvaluator(parts: EvaluatorParts): SloEvaluator {
  const { sql, log, store, slo, states: memory, clock, logger, intervalMs } = parts
  const rules = parts.hysteresis ?? hysteresis

  async function measure(definitions: readonly SloDefinition[], signal: AbortSignal | undefined): Promise<SloReport[]> {
    const tenants = new Map<string, SloDefinition[]>()
    for (const definition of definitions) {
      const own = tenants.get(definition.tenantId)
      if (own === undefined) tenants.set(definition.tenantId, [definition])
      else own.push(definition)
    }
    const reports: SloReport[] = []
    for (const [tenantId, own] of tenants) reports.push(...(await slo.reports({ tenantId, signal }, own, null)))
    return reports
  }

  async function tick(signal?: AbortSignal): Promise<number> {
    const definitions = await store.all()
    const [reports, { states, alerts }] = await Promise.all([measure(definitions, signal), memory.read(signal)])
    const now = clock.now()
    const orphans = new Set(alerts.keys())
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
      alertChanges(report, alerts.get(key) ?? noAlerts, now, rules, changes)
      orphans.delete(key)
    }
    // alerts of objectives that are gone end with them
    for (const key of orphans) for (const alert of alerts.get(key)?.values() ?? []) end(alert, now, changes)
    const changed = changes.states.length > 0 || changes.alerts.length > 0
    const revision = await sql.transaction(async (tx) => {
      const next = changed ? await nextStateRevision(tx) : null
      await writeStates(tx, changes.states, now)
      await writeAlerts(tx, changes.alerts)
      await announce(
        tx,
        ...changes.told.map(({ report, left }) => statusChanged(report, left, now)),
        ...changes.news.map((alert) => alertChanged(alert, now)),
      )
      for (const { tenantId, slo: subject, id: alertId, tier } of changes.news.filter(isPage))
        await joinIncident(tx, { tenantId, subject, alertId, severity: 'HIGH', message: `tier ${tier} fires` }, now)
      await settleIncidents(tx, changes.burning, now, parts.incidentClearSeconds)
      return next
    })
    if (revision !== null) memory.committed(revision, changes)
    await relayOutbox(sql, log)
    return reports.length
  }

  const leader = createLeader({
    sql,
    lock: evaluatorLock,
    what: 'SLO evaluator',
    logger,
    async lead(signal) {
      let failing = false
      while (!signal.aborted) {
        try {
          await tick(signal)
          failing = false
        } catch (error) {
          if (!failing && !signal.aborted) logger.warn({ err: error }, 'objectives could not be evaluated')
          failing = true
        }
        await pause(intervalMs, signal)
      }
    },
  })
  return { ...leader, tick }
}
