import { Composer, type CST, LineCounter, Parser } from 'yaml'
import { badUserInput } from '../../errors.ts'
import { eventKinds, type Indicator, type SloSpec, type SloWindow, type TierDefinition } from './slo.ts'
import { parseSpec, ppmOf } from './spec.ts'
import { parseDuration } from './windows.ts'

const MAX_CHARACTERS = 262_144
const MAX_DOCUMENTS = 1000
/** More than any objective needs. */
const MAX_LEVELS = 50
/** What OpenSLO has no field for goes into annotations, as JSON: what we write we read back whole. */
export const OWN = 'orrery.dev/'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null

const refuse = (message: string): never => {
  throw badUserInput(message, { path: ['openSlo'] })
}

const itemsOf = (token: CST.Token): readonly CST.Token[] =>
  'items' in token ? token.items.flatMap(({ key, value }) => [key, value]).filter((one) => one != null) : []

function isDeep(token: CST.Token): boolean {
  let level = token.type === 'document' && token.value !== undefined ? [token.value] : []
  for (let levels = 0; level.length > 0; levels++) {
    if (levels === MAX_LEVELS) return true
    level = level.flatMap(itemsOf)
  }
  return false
}

/**
 * Looks at the tokens before anything is composed of them: that recurses as deep as the text goes and compiles patterns there, and V8 ends the process
 * where one is compiled on a stack that is nearly spent.
 */
function* shallowTokens(yaml: string, lines: LineCounter): Generator<CST.Token> {
  for (const token of new Parser(lines.addNewLine).parse(yaml)) {
    if (token.type === 'error') refuseAt(token.message, token.offset, lines)
    if (isDeep(token)) refuse(tooDeep)
    yield token
  }
}

const tooDeep = 'The YAML is nested too deeply.'

function refuseAt(message: string, offset: number, lines: LineCounter): never {
  const { line, col } = lines.linePos(offset)
  return refuse(`The YAML cannot be read: ${message} at line ${line}, column ${col}`)
}

function composed(yaml: string, lines: LineCounter) {
  try {
    return [...new Composer({ version: '1.2', schema: 'core' }).compose(shallowTokens(yaml, lines))]
  } catch (error) {
    if (error instanceof RangeError) return refuse(tooDeep)
    throw error
  }
}

function readDocuments(yaml: string): Json[] {
  if (yaml.length > MAX_CHARACTERS) refuse('OpenSLO text has at most 256 KB.')
  const lines = new LineCounter()
  const documents = composed(yaml, lines)
  if (documents.length > MAX_DOCUMENTS) refuse(`At most ${MAX_DOCUMENTS} documents at once.`)
  return documents.map((document): Json => {
    const [error] = document.errors
    if (error !== undefined) refuseAt(error.message, error.pos[0], lines)
    try {
      return object(document.toJS({ maxAliasCount: 100 }))
    } catch {
      return refuse('The YAML repeats itself without end.')
    }
  })
}

const unitsOfCalendar: Readonly<Record<string, 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR'>> = {
  d: 'DAY',
  w: 'WEEK',
  M: 'MONTH',
  Q: 'QUARTER',
  Y: 'YEAR',
}

function readWindow(spec: Json): SloWindow {
  const window = object(list(spec['timeWindow'])[0])
  const duration = text(window['duration']) ?? refuse('An SLO has a timeWindow with a duration.')
  const calendar = isObject(window['calendar']) ? window['calendar'] : null
  if (calendar === null) {
    if (window['isRolling'] === false) refuse('A window that does not roll needs a calendar.')
    return { kind: 'ROLLING', seconds: parseDuration(duration) }
  }
  const match = /^([1-9]\d{0,2})([dwMQY])$/.exec(duration)
  const unit =
    unitsOfCalendar[match?.[2] ?? ''] ?? refuse(`"${duration.slice(0, 20)}" is no calendar window: write a number and d, w, M, Q or Y.`)
  const timeZone = text(calendar['timeZone']) ?? 'UTC'
  const start = text(calendar['startTime']) ?? refuse('A calendar window has a startTime.')
  // OpenSLO writes `2026-01-01 00:00:00` without an offset
  const full = /(?:[Zz]|[+-]\d{2}:\d{2})$/.test(start) ? start : `${start.replace(' ', 'T')}Z`
  return { kind: 'CALENDAR', unit, count: Number(match?.[1]), start: full, timeZone }
}

