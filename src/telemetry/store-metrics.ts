import { Counter, Gauge, type Registry } from 'prom-client'
import { serves, type Source, type SourcesDataSource } from '../datasources/system/sources.ts'
import { type LiveHub, type SlowCounts, streamFields } from '../subscriptions/hub.ts'

/** What the projector of this process tells about one projection. */
export interface ProjectionReading {
  readonly projection: string
  readonly batches: number
  readonly applied: number
  readonly deadLetters: number
  /** Messages that the log had dropped before they were read. */
  readonly missed: bigint
}

export interface ProjectorGauge {
  isActive(): boolean
  stats(): readonly ProjectionReading[]
}

export interface StoreMetricsParts {
  readonly sources: Pick<SourcesDataSource, 'list'>
  readonly hub: Pick<LiveHub, 'stats'>
  /** Absent where this process has no worker role. */
  readonly projector?: ProjectorGauge | undefined
  /** Operations and streams open now. */
  readonly active: () => number
  readonly version: string
}

/** Reads a total that something else counts; prom-client's counters only know `inc`. */
function totalOf(registry: Registry, name: string, help: string, read: () => number): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      counter.reset()
      counter.inc(read())
    },
  })
}

/** What slow readers did not get, by the field they read: each has its own policy. */
function addSlowReaders(registry: Registry, hub: Pick<LiveHub, 'stats'>): void {
  const totalOfFields = (name: string, help: string, what: keyof SlowCounts): void => {
    const counter: Counter<'field'> = new Counter({
      ...{ name, help, labelNames: ['field'], registers: [registry] },
      collect() {
        counter.reset()
        const { slow } = hub.stats()
        for (const field of streamFields) counter.inc({ field }, slow[field][what])
      },
    })
  }
  totalOfFields('orrery_live_dropped_total', 'Events replaced by a gap for slow readers', 'dropped')
  totalOfFields('orrery_live_gaps_total', 'Gaps that readers were told of, or that ended strict ones', 'gaps')
  totalOfFields('orrery_live_coalesced_total', 'States that slow readers did not get because there was a newer one', 'coalesced')
}

function gaugeOf(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
}

function sourceGauge(
  registry: Registry,
  name: string,
  help: string,
  list: () => Promise<Source[]>,
  read: (source: Source) => number | null,
): void {
  const gauge: Gauge<'source' | 'mode'> = new Gauge({
    name,
    help,
    labelNames: ['source', 'mode'],
    registers: [registry],
    async collect() {
      gauge.reset()
      for (const source of await list()) {
        const value = read(source)
        if (value !== null) gauge.set({ source: source.name, mode: source.mode.toLowerCase() }, value)
      }
    },
  })
}

function addProjectorMetrics(registry: Registry, projector: ProjectorGauge): void {
  gaugeOf(registry, 'orrery_projector_active', '1 in the process that holds the projector', () => (projector.isActive() ? 1 : 0))
  const count = (name: string, help: string, read: (stats: ProjectionReading) => number): void => {
    const counter: Counter<'projection'> = new Counter({
      name,
      help,
      labelNames: ['projection'],
      registers: [registry],
      collect() {
        counter.reset()
        for (const stats of projector.stats()) counter.inc({ projection: stats.projection }, read(stats))
      },
    })
  }
  count('orrery_projector_batches_total', 'Batches applied by this process', ({ batches }) => batches)
  count('orrery_projector_events_total', 'Events applied by this process', ({ applied }) => applied)
  count('orrery_dead_letters_total', 'Messages that this process could not read', ({ deadLetters }) => deadLetters)
  count('orrery_projector_missed_total', 'Messages that the log had dropped before this process read them', ({ missed }) => Number(missed))
}

/** `orrery_*`: the stores, the projector and the live streams, read when somebody scrapes. */
export function addStoreMetrics(registry: Registry, { sources, hub, projector, active, version }: StoreMetricsParts): void {
  new Gauge({ name: 'orrery_build_info', help: 'Always 1', labelNames: ['version', 'node'], registers: [registry] }).set(
    { version, node: process.versions.node },
    1,
  )
  const list = () => sources.list()
  sourceGauge(registry, 'orrery_source_up', '1 when the source answers', list, (source) => (serves(source) ? 1 : 0))
  sourceGauge(registry, 'orrery_source_latency_ms', 'Round trip of the newest probe, in milliseconds', list, ({ latencyMs }) => latencyMs)
  sourceGauge(registry, 'orrery_projection_lag_events', 'Events of the log that the read model does not show yet', list, ({ lagEvents }) =>
    lagEvents === null ? null : Number(lagEvents),
  )
  sourceGauge(
    registry,
    'orrery_projection_lag_seconds',
    'Age of the oldest event that the read model does not show yet',
    list,
    ({ lagSeconds }) => lagSeconds,
  )
  if (projector !== undefined) addProjectorMetrics(registry, projector)
  gaugeOf(registry, 'orrery_live_subscribers', 'Open live streams', () => hub.stats().subscribers)
  gaugeOf(registry, 'orrery_live_consumers', 'Consumers of the event log behind them', () => hub.stats().consumers)
  gaugeOf(registry, 'orrery_live_ring_events', 'Recent events held in memory', () => hub.stats().ringEvents)
  addSlowReaders(registry, hub)
  gaugeOf(registry, 'orrery_live_filters', 'Different filters of `events` that somebody reads by', () => hub.stats().filters)
  totalOf(
    registry,
    'orrery_live_filter_evaluations_total',
    'Times that a filter of `events` was asked',
    () => hub.stats().filterEvaluations,
  )
  gaugeOf(registry, 'orrery_operations_active', 'Operations and streams open now', active)
}
