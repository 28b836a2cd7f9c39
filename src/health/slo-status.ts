import { type DataSources } from '../datasources/index.ts'
import { budgetRatio } from '../datasources/slo/formulas.ts'
import { type SloReport, type SloStatus } from '../datasources/slo/slo.ts'
import { formatNanos } from '../time.ts'

type Word = 'ok' | 'warning' | 'critical'

export interface SloStatusParts {
  readonly dataSources: Pick<DataSources, 'slo' | 'alerts' | 'incidents' | 'security'>
  readonly tenantId: string
}

const wordOfStatus: Readonly<Record<SloStatus, Word | null>> = {
  MEETING: 'ok',
  AT_RISK: 'warning',
  BREACHED: 'critical',
  NO_DATA: null,
  STALE: null,
  INSUFFICIENT_COVERAGE: null,
}

/** The contract's windows, where it has one (contract: guarantees 9). */
const contractWindows: Readonly<Record<string, number>> = {
  response_time_p95: 300,
  ticket_verify_p95: 300,
  availability: 3600,
  error_rate: 300,
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 1e6) / 1e6)

interface Shown {
  readonly current: number | null
  readonly target: number
  readonly status: Word | null
}

/** The contract's three words come from its thresholds over its short windows; all other objectives' from their status. */
async function shownOf({ dataSources, tenantId }: SloStatusParts, report: SloReport): Promise<Shown> {
  const { definition, sli, status } = report
  const { words, name, targetPpm, indicator } = definition
  const target = targetPpm / 10_000
  const window = contractWindows[name]
  if (words === null || window === undefined)
    return { current: sli?.ratio == null ? null : rounded(sli.ratio * 100), target, status: wordOfStatus[status] }
  if ('thresholdMs' in indicator && indicator.thresholdMs !== null) {
    const to = report.windowTo
    const current = await dataSources.slo.quantileMs({ tenantId }, { ...report, windowFrom: to - BigInt(window) * 1_000_000_000n })
    const word = current === null ? null : current > words.critical ? 'critical' : current > words.warning ? 'warning' : 'ok'
    return { current: rounded(current), target: indicator.thresholdMs, status: word }
  }
  const burn = await dataSources.slo.burnRate({ tenantId }, report, window)
  if (burn === null) return { current: null, target, status: null }
  const errors = burn * budgetRatio(targetPpm) * 100
  if (name === 'error_rate')
    return {
      current: rounded(errors),
      target: rounded(budgetRatio(targetPpm) * 100) ?? 0,
      status: errors > words.critical ? 'critical' : errors > words.warning ? 'warning' : 'ok',
    }
  const good = 100 - errors
  return { current: rounded(good), target, status: good < words.critical ? 'critical' : good < words.warning ? 'warning' : 'ok' }
}

/**
 * The guarantees' status page: objectives, alerts, incidents and security events of the default tenant (contract: guarantees 11). An objective
 * without data is null with a reason and never makes anything unhealthy: a cold start is healthy.
 */
export async function sloStatus(parts: SloStatusParts) {
  const { dataSources, tenantId } = parts
  const scope = { tenantId }
  const reports = await dataSources.slo.reports(scope, await dataSources.slo.definitions(scope), null)
  const [{ alerts }, incidents, securityEvents] = await Promise.all([
    dataSources.alerts.list(scope),
    dataSources.incidents.list(scope),
    dataSources.security.countLastHour(scope),
  ])
  const live = alerts.filter(({ state }) => state === 'FIRING').length
  const open = incidents.filter(({ endedAt }) => endedAt === null).length
  const words: (Word | null)[] = []
  const slos: Record<string, unknown> = {}
  for (const report of reports) {
    const shown = await shownOf(parts, report)
    words.push(shown.status)
    const { budget, definition, reasons } = report
    slos[definition.name] = {
      ...shown,
      budget: { totalRatio: budget.totalRatio, consumedRatio: budget.consumedRatio, remainingRatio: budget.remainingRatio },
      burnRate: {
        '1h': await dataSources.slo.burnRate(scope, report, 3600),
        '6h': await dataSources.slo.burnRate(scope, report, 21_600),
      },
      reasons: reasons.map(({ code }) => code),
    }
  }
  const word: 'healthy' | 'degraded' | 'unhealthy' =
    words.includes('critical') || open > 0 ? 'unhealthy' : words.includes('warning') || live > 0 ? 'degraded' : 'healthy'
  const measured = reports.filter(({ reading }) => reading.ok)
  return {
    word,
    slos,
    alerts: live,
    incidents: open,
    securityEvents,
    ...(reports[0] === undefined ? {} : { asOf: formatNanos(reports[0].at) }),
    coverage: measured.length === 0 ? null : Math.min(...measured.map(({ coverage }) => coverage)),
  }
}
