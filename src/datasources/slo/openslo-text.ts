import { stringify } from 'yaml'
import { OWN } from './openslo.ts'
import { type Indicator, type SloDefinition, type SloSpec, type SloWindow } from './slo.ts'
import { formatDuration } from './windows.ts'

type Json = Readonly<Record<string, unknown>>

const prometheus = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })

function writeIndicator(indicator: Indicator, name: string): { sli: Json | null; objective: Json } {
  const metadata = { name: `${name}-sli` }
  const of = (spec: Json, objective: Json = {}) => ({ sli: { metadata, spec }, objective })
  const ownTotal = (type: string, spec: Json) =>
    of({ ratioMetric: { counter: true, total: { metricSource: { type, spec } }, good: { metricSource: { type, spec } } } })
  const kept = (spec: Json): Json => Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null))
  switch (indicator.source) {
    case 'COMPOSITE':
      return { sli: null, objective: {} }
    case 'COUNTERS':
      return ownTotal('orrery-counters', kept({ measure: indicator.measure, thresholdMs: indicator.thresholdMs }))
    case 'EVENTS':
      return ownTotal(
        'orrery-events',
        kept({
          event: indicator.event,
          thresholdSeconds: indicator.thresholdSeconds,
          ritualId: indicator.ritualId,
          gateId: indicator.gateId,
        }),
      )
    case 'PROMETHEUS':
      if (indicator.kind === 'RATIO') {
        const side = indicator.good === null ? { bad: prometheus(indicator.bad ?? '') } : { good: prometheus(indicator.good) }
        return of({ ratioMetric: { counter: true, ...side, total: prometheus(indicator.total) } })
      }
      if (indicator.kind === 'LATENCY') {
        const spec = {
          histogram: indicator.metric,
          ...(indicator.matchers === '' ? {} : { matchers: indicator.matchers }),
          ...(indicator.native ? { native: true } : {}),
        }
        return of({ thresholdMetric: { metricSource: { type: 'Prometheus', spec } } }, { op: 'lte', value: indicator.thresholdMs })
      }
      return of({ thresholdMetric: prometheus(indicator.query) }, { op: indicator.operator.toLowerCase(), value: indicator.value })
  }
}

const letters = { DAY: 'd', WEEK: 'w', MONTH: 'M', QUARTER: 'Q', YEAR: 'Y' } as const

const writeWindow = (window: SloWindow) =>
  window.kind === 'ROLLING'
    ? { duration: formatDuration(window.seconds), isRolling: true }
    : {
        duration: `${window.count}${letters[window.unit]}`,
        isRolling: false,
        calendar: { startTime: window.start, timeZone: window.timeZone },
      }

/** OpenSLO v1 text of objectives, one document each; `readOpenSlo` gives the same objectives back. */
export function writeOpenSlo(specs: readonly (SloSpec | SloDefinition)[]): string {
  return specs
    .map((spec) => {
      const { sli, objective } = writeIndicator(spec.indicator, spec.name)
      const own: Record<string, string> = {}
      if (spec.indicator.source === 'COMPOSITE') own[`${OWN}composite`] = JSON.stringify(spec.indicator.members)
      if (spec.tiers !== null) own[`${OWN}tiers`] = JSON.stringify(spec.tiers)
      if (spec.minCoverage !== 0.5) own[`${OWN}minCoverage`] = JSON.stringify(spec.minCoverage)
      if (spec.words !== null) own[`${OWN}words`] = JSON.stringify(spec.words)
      if (spec.freezes.length > 0) own[`${OWN}freezes`] = JSON.stringify(spec.freezes)
      return stringify({
        apiVersion: 'openslo/v1',
        kind: 'SLO',
        metadata: {
          name: spec.name,
          ...(spec.displayName === null ? {} : { displayName: spec.displayName }),
          ...(Object.keys(spec.labels).length === 0 ? {} : { labels: spec.labels }),
          ...(Object.keys(own).length === 0 ? {} : { annotations: own }),
        },
        spec: {
          ...(spec.description === null ? {} : { description: spec.description }),
          service: spec.service,
          ...(sli === null ? {} : { indicator: sli }),
          timeWindow: [writeWindow(spec.window)],
          budgetingMethod: { OCCURRENCES: 'Occurrences', TIMESLICES: 'Timeslices', RATIO_TIMESLICES: 'RatioTimeslices' }[
            spec.budgetingMethod
          ],
          objectives: [
            {
              ...(spec.displayName === null ? {} : { displayName: spec.displayName }),
              ...objective,
              target: spec.targetPpm / 1e6,
              ...(spec.timeSliceTargetPpm === null ? {} : { timeSliceTarget: spec.timeSliceTargetPpm / 1e6 }),
              ...(spec.timeSliceSeconds === null ? {} : { timeSliceWindow: formatDuration(spec.timeSliceSeconds) }),
            },
          ],
        },
      })
    })
    .join('---\n')
}
