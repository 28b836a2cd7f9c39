import { type Config } from '../../config.ts'
import { isAppError, isOutage, UnusableSourceError } from '../../errors.ts'
import { type ProjectionProgress } from '../../projections/progress.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { type Cache } from '../cache/cache.ts'
import { type EventLog, type LogStream } from '../log/log.ts'
import { emptyPage } from '../page.ts'
import { type Sql } from '../sql/sql.ts'
import { type Source, type SourceCapability, type SourceKind, type SourcesDataSource } from './sources.ts'
import { countDeadLetters, listDeadLetters } from './sql-dead-letters.ts'

export interface SourcesParts {
  readonly stores: {
    readonly sql: Sql
    readonly log: EventLog
    readonly cache: Cache
    readonly craton?: Probe['store'] | null
    readonly neo4j?: Probe['store'] | null
    readonly summit?: { readonly neo4j: Probe['store'] | null; readonly sql: Probe['store'] | null } | null
  }
  readonly progress: Pick<ProjectionProgress, 'watermark'>
  /** Prometheus and Alertmanager, where this deployment has them. */
  readonly neighbours?: readonly Probe[]
  /** What tells of a source, by its name. */
  readonly capabilities?: ReadonlyMap<string, () => Promise<readonly SourceCapability[]>>
  readonly config: Pick<Config, 'criticalSources' | 'sourceTimeoutMs'>
  readonly clock: Clock
}

/** A probe asks at most this long, whatever the deadline of ordinary calls (contract: summit 15.21). */
const PROBE_TIMEOUT_MS = 2_000
/** Answers this young are given again: probes by many kubelets and dashboards cost the stores one round trip. */
const PROBE_LIFE_MS = 2_000
/** Past this the read model is late enough to say so. */
const LATE_SECONDS = 30

/** The streams that the read model follows. */
const projected: readonly LogStream[] = ['ritual', 'scale', 'graph']

interface Lag {
  readonly events: bigint
  readonly seconds: number
  /** The moment the read model reflects. */
  readonly asOf: Nanos
}

export interface Probe {
  readonly name: string
  readonly kind: SourceKind
  readonly store: { readonly mode: 'EMBEDDED' | 'CONNECTED'; ping(timeoutMs: number): Promise<void> }
}

interface Answer {
  readonly latencyMs: number | null
  readonly error: string | null
}

const SILENT = Symbol('silent')

/** Races a call with our own deadline: a server that hangs frees no promise of its driver's. */
async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | typeof SILENT> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<typeof SILENT>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, SILENT)
  })
  try {
    return await Promise.race([work, silence])
  } finally {
    clearTimeout(timer)
  }
}

async function ping({ store }: Probe, timeoutMs: number): Promise<Answer> {
  const start = performance.now()
  try {
    const answer = await within(store.ping(timeoutMs), timeoutMs + 100)
    if (answer === SILENT) return { latencyMs: null, error: `Does not answer within ${timeoutMs} ms.` }
    return { latencyMs: Math.round((performance.now() - start) * 10) / 10, error: null }
  } catch (error) {
    if (error instanceof UnusableSourceError) return { latencyMs: null, error: error.reason }
    return {
      latencyMs: null,
      error: isAppError(error, 'DEADLINE_EXCEEDED') ? `Does not answer within ${timeoutMs} ms.` : 'Does not answer.',
    }
  }
}

async function lagOf(stream: LogStream, { stores, progress, clock }: SourcesParts): Promise<Lag | null> {
  const [state, watermark] = await Promise.all([stores.log.state(stream), progress.watermark(stream)])
  if (state === null) return null
  const now = clock.now()
  const applied = watermark === null || watermark.epoch !== state.epoch ? 0n : watermark.sequence
  const events = state.lastSequence > applied ? state.lastSequence - applied : 0n
  if (events === 0n) return { events, seconds: 0, asOf: now }
  const next = await stores.log.get(stream, applied + 1n > state.firstSequence ? applied + 1n : state.firstSequence)
  const asOf = next?.recordedAtNs ?? now
  return { events, seconds: Math.max(0, Number((now - asOf) / 1_000_000n) / 1000), asOf }
}

/** The lag of all streams together; null when it cannot be told now. */
async function totalLag(parts: SourcesParts, timeoutMs: number): Promise<Lag | null> {
  try {
    const lags = await within(Promise.all(projected.map((stream) => lagOf(stream, parts))), timeoutMs)
    if (lags === SILENT) return null
    return lags
      .filter((lag) => lag !== null)
      .reduce<Lag | null>(
        (sum, lag) =>
          sum === null
            ? lag
            : {
                events: sum.events + lag.events,
                seconds: Math.max(sum.seconds, lag.seconds),
                asOf: sum.asOf < lag.asOf ? sum.asOf : lag.asOf,
              },
        null,
      )
  } catch {
    // Only a store that is down throws here, and its own probe says so.
    return null
  }
}

