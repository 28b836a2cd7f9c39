import { badUserInput } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { assess, type StoredTier } from './assess.ts'
import { combineMembers, createCompositeSlices, type Member, membersOf } from './composite.ts'
import { type SliCounters } from './counters.ts'
import { burnRateOf, budgetRatio, remainingOf } from './formulas.ts'
import { measureWindows, type SourceOf, type WindowQuestion } from './measure.ts'
import { type Measures, rememberMeasures } from './remembered-measures.ts'
import { readSeries } from './series.ts'
import { type SliSource, unmeasured } from './sli-source.ts'
import { createSloReader, LARGEST, momentOf, scaled } from './slo-reader.ts'
import { type Reading, type SloDataSource, type SloDefinition, type SloReader, type SloReport } from './slo.ts'
import { type SloStore } from './sql-slos.ts'
import { tierRules, type TierRule } from './tiers.ts'
import { periodOf, seconds, windowSecondsOf } from './windows.ts'

export interface SloSourceParts {
  readonly store: SloStore
  readonly prometheus: SliSource | null
  readonly counters: SliCounters
  /** The counters as they are read, groups of all replicas included. */
  readonly counted: SliSource
  readonly events: SliSource
  readonly clock: Clock
  /** The tiers of an objective that are pending or fire, as the evaluator remembers them; null where there is none. */
  readonly storedTiers: (scope: Scope) => Promise<(name: string) => ReadonlyMap<string, StoredTier> | null>
}

/** The rules of a definition change with it alone, and in a calendar with the length of its period. */
const rulesKnown = new WeakMap<SloDefinition, { readonly windowSeconds: number; readonly rules: readonly TierRule[] }>()
function rulesOf(definition: SloDefinition, windowSeconds: number): readonly TierRule[] {
  const known = rulesKnown.get(definition)
  if (known?.windowSeconds === windowSeconds) return known.rules
  const rules = tierRules(definition.tiers, windowSeconds, definition.targetPpm)
  rulesKnown.set(definition, { windowSeconds, rules })
  return rules
}

interface Plan {
  readonly definition: SloDefinition
  readonly at: Nanos
  readonly window: { from: Nanos; to: Nanos; seconds: number }
  readonly rules: readonly TierRule[]
}

