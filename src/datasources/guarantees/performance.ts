import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { cpus } from 'node:os'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { operationBudgets } from './invariants.ts'
import { type GuaranteeSignals } from './signals.ts'

/** A resource, what it may use, and what it does. */
export interface PerformanceBudget {
  readonly resource: string
  readonly unit: string
  readonly limit: number
  readonly observed: number | null
  readonly utilisation: number | null
  readonly exceeded: boolean | null
}

export interface PerformanceLimits {
  readonly cpuPercent: number
  readonly memoryMb: number
  readonly diskMb: number
}

export interface OperationTimes {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** Reads what this process uses. CPU is a difference of two readings, never the process total. */
export interface Performance {
  readonly limits: PerformanceLimits
  budgets(): Promise<readonly PerformanceBudget[]>
  /** Counts the host's budgets that are exceeded: to be done on a schedule, so that a rule can fire though nobody asks. */
  check(): Promise<void>
  /** Notes how long an operation took. */
  took(operation: string, durationMs: number): void
  operations(): ReadonlyMap<string, OperationTimes>
  host(): {
    uptimeSeconds: number
    rssBytes: number
    heapUsedBytes: number
    cpuPercent: number
    eventLoopDelayMs: { p50: number; p95: number; p99: number }
  }
  close(): void
}

/** Durations kept for each operation, newest over oldest. */
const KEPT = 2048
const MIB = 1_048_576
/** Walking the data folder costs a `stat` for each of its files. */
const DISK_KEPT_MS = 60_000

interface Times {
  readonly values: Float64Array
  count: number
}

const quantile = (sorted: Float64Array, q: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null)

export function createPerformance({
  limits,
  dataDir,
  signals,
  onTook,
}: {
  limits: PerformanceLimits
  dataDir: string
  signals: GuaranteeSignals
  /** Told of every duration. */
  onTook?: (operation: string, durationMs: number) => void
}): Performance {
  const times = new Map<string, Times>()
  let delays: IntervalHistogram | null = null
  let lastCpu = process.cpuUsage()
  let lastAt = performance.now()
  let lastPercent = 0

  function cpuPercent(): number {
    const now = performance.now()
    // two readings too close tell nothing
    if (now - lastAt < 200) return lastPercent
    const { user, system } = process.cpuUsage(lastCpu)
    lastPercent = ((user + system) / 1000 / (now - lastAt) / Math.max(1, cpus().length)) * 100
    lastCpu = process.cpuUsage()
    lastAt = now
    return lastPercent
  }

  let disk: { readonly mb: number | null; readonly until: number } = { mb: null, until: 0 }
  async function diskMb(): Promise<number | null> {
    if (performance.now() >= disk.until) disk = { mb: await folderMb(dataDir), until: performance.now() + DISK_KEPT_MS }
    return disk.mb
  }

  const budget = (resource: string, unit: string, limit: number, observed: number | null): PerformanceBudget => ({
    ...{ resource, unit, limit, observed },
    utilisation: observed === null || limit === 0 ? null : observed / limit,
    exceeded: observed === null ? null : observed > limit,
  })

  function operations(): Map<string, OperationTimes> {
    return new Map(
      [...times].map(([operation, { values, count }]) => {
        const sorted = values.slice(0, Math.min(count, KEPT)).sort()
        return [operation, { count, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) }]
      }),
    )
  }

  async function hostBudgets() {
    return {
      cpu: budget('cpu', 'percent', limits.cpuPercent, cpuPercent()),
      memory: budget('memory', 'MiB', limits.memoryMb, process.memoryUsage.rss() / MIB),
      disk: budget('disk', 'MiB', limits.diskMb, await diskMb()),
    }
  }

  return {
    limits,
    async check() {
      const host = await hostBudgets()
      for (const resource of ['cpu', 'memory', 'disk'] as const)
        if (host[resource].exceeded === true) signals.emit.budgetViolation(resource, 'limit_exceeded')
    },
    async budgets() {
      const known = operations()
      const { cpu, memory, disk: folder } = await hostBudgets()
      return [
        ...[cpu, memory, folder],
        ...Object.entries(operationBudgets).map(([operation, limit]) => budget(operation, 'ms', limit, known.get(operation)?.p95 ?? null)),
      ]
    },
    took(operation, durationMs) {
      const known = times.get(operation) ?? { values: new Float64Array(KEPT), count: 0 }
      known.values[known.count % KEPT] = durationMs
      known.count += 1
      if (times.size < 100) times.set(operation, known)
      onTook?.(operation, durationMs)
    },
    operations,
    host() {
      delays ??= startDelays()
      const memory = process.memoryUsage()
      const ms = (percentile: number): number => Math.round(((delays?.percentile(percentile) ?? 0) / 1e6) * 1000) / 1000
      return {
        uptimeSeconds: process.uptime(),
        rssBytes: memory.rss,
        heapUsedBytes: memory.heapUsed,
        cpuPercent: cpuPercent(),
        eventLoopDelayMs: { p50: ms(50), p95: ms(95), p99: ms(99) },
      }
    },
    close: () => void delays?.disable(),
  }
}

/** What the files of a folder hold; null where there is none, as when all data is elsewhere. */
async function folderMb(folder: string): Promise<number | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null)
  if (entries === null) return null
  let bytes = 0
  for (const entry of entries)
    // one that has gone meanwhile holds nothing
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      )
  return bytes / MIB
}

function startDelays(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  return histogram
}
