import { actorOf } from '../auth/actor.ts'
import { type Context } from '../context.ts'
import { maxBurnRate, remainingOf, wilson } from '../datasources/slo/formulas.ts'
import { writeOpenSlo } from '../datasources/slo/openslo-text.ts'
import { type SloFilter, type SloReport, type SloStatus } from '../datasources/slo/slo.ts'
import { formatDuration, periodOf } from '../datasources/slo/windows.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { badUserInput } from '../errors.ts'
import { type Resolvers, type SloFilter as SloFilterInput } from '../generated/resolver-types.ts'
import { expectId } from '../ids.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { sloId } from './node-ids.ts'

/** The name that an id or a name gives; null for an id of another tenant. @throws AppError BAD_USER_INPUT when neither or both are given */
export function sloName(
  ctx: Context,
  { id, name }: { id?: string | null | undefined; name?: string | null | undefined },
  idName = 'id',
): string | null {
  if (id != null && name == null) {
    const [tenantId, found] = expectId('Slo', id, 2)
    return tenantId === ctx.scope.tenantId ? (found ?? null) : null
  }
  if (name != null && id == null) return name
  throw badUserInput(`Name the objective by \`${idName}\` or by \`name\`.`)
}

export function sloFilter(input: SloFilterInput | null | undefined): SloFilter {
  if (input == null) return {}
  const { labels, ...filter } = input
  if (labels == null) return filter
  if (typeof labels !== 'object' || Array.isArray(labels))
    throw badUserInput('`labels` is an object of texts.', { path: ['filter', 'labels'] })
  return { ...filter, labels: Object.fromEntries(Object.entries(labels)) }
}

const severity: readonly SloStatus[] = ['BREACHED', 'AT_RISK', 'STALE', 'INSUFFICIENT_COVERAGE', 'MEETING', 'NO_DATA']
const worst = (reports: readonly SloReport[]): SloStatus =>
  severity.find((status) => reports.some((report) => report.status === status)) ?? 'NO_DATA'

const Query: Resolvers['Query'] = {
  slo: (_parent, { id, name, at }, ctx) =>
    reading(ctx, null, async () => {
      const wanted = sloName(ctx, { id, name })
      return wanted === null ? null : ctx.loaders.slo().find(wanted, at ?? null)
    }),
  slos: (_parent, { filter, orderBy, at, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const { page: found, total } = await ctx.loaders
        .slo()
        .list(sloFilter(filter), orderBy ?? 'REMAINING_ASC', pageRequest(page), at ?? null)
      return toCountedConnection(found, async () => total)
    }),
  sloServices: (_parent, _args, ctx) =>
    reading(ctx, null, async () => {
      const reports = await ctx.loaders.slo().all()
      const services = new Map<string, SloReport[]>()
      for (const report of reports) services.set(report.definition.service, [...(services.get(report.definition.service) ?? []), report])
      const left = (report: SloReport) => report.budget.remainingRatio ?? Infinity
      return [...services].map(([name, slos]) => ({ name, status: worst(slos), slos: slos.sort((one, other) => left(one) - left(other)) }))
    }),
}

const thresholdMsOf = ({ definition: { indicator } }: SloReport): number | null =>
  'thresholdMs' in indicator ? indicator.thresholdMs : null

const Slo: Resolvers['Slo'] = {
  id: ({ definition }) => sloId(definition),
  name: ({ definition }) => definition.name,
  displayName: ({ definition }) => definition.displayName,
  description: ({ definition }) => definition.description,
  service: ({ definition }) => definition.service,
  labels: ({ definition }) => definition.labels,
  objective: ({ definition: { targetPpm, timeSliceTargetPpm, timeSliceSeconds } }) => ({
    targetPpm,
    target: targetPpm / 1e6,
    targetPercent: targetPpm / 1e4,
    timeSliceTarget: timeSliceTargetPpm === null ? null : timeSliceTargetPpm / 1e6,
    timeSliceSeconds,
  }),
  window({ definition: { window }, windowSeconds, at }) {
    const { from, end } = periodOf(window, at)
    const letters = { DAY: 'd', WEEK: 'w', MONTH: 'M', QUARTER: 'Q', YEAR: 'Y' }
    return {
      kind: window.kind,
      seconds: windowSeconds,
      duration: window.kind === 'ROLLING' ? formatDuration(window.seconds) : `${window.count}${letters[window.unit]}`,
      startsAt: from,
      endsAt: end,
      timeZone: window.kind === 'ROLLING' ? null : window.timeZone,
    }
  },
  budgetingMethod: ({ definition }) => definition.budgetingMethod,
  source: ({ definition }) => definition.indicator.source,
  indicator: (report) => ({
    kind: report.definition.indicator.kind,
    source: report.definition.indicator.source,
    thresholdMs: thresholdMsOf(report),
    definition: report.definition.indicator,
  }),
  quantile: async (report, _args, ctx) => {
    const thresholdMs = thresholdMsOf(report)
    if (thresholdMs === null) return null
    return { q: report.definition.targetPpm / 1e6, thresholdMs, valueMs: await ctx.dataSources.slo.quantileMs(ctx.scope, report) }
  },
  errorBudget: ({ budget }) => budget,
  burnRate: (report, { window }, ctx) => ctx.dataSources.slo.burnRate(ctx.scope, report, window),
  threshold: ({ tiers, definition }) => ({ factor: tiers[0]?.factor ?? 1, maximum: maxBurnRate(definition.targetPpm) }),
  corrections: ({ definition }) => definition.corrections,
  series: (report, { kind, from, to, maxPoints }, ctx) =>
    ctx.dataSources.slo.series(ctx.scope, report, { kind, from, to, maxPoints: maxPoints ?? 300 }),
  groups: async (report, { first }, ctx) => {
    const groups = await ctx.dataSources.slo.groups(ctx.scope, report)
    return (
      groups?.slice(0, Math.max(0, Math.min(1001, first ?? 20))).map(({ labels, overflow, good, total }) => {
        const interval = wilson(good, total)
        return {
          ...{ labels, overflow },
          sli: {
            ratio: total > 0 ? good / total : null,
            good,
            bad: total - good,
            total,
            low: interval?.low ?? null,
            high: interval?.high ?? null,
          },
          remainingRatio: remainingOf(good, total, report.definition.targetPpm),
        }
      }) ?? null
    )
  },
  explain: (report, _args, ctx) => {
    const explained = ctx.dataSources.slo.explain(report)
    return { ...explained, promql: report.definition.indicator.source === 'PROMETHEUS' ? explained.queries : [] }
  },
  openSlo: ({ definition }) => writeOpenSlo([definition]),
}

/** Objectives: what is promised, how it stands, and why. */
export const slo: Resolvers = {
  Query,
  Slo,
  SloConnection: { totalCount: (connection) => connection.count() },
  Correction: { author: ({ author }) => actorOf(author) },
  SloResult: { __resolveType: (result) => result.__typename },
}