async function missingStreams(log: EventLog, timeoutMs: number): Promise<string | null> {
  try {
    const missing = await within(log.missing(), timeoutMs)
    if (missing === SILENT || missing.length === 0) return null
    return missing.map(({ name, remedy }) => `Stream ${name} is missing: ${remedy}`).join(' ')
  } catch {
    return null
  }
}

/**
 * The stores of this process and how far the read model is behind the log. Probes all at once, at most every two seconds, one run at a time.
 */
export function createSources(parts: SourcesParts): SourcesDataSource {
  const { stores, config, clock } = parts
  const timeoutMs = Math.min(PROBE_TIMEOUT_MS, config.sourceTimeoutMs)
  const probes: readonly Probe[] = [
    { name: 'log', kind: 'LOG', store: stores.log },
    { name: 'sql', kind: 'SQL', store: stores.sql },
    { name: 'cache', kind: 'CACHE', store: stores.cache },
    ...(parts.neighbours ?? []),
    ...(stores.craton == null ? [] : [{ name: 'craton', kind: 'STORAGE', store: stores.craton } as const]),
    ...(stores.neo4j == null ? [] : [{ name: 'neo4j', kind: 'GRAPH', store: stores.neo4j } as const]),
    ...(stores.summit?.neo4j == null || stores.summit.neo4j === stores.neo4j
      ? []
      : [{ name: 'summit-neo4j', kind: 'GRAPH', store: stores.summit.neo4j } as const]),
    ...(stores.summit?.sql == null ? [] : [{ name: 'summit-sql', kind: 'SQL', store: stores.summit.sql } as const]),
  ]
  const lastSuccess = new Map<string, Nanos>()
  let cached: { readonly sources: Promise<Source[]>; freshUntil: number } | null = null

  function read(probe: Probe, answer: Answer, lag: Lag | null, missing: string | null): Source {
    const now = clock.now()
    if (answer.error === null) lastSuccess.set(probe.name, now)
    const late =
      probe.name === 'sql' && lag !== null && lag.seconds > LATE_SECONDS
        ? `The read model is ${Math.round(lag.seconds)} s behind the log.`
        : null
    const complaint =
      answer.error ?? (probe.name === 'log' ? missing : null) ?? (probe.name === 'sql' ? stores.sql.complaint() : null) ?? late
    return {
      name: probe.name,
      kind: probe.kind,
      mode: probe.store.mode,
      status: answer.error !== null ? 'DOWN' : complaint !== null ? 'DEGRADED' : 'UP',
      critical: config.criticalSources.some((name) => name === probe.name),
      asOf: answer.error === null && probe.name === 'sql' && lag !== null ? lag.asOf : (lastSuccess.get(probe.name) ?? null),
      lagSeconds: probe.name === 'log' ? (lag?.seconds ?? null) : null,
      lagEvents: probe.name === 'log' ? (lag?.events ?? null) : null,
      latencyMs: answer.latencyMs,
      lastError: complaint,
    }
  }

  async function probeAll(): Promise<Source[]> {
    const [answers, lag, missing] = await Promise.all([
      Promise.all(probes.map((probe) => ping(probe, timeoutMs))),
      totalLag(parts, timeoutMs),
      missingStreams(stores.log, timeoutMs),
    ])
    return probes.map((probe, index) => read(probe, answers[index] ?? { latencyMs: null, error: 'Does not answer.' }, lag, missing))
  }

  return {
    async capabilities(source) {
      const look = parts.capabilities?.get(source)
      try {
        const found = look === undefined ? [] : await within(look(), timeoutMs)
        return found === SILENT ? [] : found
      } catch (error) {
        // A source that is down tells nothing, and its own probe says that it is.
        if (!isOutage(error)) throw error
        return []
      }
    },
    list() {
      if (cached !== null && performance.now() < cached.freshUntil) return cached.sources
      const run = { sources: probeAll(), freshUntil: Infinity }
      cached = run
      return run.sources.finally(() => {
        run.freshUntil = performance.now() + PROBE_LIFE_MS
      })
    },
    async deadLetters(scope, source, page) {
      return source === 'log' ? listDeadLetters(stores.sql, scope, page) : emptyPage
    },
    async countDeadLetters(scope, source) {
      return source === 'log' ? countDeadLetters(stores.sql, scope) : 0
    },
  }
}
