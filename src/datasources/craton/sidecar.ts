import { get as getPlain } from 'node:http'
import { get as getSecured } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type HealthCheck, type Replica } from '../storage/storage.ts'
import { type HealthMetrics, healthMetrics, parseMetrics } from './metrics.ts'

/** What the HTTP sidecar of one node says; null where it did not answer (contract: craton 7). */
export interface SidecarAnswer {
  readonly node: string
  readonly status: string | null
  readonly version: string | null
  readonly uptimeSeconds: number | null
  readonly checks: readonly HealthCheck[]
  readonly metrics: HealthMetrics | null
}

const check = z.object({ status: z.string(), duration_ms: z.number().nullish(), message: z.string().nullish() })
const readyShape = z.object({
  status: z.string(),
  version: z.string().nullish(),
  uptime_seconds: z.number().nullish(),
  checks: z.record(z.string(), check).nullish(),
})
const MOST_BYTES = 1024 * 1024
/** Shorter pauses fail together (contract: craton 7). */
const PAUSE_MS = 130

/** One try. An accepted connection may be dropped unanswered: that says nothing about the server. */
function fetchOnce(url: URL, timeoutMs: number): Promise<{ status: number; body: string }> {
  const get = url.protocol === 'https:' ? getSecured : getPlain
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MOST_BYTES) request.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

export interface SidecarOptions {
  /** Most tries of one question. */
  readonly tries?: number
  /** Deadline of one try. */
  readonly timeoutMs?: number
  /** Deadline of all of them. */
  readonly totalMs?: number
}

/** @returns null when no try was answered: unknown, not down */
async function ask(base: string, path: string, { tries = 10, timeoutMs = 1_000, totalMs = 3_000 }: SidecarOptions) {
  const until = performance.now() + totalMs
  for (let attempt = 1; attempt <= tries && performance.now() < until; attempt += 1) {
    try {
      return await fetchOnce(new URL(path, base), timeoutMs)
    } catch {
      // Dropped or late: asked again, with the pause that the server needs.
      await delay(PAUSE_MS)
    }
  }
  return null
}

function readReady(body: string) {
  try {
    return readyShape.parse(JSON.parse(body))
  } catch {
    return null
  }
}

/** What one node's sidecar says about its readiness and in its metrics. */
export async function askSidecar(base: string, options: SidecarOptions = {}): Promise<SidecarAnswer> {
  // One after the other: two at once share their fate.
  const ready = await ask(base, '/ready', options)
  const metrics = await ask(base, '/metrics', options)
  const told = ready === null || (ready.status !== 200 && ready.status !== 503) ? null : readReady(ready.body)
  return {
    node: new URL(base).host,
    status: told?.status ?? null,
    version: told?.version ?? null,
    uptimeSeconds: told?.uptime_seconds ?? null,
    checks: Object.entries(told?.checks ?? {})
      .map(([name, { status, message, duration_ms: durationMs }]) => ({
        name,
        status,
        message: message ?? null,
        durationMs: durationMs ?? null,
      }))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
    metrics: metrics?.status === 200 ? healthMetrics(parseMetrics(metrics.body)) : null,
  }
}

const tellsReplication = ({
  isLeader,
  committedOffset,
  viewNumber,
  replicationLagSeconds,
  replicationLagRecords,
}: HealthMetrics): boolean =>
  [isLeader, committedOffset, viewNumber, replicationLagSeconds, replicationLagRecords].some((value) => value !== null)

/** The replicas that the nodes' metrics tell of; a generation without such metrics has none to show. */
export function replicasOf(answers: readonly SidecarAnswer[]): Replica[] {
  const leader = answers.find(({ metrics }) => metrics?.isLeader === true)?.metrics?.committedOffset ?? null
  return answers.flatMap(({ node, metrics }) => {
    if (metrics === null || !tellsReplication(metrics)) return []
    const { isLeader, viewNumber, committedOffset, replicationLagSeconds, replicationLagRecords } = metrics
    const behind = leader === null || committedOffset === null ? null : leader > committedOffset ? leader - committedOffset : 0n
    return [
      {
        id: node,
        role: isLeader === null ? 'unknown' : isLeader ? 'leader' : 'follower',
        view: viewNumber,
        commit: committedOffset,
        lagSeconds: replicationLagSeconds,
        lagRecords: replicationLagRecords ?? behind,
      },
    ]
  })
}
