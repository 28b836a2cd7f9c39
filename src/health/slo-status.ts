import { type DataSources } from '../datasources/index.ts'
import { budgetRatio } from '../datasources/slo/formulas.ts'
import { type Scope } from '../datasources/scope.ts'
import { type SloDataSource, type SloReport, type SloStatus } from '../datasources/slo/slo.ts'
import { AppError } from '../errors.ts'
import { sharedLook } from '../shared-look.ts'
import { formatNanos } from '../time.ts'

type Word = 'ok' | 'warning' | 'critical'

export interface SloStatusParts {
  readonly dataSources: Pick<DataSources, 'slo' | 'alerts' | 'incidents' | 'security'>
  readonly tenantId: string
  /** The answer is given up after so long. */
  readonly deadlineMs: number
  /** Objectives that Orrery makes of itself. */
  readonly ownNames?: ReadonlySet<string>
  /** An answer serves everybody who asks within so long. */
  readonly freshMs?: number
}

/** The page is asked without a name and without a limit: what it costs must not grow with how often. */
const FRESH_MS = 1000

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

const shownWindows = [3600, 21_600] as const
/** Each window once, the two that are always shown first. */
const windows: readonly number[] = [...new Set([...shownWindows, ...Object.values(contractWindows)])]

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 1e6) / 1e6)

interface Shown {
  readonly current: number | null
  readonly target: number
  readonly status: Word | null
}

/** The contract's three words come from its thresholds over its short windows; all other objectives' from their status. */
async function shownOf(slo: SloDataSource, scope: Scope, report: SloReport, burns: readonly (number | null)[]): Promise<Shown> {
  const { definition, sli, status } = report
  const { words, name, targetPpm, indicator } = definition
  const target = targetPpm / 10_000
  const window = contractWindows[name]
  if (words === null || window === undefined)
    return { current: sli?.ratio == null ? null : rounded(sli.ratio * 100), target, status: wordOfStatus[status] }
  if ('thresholdMs' in indicator && indicator.thresholdMs !== null) {
    const to = report.windowTo
    const current = await slo.quantileMs(scope, { ...report, windowFrom: to - BigInt(window) * 1_000_000_000n })
    const word = current === null ? null : current > words.critical ? 'critical' : current > words.warning ? 'warning' : 'ok'
    return { current: rounded(current), target: indicator.thresholdMs, status: word }
  }
  const burn = burns[windows.indexOf(window)] ?? null
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

/** What its source does not answer for now, it does not answer for other windows either: nobody waits for that twice. */
const answers = ({ reading }: SloReport): boolean => reading.ok || !reading.reason.startsWith('BACKEND_')

async function objectivesOf(slo: SloDataSource, scope: Scope, reports: readonly SloReport[]) {
  const measurable = reports.filter(answers)
  const rates = new Map((await slo.burnRates(scope, measurable, windows)).map((burns, index) => [measurable[index], burns]))
  return Promise.all(
    reports.map(async (report) => {
      const burns = rates.get(report)
      const { budget, definition, reasons } = report
      const unknown: Shown = { current: null, target: definition.targetPpm / 10_000, status: null }
      const shown = burns === undefined ? unknown : await shownOf(slo, scope, report, burns)
      const objective = {
        ...shown,
        budget: { totalRatio: budget.totalRatio, consumedRatio: budget.consumedRatio, remainingRatio: budget.remainingRatio },
        burnRate: { '1h': burns?.[0] ?? null, '6h': burns?.[1] ?? null },
        reasons: reasons.map(({ code }) => code),
      }
      return { name: definition.name, status: shown.status, objective }
    }),
  )
}

/**
 * The guarantees' status page: objectives, alerts, incidents and security events of the default tenant (contract: guarantees 11). An objective
 * without data is null with a reason and never makes anything unhealthy: a cold start is healthy.
 */
async function sloStatus({ dataSources, tenantId }: SloStatusParts, signal: AbortSignal) {
  const scope = { tenantId, signal }
  const reports = await dataSources.slo.reports(scope, await dataSources.slo.definitions(scope), null)
  const [{ alerts }, incidents, securityEvents] = await Promise.all([
    dataSources.alerts.list(scope),
    dataSources.incidents.list(scope),
    dataSources.security.countLastHour(scope),
  ])
  const live = alerts.filter(({ state }) => state === 'FIRING').length
  const open = incidents.filter(({ endedAt }) => endedAt === null).length
  const objectives = await objectivesOf(dataSources.slo, scope, reports)
  const words = objectives.map(({ status }) => status)
  const word: 'healthy' | 'degraded' | 'unhealthy' =
    words.includes('critical') || open > 0 ? 'unhealthy' : words.includes('warning') || live > 0 ? 'degraded' : 'healthy'
  const measured = reports.filter(({ reading }) => reading.ok)
  return {
    word,
    slos: Object.fromEntries(objectives.map(({ name, objective }) => [name, objective])),
    alerts: live,
    incidents: open,
    securityEvents,
    ...(reports[0] === undefined ? {} : { asOf: formatNanos(reports[0].at) }),
    coverage: measured.length === 0 ? null : Math.min(...measured.map(({ coverage }) => coverage)),
  }
}

type SloStatusPage = Awaited<ReturnType<typeof sloStatus>>

/**
 * The page for everybody: those who ask at once share one look, which serves for a moment more. Who may not read the objectives sees of them those that
 * are no tenant's.
 * @throws AppError DEADLINE_EXCEEDED when the stores did not say all of it in time, SOURCE_UNAVAILABLE when SQL is away
 */
export function createSloStatus(parts: SloStatusParts): (mayRead?: boolean) => Promise<SloStatusPage> {
  const { deadlineMs, freshMs = FRESH_MS, ownNames = new Set() } = parts

  const look = sharedLook(async (): Promise<SloStatusPage> => {
    const deadline = AbortSignal.timeout(deadlineMs)
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener('abort', () => reject(new AppError('DEADLINE_EXCEEDED', 'The objectives were not measured in time.')))
    })
    // whoever loses the race ends by the same signal
    const page = sloStatus(parts, deadline)
    page.catch(() => undefined)
    return Promise.race([page, late])
  }, freshMs)

  return async (mayRead = true) => {
    const page = await look()
    if (mayRead) return page
    return { ...page, slos: Object.fromEntries(Object.entries(page.slos).filter(([name]) => ownNames.has(name))) }
  }
}
