import { boundedText } from '../../bounded-text.ts'
import { type ReasonCode } from './slo.ts'

/** One series of an instant query. Values arrive as text; "NaN", "+Inf" and "-Inf" are numbers too. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface SampleSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [seconds: number, value: number])[]
}

export type PrometheusAnswer<T> =
  { readonly ok: true; readonly result: readonly T[]; readonly warned: boolean } | { readonly ok: false; readonly reason: ReasonCode }

/** Prometheus' HTTP API (contract: guarantees 19). Never throws for a server that is down, slow or refuses: each is an answer with its reason. */
export interface PrometheusClient {
  query(promql: string, atSeconds: number, signal?: AbortSignal): Promise<PrometheusAnswer<Sample>>
  /** At most 11,000 points a series; the caller sees to it. */
  queryRange(
    promql: string,
    range: { start: number; end: number; step: number },
    signal?: AbortSignal,
  ): Promise<PrometheusAnswer<SampleSeries>>
  ping(timeoutMs: number): Promise<void>
  readonly mode: 'CONNECTED'
}

export function parseValue(text: unknown): number {
  if (text === '+Inf' || text === 'Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return typeof text === 'string' && text !== '' ? Number(text) : NaN
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const labelsOf = (metric: unknown): Record<string, string> =>
  isObject(metric) ? Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)])) : {}

const pairOf = (value: unknown): readonly [number, number] | null =>
  Array.isArray(value) && typeof value[0] === 'number' ? [value[0], parseValue(value[1])] : null

const reasonOfStatus = (status: number): ReasonCode =>
  status === 400 ? 'BAD_QUERY' : status === 422 ? 'QUERY_FAILED' : 'BACKEND_UNAVAILABLE'

const isTimeout = (error: unknown): boolean => error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')

/** An answer of a stranger is read no further than this. */
const MAX_BYTES = 64 * 1024 * 1024

const readBody = async (response: Response): Promise<unknown> => JSON.parse(await boundedText(response, MAX_BYTES))

export function createPrometheusClient({ url, timeoutMs }: { url: string; timeoutMs: number }): PrometheusClient {
  const base = url.replace(/\/+$/, '')
  const deadline = (signal?: AbortSignal) => AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])

  async function ask<T>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    read: (item: Record<string, unknown>) => T | null,
    signal?: AbortSignal,
  ): Promise<PrometheusAnswer<T>> {
    try {
      const response = await fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...parameters, timeout: `${timeoutMs}ms` }),
        signal: deadline(signal),
      })
      if (!response.ok) {
        await response.body?.cancel()
        return { ok: false, reason: reasonOfStatus(response.status) }
      }
      const body = await readBody(response)
      const data = isObject(body) && body['status'] === 'success' && isObject(body['data']) ? body['data'] : null
      if (data === null || !isObject(body)) return { ok: false, reason: 'QUERY_FAILED' }
      const result = data['result']
      if (data['resultType'] === 'scalar') {
        const pair = pairOf(result)
        const item = pair === null ? null : read({ metric: {}, value: result })
        return { ok: true, result: item === null ? [] : [item], warned: false }
      }
      const items = (Array.isArray(result) ? result : []).flatMap((item: unknown) => {
        const one = isObject(item) ? read(item) : null
        return one === null ? [] : [one]
      })
      return { ok: true, result: items, warned: Array.isArray(body['warnings']) && body['warnings'].length > 0 }
    } catch (error) {
      signal?.throwIfAborted()
      return { ok: false, reason: isTimeout(error) ? 'BACKEND_TIMEOUT' : 'BACKEND_UNAVAILABLE' }
    }
  }

  return {
    mode: 'CONNECTED',
    query: (query, atSeconds, signal) =>
      ask(
        '/api/v1/query',
        { query, time: String(atSeconds) },
        ({ metric, value }): Sample | null => {
          const pair = pairOf(value)
          return pair === null ? null : { metric: labelsOf(metric), value: pair[1] }
        },
        signal,
      ),
    queryRange: (query, { start, end, step }, signal) =>
      ask(
        '/api/v1/query_range',
        { query, start: String(start), end: String(end), step: String(step) },
        ({ metric, values }): SampleSeries => ({
          metric: labelsOf(metric),
          values: (Array.isArray(values) ? values : []).flatMap((value: unknown) => {
            const pair = pairOf(value)
            return pair === null ? [] : [pair]
          }),
        }),
        signal,
      ),
    async ping(ms) {
      const response = await fetch(`${base}/-/ready`, { signal: AbortSignal.timeout(ms) })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`Prometheus answers ${response.status}`)
    },
  }
}
