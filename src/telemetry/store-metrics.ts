import { Counter, Gauge, type Registry } from 'prom-client'
import { type Source, type SourcesDataSource } from '../datasources/system/sources.ts'
import { type LiveHub } from '../subscriptions/hub.ts'

/** What the projector tells about itself. */
export interface ProjectorReading {
  readonly active: boolean
  readonly batches: number
  readonly events: number
  readonly deadLetters: number
}

export interface StoreMetricsParts {
  readonly sources: Pick<SourcesDataSource, 'list'>
  readonly hub: Pick<LiveHub, 'stats'>
  /** Absent where this process has no worker role. */
  readonly projector?: () => ProjectorReading
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

/** `orrery_*`: the stores, the projector and the live streams, read when somebody scrapes. */
export function addStoreMetrics(registry: Registry, { sources, hub, projector, active, version }: StoreMetricsParts): void {
  new Gauge({ name: 'orrery_build_info', help: 'Always 1', labelNames: ['version', 'node'], registers: [registry] }).set(
    { version, node: process.versions.node },
    1,
  )
  const list = () => sources.list()
  sourceGauge(registry, 'orrery_source_up', '1 when the source answers', list, ({ status }) =>
    status === 'UP' || status === 'DEGRADED' ? 1 : 0,
  )
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
  if (projector !== undefined) {
    gaugeOf(registry, 'orrery_projector_active', '1 in the process that holds the projector', () => (projector().active ? 1 : 0))
    totalOf(registry, 'orrery_projector_batches_total', 'Batches applied by this process', () => projector().batches)
    totalOf(registry, 'orrery_projector_events_total', 'Events applied by this process', () => projector().events)
    totalOf(registry, 'orrery_dead_letters_total', 'Messages that this process could not read', () => projector().deadLetters)
  }
  gaugeOf(registry, 'orrery_live_subscribers', 'Open live streams', () => hub.stats().subscribers)
  gaugeOf(registry, 'orrery_live_consumers', 'Consumers of the event log behind them', () => hub.stats().consumers)
  gaugeOf(registry, 'orrery_live_ring_events', 'Recent events held in memory', () => hub.stats().ringEvents)
  totalOf(registry, 'orrery_live_dropped_total', 'Events replaced by a gap for slow readers', () => hub.stats().dropped)
  gaugeOf(registry, 'orrery_operations_active', 'Operations and streams open now', active)
}
