import { type FastifyBaseLogger } from 'fastify'

export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A span that has ended. Times are nanoseconds since the epoch, ids hexadecimal. */
export interface EndedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: 'SERVER' | 'INTERNAL' | 'CLIENT'
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Attributes
  readonly failed: boolean
}

export interface Exporter {
  /** Keeps a span for the next delivery; drops it when too many wait. */
  add(span: EndedSpan): void
  /** Delivers what waits, as far as the collector takes it within a second, and ends. */
  close(): Promise<void>
}

export interface ExporterOptions {
  /** Base address of the collector: spans go to `/v1/traces` below it. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly logger: FastifyBaseLogger
  readonly everyMs?: number
}

const maxWaiting = 4096
const maxBatch = 512
const timeoutMs = 5000
// A stop does not wait for a collector that hangs: all that is still to be delivered has this long.
const closingMs = 1000

const kinds = { INTERNAL: 1, SERVER: 2, CLIENT: 3 } as const

const valueOf = (value: string | number | boolean) => {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === null || value === undefined ? [] : [{ key, value: valueOf(value) }]))

/** Spans to an OpenTelemetry collector: OTLP over HTTP, as JSON. A collector that is away costs spans, and one warning a minute. */
export function createOtlpExporter({ endpoint, headers, serviceName, logger, everyMs = 2000 }: ExporterOptions): Exporter {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const waiting: EndedSpan[] = []
  const closing = new AbortController()
  let delivering: Promise<void> | null = null
  let warnedAt = -Infinity

  /** @returns whether they were taken */
  const deliver = async (spans: readonly EndedSpan[]): Promise<boolean> => {
    const body = {
      resourceSpans: [
        {
          resource: { attributes: attributesOf({ 'service.name': serviceName }) },
          scopeSpans: [{ scope: { name: 'orrery' }, spans: spans.map(toJson) }],
        },
      ],
    }
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal]),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`the collector answered ${response.status}`)
      return true
    } catch (error) {
      if (performance.now() - warnedAt >= 60_000) {
        warnedAt = performance.now()
        logger.warn({ err: error, spans: spans.length }, 'traces could not be delivered')
      }
      return false
    }
  }

  /** Batch by batch until nothing waits or one is not taken: what waits then is for the next time, or dropped when it becomes too much. */
  const deliverAll = async (): Promise<void> => {
    while (waiting.length > 0 && (await deliver(waiting.splice(0, maxBatch))));
  }
  const flush = (): void => {
    delivering ??= deliverAll().finally(() => (delivering = null))
  }
  const timer = setInterval(flush, everyMs).unref()

  return {
    add(span) {
      if (waiting.length < maxWaiting) waiting.push(span)
    },
    async close() {
      clearInterval(timer)
      const last = setTimeout(() => closing.abort(), closingMs)
      await delivering
      await deliverAll()
      clearTimeout(last)
    },
  }
}

const toJson = (span: EndedSpan) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: kinds[span.kind],
  startTimeUnixNano: String(span.startNs),
  endTimeUnixNano: String(span.endNs),
  attributes: attributesOf(span.attributes),
  status: span.failed ? { code: 2 } : {},
})
