import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { type Clock } from '../time.ts'
import { type Attributes, type EndedSpan, type Exporter } from './otlp-exporter.ts'

/** Something that takes time. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
  /** Ends it, now or when it did end; later calls do nothing. */
  end(outcome?: { readonly failed?: boolean; readonly attributes?: Attributes; readonly endNs?: bigint }): void
}

export interface SpanStart {
  readonly name: string
  readonly kind: EndedSpan['kind']
  readonly attributes?: Attributes
  /** A span of ours, or a `traceparent` header; without either a trace begins. */
  readonly parent?: Span | string | null | undefined
}

export interface Spans {
  start(start: SpanStart): Span
  /** Work whose spans are children of this one. */
  within<T>(span: Span, work: () => T): T
  /** The span that the calling code works within. */
  current(): Span | undefined
}

// https://www.w3.org/TR/trace-context/#traceparent-header
const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

interface Lineage {
  readonly traceId: string
  readonly parentSpanId: string | null
  readonly sampled: boolean
}

/** Spans as the exporter wants them. Who began a trace decides whether it is sampled; we decide for those that begin here. */
export function createSpans({ exporter, clock, ratio }: { exporter: Exporter; clock: Clock; ratio: number }): Spans {
  const store = new AsyncLocalStorage<Span>()

  const lineage = (parent: SpanStart['parent']): Lineage => {
    if (typeof parent === 'object' && parent !== null)
      return { traceId: parent.traceId, parentSpanId: parent.spanId, sampled: parent.sampled }
    const [, traceId, parentSpanId, flags] = traceparent.exec(parent ?? '') ?? []
    if (traceId !== undefined && parentSpanId !== undefined && !/^0+$/.test(traceId))
      return { traceId, parentSpanId, sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 }
    return { traceId: randomBytes(16).toString('hex'), parentSpanId: null, sampled: Math.random() < ratio }
  }

  return {
    start({ name, kind, attributes = {}, parent }) {
      const { traceId, parentSpanId, sampled } = lineage(parent)
      const spanId = randomBytes(8).toString('hex')
      const startNs = clock.now()
      let ended = false
      return {
        traceId,
        spanId,
        sampled,
        end({ failed = false, attributes: more = {}, endNs = clock.now() } = {}) {
          if (ended || !sampled) return
          ended = true
          exporter.add({
            traceId,
            spanId,
            parentSpanId,
            name,
            kind,
            startNs,
            endNs,
            attributes: { ...attributes, ...more },
            failed,
          })
        },
      }
    },
    within: (span, work) => store.run(span, work),
    current: () => store.getStore(),
  }
}

const isThenable = (value: unknown): value is Promise<unknown> => value instanceof Promise

/** The same ports; every call that is made within a span becomes a span of its own, named `<port>.<method>`. */
export function tracePorts<T extends object>(ports: T, spans: Spans): T {
  const traced = new Map<unknown, unknown>()
  const tracePort = (name: string, port: object): object =>
    new Proxy(port, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value !== 'function' || typeof key === 'symbol') return value
        return (...given: unknown[]): unknown => {
          const call = (): unknown => Reflect.apply(value, target, given)
          const parent = spans.current()
          if (parent === undefined || !parent.sampled) return call()
          const span = spans.start({ name: `${name}.${key}`, kind: 'CLIENT', parent })
          try {
            const answer = spans.within(span, call)
            if (!isThenable(answer)) {
              span.end()
              return answer
            }
            return answer.then(
              (settled) => (span.end(), settled),
              (error: unknown) => {
                span.end({ failed: true })
                throw error
              },
            )
          } catch (error) {
            span.end({ failed: true })
            throw error
          }
        }
      },
    })
  return new Proxy(ports, {
    get(target, key, receiver) {
      const port: unknown = Reflect.get(target, key, receiver)
      if (typeof port !== 'object' || port === null || typeof key === 'symbol') return port
      let known = traced.get(port)
      if (known === undefined) traced.set(port, (known = tracePort(key, port)))
      return known
    },
  })
}
