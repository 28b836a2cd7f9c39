import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { cpus } from 'node:os'
import { statfs } from 'node:fs/promises'
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
}: {
  limits: PerformanceLimits
  dataDir: string
  signals: GuaranteeSignals
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

  async function diskMb(): Promise<number | null> {
    try {
      const { bsize, blocks, bfree } = await statfs(dataDir)
      return ((blocks - bfree) * bsize) / MIB
    } catch {
      return null
    }
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

  return {
    limits,
    async budgets() {
      const known = operations()
      const host = [
        budget('cpu', 'percent', limits.cpuPercent, cpuPercent()),
        budget('memory', 'MiB', limits.memoryMb, process.memoryUsage.rss() / MIB),
        budget('disk', 'MiB', limits.diskMb, await diskMb()),
      ]
      for (const { resource, exceeded } of host)
        if (exceeded === true && (resource === 'cpu' || resource === 'memory' || resource === 'disk'))
          signals.emit.budgetViolation(resource, 'limit_exceeded')
      return [
        ...host,
        ...Object.entries(operationBudgets).map(([operation, limit]) => budget(operation, 'ms', limit, known.get(operation)?.p95 ?? null)),
      ]
    },
    took(operation, durationMs) {
      const known = times.get(operation) ?? { values: new Float64Array(KEPT), count: 0 }
      known.values[known.count % KEPT] = durationMs
      known.count += 1
      if (times.size < 100) times.set(operation, known)
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

function startDelays(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  return histogram
}
