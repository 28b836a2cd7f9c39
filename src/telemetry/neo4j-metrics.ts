import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { type Neo4j } from '../datasources/neo4j/neo4j-client.ts'
import { serves, type SourcesDataSource } from '../datasources/system/sources.ts'

export interface Neo4jMetricsParts {
  readonly neo4j: readonly Neo4j[]
  readonly sources: Pick<SourcesDataSource, 'list'>
  /** Commits that our projection does not show yet; null = not known. Absent where this process has no worker role. */
  readonly lag?: (() => number | null) | undefined
}

const buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]

/** Under both names by which the neighbours' rules and dashboards ask (contract: summit 11.2, 15.23). Nothing where there is no Neo4j. */
export function addNeo4jMetrics(registry: Registry, { neo4j, sources, lag }: Neo4jMetricsParts): void {
  if (neo4j.length === 0) return
  const registers = [registry]
  const labelNames = ['source', 'operation'] as const
  const help = 'Duration of a call to Neo4j, in milliseconds'
  const durations = ['neo4j_query_duration_ms', 'neo4j_query_latency_ms'].map(
    (name) => new Histogram({ name, help, labelNames, buckets, registers }),
  )
  const calls = new Counter({ name: 'neo4j_query_total', help: 'Calls to Neo4j', labelNames, registers })
  const errors = new Counter({ name: 'neo4j_query_errors_total', help: 'Calls to Neo4j that failed', labelNames, registers })
  for (const one of neo4j)
    one.observe(({ source, operation, durationMs, failed }) => {
      for (const histogram of durations) histogram.observe({ source, operation }, durationMs)
      calls.inc({ source, operation })
      errors.inc({ source, operation }, failed ? 1 : 0)
    })
  const up: Gauge<'source'> = new Gauge({
    name: 'neo4j_connectivity_up',
    help: '1 when Neo4j answers',
    labelNames: ['source'],
    registers,
    async collect() {
      for (const source of await sources.list()) if (source.kind === 'GRAPH') up.set({ source: source.name }, serves(source) ? 1 : 0)
    },
  })
  if (lag === undefined) return
  const behind: Gauge = new Gauge({
    name: 'orrery_neo4j_lag_commits',
    help: 'Commits that the tables hold and Neo4j does not show yet, as the worker saw last',
    registers,
    collect: () => behind.set(lag() ?? 0),
  })
}