interface Metric {
  readonly type: string
  readonly spec: Json
  readonly query: string | null
}

function readMetric(value: unknown): Metric | null {
  const source = object(object(value)['metricSource'])
  if (!isObject(object(value)['metricSource'])) return null
  const spec = object(source['spec'])
  return { type: (text(source['type']) ?? 'Prometheus').toLowerCase(), spec, query: text(spec['query']) ?? text(spec['promql']) }
}

const operatorOf = (op: unknown) => {
  const word = (text(op) ?? 'lte').toUpperCase()
  return word === 'LT' || word === 'GT' || word === 'GTE' ? word : 'LTE'
}

function readOwn(metric: Metric): Indicator | null {
  if (metric.type === 'orrery-counters') {
    const thresholdMs = metric.spec['thresholdMs']
    const measure = text(metric.spec['measure']) ?? refuse('A counter has a measure.')
    return {
      source: 'COUNTERS',
      kind: typeof thresholdMs === 'number' ? 'LATENCY' : 'RATIO',
      measure,
      thresholdMs: typeof thresholdMs === 'number' ? thresholdMs : null,
    }
  }
  if (metric.type !== 'orrery-events') return null
  const { thresholdSeconds, event } = metric.spec
  const kind = typeof thresholdSeconds === 'number' ? 'THRESHOLD' : 'RATIO'
  const known = eventKinds.find((kind) => kind === event)
  if (known === undefined) return refuse(`An event is one of ${eventKinds.join(', ')}.`)
  return {
    ...{ source: 'EVENTS', kind, event: known },
    thresholdSeconds: typeof thresholdSeconds === 'number' ? thresholdSeconds : null,
    ritualId: text(metric.spec['ritualId']),
    gateId: text(metric.spec['gateId']),
  }
}

function readIndicator(sli: Json, objective: Json): Indicator {
  const ratio = isObject(sli['ratioMetric']) ? sli['ratioMetric'] : null
  const threshold = readMetric(sli['thresholdMetric'])
  if (threshold !== null) {
    const own = readOwn(threshold)
    if (own !== null) return own
    const value = objective['value']
    if (typeof value !== 'number') return refuse('A threshold needs `value` and `op` in its objective.')
    const histogram = text(threshold.spec['histogram'])
    if (histogram !== null)
      return {
        ...{ source: 'PROMETHEUS', kind: 'LATENCY', metric: histogram },
        matchers: text(threshold.spec['matchers']) ?? '',
        thresholdMs: value,
        native: threshold.spec['native'] === true,
      }
    return {
      source: 'PROMETHEUS',
      kind: 'THRESHOLD',
      query: threshold.query ?? refuse('A threshold has a query.'),
      operator: operatorOf(objective['op']),
      value,
    }
  }
  if (ratio === null) return refuse('An indicator has a ratioMetric or a thresholdMetric.')
  const total = readMetric(ratio['total'])
  const own = total === null ? null : readOwn(total)
  if (own !== null) return own
  return {
    ...{ source: 'PROMETHEUS', kind: 'RATIO' },
    good: readMetric(ratio['good'])?.query ?? null,
    bad: readMetric(ratio['bad'])?.query ?? null,
    total: total?.query ?? refuse('A ratio has a total.'),
  }
}

function readTarget(objective: Json, ratioName: string, percentName: string): number | null {
  const ratio = objective[ratioName]
  const percent = objective[percentName]
  if (typeof ratio === 'number') return ppmOf(ratio)
  return typeof percent === 'number' ? ppmOf(Math.round((percent / 100) * 1e9) / 1e9) : null
}

/** An alert policy has one condition, so it is one tier with a short window of a twelfth. */
function readTier(policy: Json, conditions: ReadonlyMap<string, Json>, windowSeconds: number): TierDefinition | null {
  const spec = object(policy['spec'])
  const [first] = list(spec['conditions'])
  const condition = object(first)
  const resolved =
    text(condition['conditionRef']) === null
      ? object(condition['spec'])
      : object(conditions.get(String(condition['conditionRef']))?.['spec'])
  const rule = object(resolved['condition'])
  const threshold = rule['threshold']
  const lookback = text(rule['lookbackWindow'])
  if (rule['kind'] !== 'burnrate' || typeof threshold !== 'number' || lookback === null) return null
  const longSeconds = parseDuration(lookback)
  const alertAfter = text(rule['alertAfter'])
  return {
    name: text(object(policy['metadata'])['name']) ?? 'policy',
    severity: text(resolved['severity']) ?? 'page',
    budgetShare: Math.min(1, (threshold * longSeconds) / windowSeconds),
    longSeconds,
    shortSeconds: Math.max(1, Math.round(longSeconds / 12)),
    forSeconds: alertAfter === null || /^0/.test(alertAfter) ? 0 : parseDuration(alertAfter),
  }
}

