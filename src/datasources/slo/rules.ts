import { stringify } from 'yaml'
import { budgetRatio } from './formulas.ts'
import { isPrometheus, type PrometheusIndicator, sliQueries } from './promql.ts'
import { type SloDefinition } from './slo.ts'
import { tierRules, type TierRule } from './tiers.ts'
import { formatDuration, windowSecondsOf } from './windows.ts'
import { type Nanos } from '../../time.ts'

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Error ratio over a window, every sum before the division, no bad series = 0. */
function errorRatio(indicator: PrometheusIndicator, seconds: number): string {
  const { good, bad, total } = sliQueries(indicator, seconds)
  if (bad !== null) return `((${bad}) or vector(0)) / (${total})`
  return `1 - ((${good ?? total}) or 0 * (${total})) / (${total})`
}

const recordName = (seconds: number): string => `slo:sli_error:ratio_rate${formatDuration(seconds)}`

/** Both windows above the factor and events enough, from the recorded ratios. */
const tierExpression = (
  slo: string,
  { longSeconds, shortSeconds, factor, eventsNeeded }: TierRule,
  B: number,
  indicator: PrometheusIndicator,
): string => {
  const ratio = (seconds: number): string => `${recordName(seconds)}{slo="${slo}"}`
  const threshold = `${Number((factor * B).toPrecision(12))}`
  const guard = `sum(${sliQueries(indicator, longSeconds).total}) >= ${eventsNeeded}`
  return `(${ratio(longSeconds)} > ${threshold} and ${ratio(shortSeconds)} > ${threshold} and on () ${guard})`
}

/** The rules of one objective: ratios per window, what is promised, and one alert a severity in which its tiers are joined. */
function groupOf(slo: SloDefinition & { readonly indicator: PrometheusIndicator }, at: Nanos) {
  const { name, service, indicator, targetPpm } = slo
  const windowSeconds = windowSecondsOf(slo.window, at)
  const tiers = tierRules(slo.tiers, windowSeconds, targetPpm).filter(({ reachable }) => reachable)
  const labels = { slo: name, service }
  const windows = [...new Set(tiers.flatMap(({ longSeconds, shortSeconds }) => [longSeconds, shortSeconds]))].sort(
    (one, other) => one - other,
  )
  const B = budgetRatio(targetPpm)
  const records: Rule[] = [
    ...windows.map((seconds) => ({ record: recordName(seconds), expr: errorRatio(indicator, seconds), labels })),
    { record: 'slo:objective:ratio', expr: `vector(${targetPpm / 1e6})`, labels },
    { record: 'slo:error_budget:ratio', expr: `vector(${B})`, labels },
  ]
  const severities = [...new Set(tiers.map(({ severity }) => severity))]
  const alerts: Rule[] = severities.map((severity) => {
    const own = tiers.filter((tier) => tier.severity === severity)
    const longest = Math.max(...own.map(({ forSeconds }) => forSeconds))
    return {
      alert: 'SloBurnRate',
      expr: own.map((tier) => tierExpression(name, tier, B, indicator)).join(' or '),
      ...(longest > 0 ? { for: formatDuration(longest) } : {}),
      labels: { ...labels, severity },
      annotations: {
        summary: `The error budget of ${name} burns too fast.`,
        description: own
          .map(
            ({ name: tier, factor, longSeconds, shortSeconds }) =>
              `${tier}: above ${Number(factor.toPrecision(4))} over ${formatDuration(longSeconds)} and ${formatDuration(shortSeconds)}`,
          )
          .join('; '),
      },
    }
  })
  return { name: `slo-${name}`, interval: '30s', rules: [...records, ...alerts] }
}

/** Recording and alert rules for all objectives that Prometheus measures. */
export function generateRules(definitions: readonly SloDefinition[], at: Nanos): string {
  const groups = definitions.filter(isPrometheus).map((slo) => groupOf(slo, at))
  return stringify({ groups }, { lineWidth: 0 })
}
