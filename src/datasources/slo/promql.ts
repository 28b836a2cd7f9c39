import { type Indicator, type Operator, type SloDefinition } from './slo.ts'
import { formatDuration } from './windows.ts'

export type PrometheusIndicator = Extract<Indicator, { source: 'PROMETHEUS' }>

/** Placeholders for the window in a query that is no plain selector: Sloth's, Grafana's, and ours. */
const windowMarks = /\{\{\s*\.window\s*\}\}|\$__range|\$window|\[W\]/g

const isSelector = (query: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{[^}]*\})?$/.test(query.trim())

/** Counter to count over a window, every reset handled by `increase`; summed first, so that replicas are one. */
export function countOver(query: string, window: string): string {
  const text = query.trim()
  if (isSelector(text)) return `sum(increase(${text}[${window}]))`
  windowMarks.lastIndex = 0
  if (!windowMarks.test(text)) return `sum(increase((${text})[${window}:]))`
  return `sum(${text.replace(windowMarks, (mark) => (mark === '[W]' ? `[${window}]` : window))})`
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Bucket edges are matched as numbers: newer servers write `1.0` for `1` (contract: guarantees 21). */
export function edgeMatcher(thresholdMs: number): string {
  const edge = String(thresholdMs / 1000)
  const text = edge.includes('e') ? (thresholdMs / 1000).toFixed(9).replace(/0+$/, '') : edge
  return text.includes('.') ? `${escapeRegex(text)}0*` : `${escapeRegex(text)}(\\.0+)?`
}

/** Inside a PromQL string a backslash is written twice. */
const quoted = (text: string): string => `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`

const braces = (...matchers: readonly string[]): string => {
  const given = matchers.filter((matcher) => matcher.trim() !== '')
  return given.length === 0 ? '' : `{${given.join(',')}}`
}

const words: Readonly<Record<Operator, string>> = { LTE: '<=', LT: '<', GTE: '>=', GT: '>' }

/** How a sub-query samples a gauge: at most 500 times a window, not more often than every 15 s. */
const gaugeStep = (seconds: number): string => `${Math.max(15, Math.ceil(seconds / 500))}s`

export interface SliQueries {
  /** Null when the bad ones are counted instead. */
  readonly good: string | null
  readonly bad: string | null
  readonly total: string
}

/** The counts of an indicator over a window, as PromQL; each gives one number without labels. */
export function sliQueries(indicator: PrometheusIndicator, windowSeconds: number): SliQueries {
  const window = formatDuration(Math.round(windowSeconds))
  switch (indicator.kind) {
    case 'RATIO':
      return {
        good: indicator.good === null ? null : countOver(indicator.good, window),
        bad: indicator.good !== null || indicator.bad === null ? null : countOver(indicator.bad, window),
        total: countOver(indicator.total, window),
      }
    case 'LATENCY': {
      const { metric, matchers, thresholdMs, native } = indicator
      if (native) {
        const rate = `sum(increase(${metric}${braces(matchers)}[${window}]))`
        return {
          good: `histogram_fraction(0, ${thresholdMs / 1000}, ${rate}) * histogram_count(${rate})`,
          bad: null,
          total: `histogram_count(${rate})`,
        }
      }
      const edge = `le=~${quoted(edgeMatcher(thresholdMs))}`
      return {
        good: `sum(increase(${metric}_bucket${braces(matchers, edge)}[${window}]))`,
        bad: null,
        total: `sum(increase(${metric}_count${braces(matchers)}[${window}]))`,
      }
    }
    case 'THRESHOLD': {
      const { query, operator, value } = indicator
      const step = gaugeStep(windowSeconds)
      return {
        good: `sum(sum_over_time(((${query}) ${words[operator]} bool ${value})[${window}:${step}]))`,
        bad: null,
        total: `sum(count_over_time((${query})[${window}:${step}]))`,
      }
    }
  }
}

/** What must be there for anything to be measured. */
export function presenceSelector(indicator: PrometheusIndicator): string | null {
  const text =
    indicator.kind === 'LATENCY'
      ? `${indicator.metric}${indicator.native ? '' : '_count'}${braces(indicator.matchers)}`
      : indicator.kind === 'RATIO'
        ? indicator.total
        : indicator.query
  return isSelector(text) ? text.trim() : null
}

/** The share of about a hundred moments of the window at which there was any series. */
export function coverageQuery(indicator: PrometheusIndicator, windowSeconds: number): string | null {
  const selector = presenceSelector(indicator)
  if (selector === null) return null
  const step = Math.max(60, Math.ceil(windowSeconds / 100))
  return `sum(count_over_time((count(${selector}) > bool 0)[${formatDuration(Math.round(windowSeconds))}:${step}s])) / ${Math.floor(windowSeconds / step)}`
}

/** A quantile for people; the budget is never computed from it. */
export function quantileQuery(indicator: PrometheusIndicator, windowSeconds: number, quantile: number): string | null {
  if (indicator.kind !== 'LATENCY') return null
  const window = formatDuration(Math.round(windowSeconds))
  const { metric, matchers, native } = indicator
  return native
    ? `histogram_quantile(${quantile}, sum(rate(${metric}${braces(matchers)}[${window}])))`
    : `histogram_quantile(${quantile}, sum by (le) (rate(${metric}_bucket${braces(matchers)}[${window}])))`
}

/** Each expression under its number and part, in one query: a balanced tree of `or`, so that a thousand cost n log n. */
export function labelled(parts: readonly { readonly key: string; readonly part: string; readonly promql: string }[]): string {
  const one = ({ key, part, promql }: { key: string; part: string; promql: string }): string =>
    `label_replace(label_replace(${promql}, "orrery_slo", "${key}", "", ""), "orrery_part", "${part}", "", "")`
  const join = (from: number, to: number): string => {
    const first = parts[from]
    if (to - from === 1 && first !== undefined) return one(first)
    const middle = (from + to) >>> 1
    return `(${join(from, middle)} or ${join(middle, to)})`
  }
  return join(0, parts.length)
}

export const isPrometheus = (slo: SloDefinition): slo is SloDefinition & { readonly indicator: PrometheusIndicator } =>
  slo.indicator.source === 'PROMETHEUS'