const approximateSeconds = (window: SloWindow): number =>
  window.kind === 'ROLLING'
    ? window.seconds
    : window.count * { DAY: 86_400, WEEK: 604_800, MONTH: 2_592_000, QUARTER: 7_776_000, YEAR: 31_536_000 }[window.unit]

function readOwnAnnotations(annotations: Json): Json {
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(annotations)) {
    if (!name.startsWith(OWN) || typeof value !== 'string') continue
    try {
      own[name.slice(OWN.length)] = JSON.parse(value)
    } catch {
      refuse(`The annotation ${name} is not JSON.`)
    }
  }
  return own
}

const labelsOf = (metadata: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object(metadata['labels'])).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value)]),
  )

/**
 * Objectives from OpenSLO v1 text: any number of documents, with SLIs, alert policies and conditions beside them by reference.
 * @throws AppError BAD_USER_INPUT
 */
export function readOpenSlo(yaml: string): SloSpec[] {
  const documents = readDocuments(yaml).filter((document) => Object.keys(document).length > 0)
  const byKind = (kind: string): Map<string, Json> =>
    new Map(
      documents.filter((document) => document['kind'] === kind).map((document) => [String(object(document['metadata'])['name']), document]),
    )
  for (const { apiVersion, kind } of documents)
    if (apiVersion !== 'openslo/v1') refuse(`A document of kind ${String(kind)} is not openslo/v1.`)
  const slis = byKind('SLI')
  const policies = byKind('AlertPolicy')
  const conditions = byKind('AlertCondition')
  const specs = [...byKind('SLO').values()].map((document): SloSpec => {
    const metadata = object(document['metadata'])
    const spec = object(document['spec'])
    const [first, ...others] = list(spec['objectives'])
    if (others.length > 0) refuse('An SLO here has one objective: write one SLO for each.')
    const objective = object(first)
    const own = readOwnAnnotations(object(metadata['annotations']))
    const window = readWindow(spec)
    const sli = isObject(spec['indicator']) ? object(spec['indicator']['spec']) : object(slis.get(String(spec['indicatorRef']))?.['spec'])
    const targetPpm = readTarget(objective, 'target', 'targetPercent') ?? refuse('An objective has a target.')
    const tiers = list(spec['alertPolicies']).flatMap((policy) => {
      const found =
        typeof policy === 'string'
          ? policies.get(policy)
          : isObject(policy) && typeof policy['alertPolicyRef'] === 'string'
            ? policies.get(policy['alertPolicyRef'])
            : policy
      const tier = isObject(found) ? readTier(found, conditions, approximateSeconds(window)) : null
      return tier === null ? [] : [tier]
    })
    const slice = text(objective['timeSliceWindow'])
    return parseSpec({
      name: metadata['name'],
      displayName: text(metadata['displayName']),
      description: text(spec['description']),
      service: text(spec['service']) ?? 'default',
      labels: labelsOf(metadata),
      targetPpm,
      window,
      budgetingMethod:
        { Timeslices: 'TIMESLICES', RatioTimeslices: 'RATIO_TIMESLICES' }[text(spec['budgetingMethod']) ?? ''] ?? 'OCCURRENCES',
      timeSliceTargetPpm: readTarget(objective, 'timeSliceTarget', 'timeSliceTargetPercent'),
      timeSliceSeconds: slice === null ? null : parseDuration(slice),
      indicator:
        own['composite'] === undefined
          ? readIndicator(sli, objective)
          : { source: 'COMPOSITE', kind: 'COMPOSITE', members: own['composite'] },
      tiers: own['tiers'] ?? (tiers.length === 0 ? null : tiers),
      ...(own['minCoverage'] === undefined ? {} : { minCoverage: own['minCoverage'] }),
      ...(own['words'] === undefined ? {} : { words: own['words'] }),
      ...(own['freezes'] === undefined ? {} : { freezes: own['freezes'] }),
    })
  })
  if (specs.length === 0) refuse('There is no document of kind SLO.')
  return specs
}