/** Objectives, measured by whichever source each of them names. */
export function createSloDataSource(parts: SloSourceParts): SloDataSource {
  const { store, clock } = parts
  const sourceOf = ({ indicator }: SloDefinition): SliSource | null => {
    if (indicator.source === 'PROMETHEUS') return parts.prometheus
    if (indicator.source === 'COUNTERS') return parts.counted
    return indicator.source === 'EVENTS' ? parts.events : null
  }

  /** When a report is asked for more: as it was made, unless it is about the past. */
  const nowOf = ({ at, past }: SloReport): Nanos => (past ? clock.now() : at)

  const namesOf = (all: readonly SloDefinition[]) => new Map(all.map((definition) => [definition.name, definition]))
  const isWeighed = ({ indicator, budgetingMethod }: SloDefinition): boolean =>
    indicator.source === 'COMPOSITE' && budgetingMethod === 'OCCURRENCES'

  /** Sources of all objectives of a tenant, composites that are counted in slices included. */
  function sourcesOf(all: readonly SloDefinition[]): SourceOf {
    const composites = createCompositeSlices({
      byName: namesOf(all),
      sourceOf,
      measure: (questions, signal) =>
        measureAll(
          all,
          questions.map((question) => ({ now: question.to, ...question })),
          signal,
        ),
    })
    return (slo) => (slo.indicator.source === 'COMPOSITE' ? composites : sourceOf(slo))
  }

  /** Composites that are weighed are measured through their members, in the same calls as everything else. */
  async function measureAll(all: readonly SloDefinition[], questions: readonly WindowQuestion[], signal?: AbortSignal): Promise<Reading[]> {
    if (!questions.some(({ slo }) => isWeighed(slo))) return measureWindows(sourcesOf(all), questions, signal)
    const byName = namesOf(all)
    const flat: WindowQuestion[] = []
    const places = questions.map((question) => {
      const members: readonly Member[] = isWeighed(question.slo)
        ? membersOf(question.slo, byName)
        : [{ weight: 1, definition: question.slo }]
      return members.map((member) => ({
        ...member,
        place: member.definition === undefined ? -1 : flat.push({ ...question, slo: member.definition }) - 1,
      }))
    })
    const readings = await measureWindows(sourcesOf(all), flat, signal)
    return questions.map(({ slo }, index) => {
      const found = (places[index] ?? []).map(({ weight, definition, place }) => ({
        ...{ weight, definition },
        reading: readings[place] ?? unmeasured(place === -1 ? 'MEMBER_MISSING' : 'QUERY_FAILED'),
      }))
      return isWeighed(slo) ? combineMembers(slo, found) : (found[0]?.reading ?? unmeasured('NOT_CONFIGURED'))
    })
  }

  async function reports(scope: Scope, definitions: readonly SloDefinition[], asked: Nanos | null): Promise<SloReport[]> {
    const now = clock.now()
    const at = momentOf(asked, now)
    const past = asked !== null
    const plans = definitions.map((definition): Plan => {
      const { from } = periodOf(definition.window, at)
      const windowSeconds = windowSecondsOf(definition.window, at)
      return { definition, at, window: { from, to: at, seconds: windowSeconds }, rules: rulesOf(definition, windowSeconds) }
    })
    const questions: WindowQuestion[] = []
    for (const { definition: slo, window, rules } of plans) {
      questions.push({ slo, from: window.from, to: at, now, wantCoverage: true })
      for (const { longSeconds, shortSeconds } of rules)
        questions.push(
          { slo, from: at - seconds(longSeconds), to: at, now, wantCoverage: false },
          { slo, from: at - seconds(shortSeconds), to: at, now, wantCoverage: false },
        )
    }
    const needsAll = definitions.some(({ indicator }) => indicator.source === 'COMPOSITE')
    const [all, stored] = await Promise.all([needsAll ? store.ofTenant(scope) : definitions, past ? null : parts.storedTiers(scope)])
    // what another process has just made is not known to the counters of this one yet
    const unknown = all.some((definition) => definition.indicator.source === 'COUNTERS' && !parts.counters.knows(definition))
    if (unknown) parts.counters.define(await store.all())
    const readings = await measureAll(all, questions, scope.signal)
    let next = 0
    const take = (): Reading => readings[next++] ?? unmeasured('QUERY_FAILED')
    return plans.map(({ definition, window, rules }) => {
      const reading = take()
      const tierReadings = rules.map(() => ({ long: take(), short: take() }))
      const states = stored?.(definition.name) ?? null
      return assess({ definition, at, past, window, reading, rules, tierReadings, stored: states })
    })
  }

  async function burnRates(scope: Scope, of: readonly SloReport[], windows: readonly number[]): Promise<(number | null)[][]> {
    const needsAll = of.some(({ definition }) => definition.indicator.source === 'COMPOSITE')
    const all = needsAll ? await store.ofTenant(scope) : of.map(({ definition }) => definition)
    const questions = of.flatMap((report) => {
      const { definition: slo, at } = report
      const now = nowOf(report)
      return windows.map((amount) => ({ slo, from: at - seconds(amount), to: at, now, wantCoverage: false }))
    })
    const readings = await measureAll(all, questions, scope.signal)
    return of.map(({ definition: { targetPpm } }, index) =>
      windows.map((_, window) => {
        const reading = readings[index * windows.length + window]
        return reading?.ok === true ? burnRateOf(reading.good, reading.total, targetPpm) : null
      }),
    )
  }

  async function remaining(scope: Scope, wanted: readonly SloDefinition[], asked: Nanos | null): Promise<bigint[]> {
    const now = clock.now()
    const at = momentOf(asked, now)
    if (wanted.some((definition) => definition.indicator.source === 'COUNTERS' && !parts.counters.knows(definition)))
      parts.counters.define(await store.all())
    const questions = wanted.map((slo) => ({ slo, from: periodOf(slo.window, at).from, to: at, now, wantCoverage: false }))
    const readings = await measureAll(await store.ofTenant(scope), questions, scope.signal)
    return wanted.map(({ targetPpm }, index) => {
      const reading = readings[index]
      return scaled(reading?.ok === true ? remainingOf(reading.good, reading.total, targetPpm) : null, LARGEST)
    })
  }

  const measuresOf = (scope: Scope): Measures => ({
    reports: (definitions, at) => reports(scope, definitions, at),
    remaining: (definitions, at) => remaining(scope, definitions, at),
  })

  const readerOf = (scope: Scope, measures: Measures): SloReader =>
    createSloReader({ definitions: () => store.ofTenant(scope), scope, measures, clock })

  return {
    definitions: (scope) => store.ofTenant(scope),
    reports,
    reader: (scope) => readerOf(scope, rememberMeasures(measuresOf(scope))),
    find: (scope, name, at) => readerOf(scope, measuresOf(scope)).find(name, at),
    async burnRate(scope, report, amount) {
      if (!Number.isFinite(amount) || amount < 1 || amount > 366 * 86_400)
        throw badUserInput('A window has 1 second to 366 days.', { path: ['window'] })
      return (await burnRates(scope, [report], [amount]))[0]?.[0] ?? null
    },
    burnRates,
    async series(scope, { definition }, range) {
      const all = definition.indicator.source === 'COMPOSITE' ? await store.ofTenant(scope) : [definition]
      const members = membersOf(definition, namesOf(all))
      return readSeries({ definition, members, sourceOf: sourcesOf(all), now: clock.now() }, range, scope.signal)
    },
    async groups(scope, report) {
      const { definition, windowFrom: from, windowTo: to } = report
      return (await sourceOf(definition)?.groups(definition, { from, to, now: nowOf(report) }, scope.signal)) ?? null
    },
    async quantileMs(scope, { definition, windowFrom, windowTo }) {
      const range = { from: windowFrom, to: windowTo, quantile: definition.targetPpm / 1e6 }
      return (await sourceOf(definition)?.quantileMs(definition, range, scope.signal)) ?? null
    },
    async count(scope, definition, { good, total, at, group }) {
      if (group !== null && definition.labels['groupBy'] === undefined)
        throw badUserInput('Groups are counted for objectives with the label `groupBy`.', { path: ['group'] })
      const when = at === null ? {} : { atSeconds: Number(at / 1_000_000n) / 1000 }
      const counts = { good, total, ...when, ...(group === null ? {} : { group }) }
      // an objective that another process has just made is not known to the counters of this one yet
      if (parts.counters.add(scope.tenantId, definition.name, counts)) return
      parts.counters.define(await store.all())
      if (!parts.counters.add(scope.tenantId, definition.name, counts))
        throw badUserInput('These events cannot be counted.', { path: ['good'] })
    },
    explain({ definition, reading, windowSeconds, budget, sli }) {
      const source = sourceOf(definition)
      const members =
        definition.indicator.source === 'COMPOSITE' ? definition.indicator.members.map(({ slo, weight }) => `${weight} x ${slo}`) : []
      return {
        formula: 'remaining = 1 - (bad / total) / (1 - target)',
        inputs: {
          good: reading.ok ? reading.good : null,
          bad: sli?.bad ?? null,
          total: reading.ok ? reading.total : null,
          targetPpm: definition.targetPpm,
          budgetRatio: budgetRatio(definition.targetPpm),
          windowSeconds,
          coverage: reading.ok ? reading.coverage : null,
          remainingRatio: budget.remainingRatio,
          corrections: definition.corrections.length,
          budgetingMethod: definition.budgetingMethod,
        },
        queries: [...(source?.describe(definition, windowSeconds) ?? []), ...members],
      }
    },
    async upsert(scope, spec, actor) {
      const { indicator } = spec
      if (indicator.source === 'COMPOSITE') {
        const all = new Map((await store.ofTenant(scope)).map((one) => [one.name, one]))
        for (const { slo } of indicator.members) {
          const member = all.get(slo)
          if (slo === spec.name || member === undefined || member.indicator.source === 'COMPOSITE')
            throw badUserInput(`"${slo}" is no objective that a composite can have.`, { path: ['indicator'] })
        }
      }
      return store.upsert(scope, spec, actor)
    },
    remove: (scope, name, actor) => store.remove(scope, name, actor),
    correct: (scope, correction, actor) => store.correct(scope, correction, actor),
  }
}
