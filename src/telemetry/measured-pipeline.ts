import { type DocumentNode, type ExecutionResult, print, visit } from 'graphql'
import { type Pipeline, type PreparedOperation, type RequestOrigin } from '../operation/operation.ts'
import { type Metrics, type PricingReading } from './metrics.ts'

const codeOf = (result: ExecutionResult): string | null => {
  const [first] = result.errors ?? []
  return first === undefined ? null : typeof first.extensions.code === 'string' ? first.extensions.code : 'INTERNAL_SERVER_ERROR'
}

const isResult = (answer: AsyncIterableIterator<ExecutionResult> | ExecutionResult): answer is ExecutionResult =>
  !(Symbol.asyncIterator in answer)

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const pricingOf = ({ extensions }: ExecutionResult): PricingReading | undefined => {
  const cost = extensions?.['cost']
  if (!isMap(cost) || typeof cost['requestedQueryCost'] !== 'number') return undefined
  return {
    requested: cost['requestedQueryCost'],
    actual: typeof cost['actualQueryCost'] === 'number' ? cost['actualQueryCost'] : null,
    measured: typeof cost['measured'] === 'string' ? cost['measured'] : null,
    local: cost['local'] === true,
  }
}

/** A document as it may be logged: what clients write into it may be secret, its shape is not. */
const withoutTexts = (document: DocumentNode): string =>
  print(visit(document, { StringValue: (node) => ({ ...node, value: '', block: false }) }))

interface Outcome {
  readonly pricing?: PricingReading | undefined
  readonly errorCode: string | null
  readonly durationMs: number
}

export interface MeasureOptions {
  /** Operations that take longer are logged with their document; 0 = never. */
  readonly slowMs?: number
  /** The deprecated elements that a document uses. */
  readonly deprecatedUse?: (document: DocumentNode) => readonly string[]
}

/** The pipeline, with every operation counted, timed and logged once: whichever transport brought it, refused or executed. */
export function measurePipeline(pipeline: Pipeline, metrics: Metrics, { slowMs = 0, deprecatedUse }: MeasureOptions = {}): Pipeline {
  const note = (operation: PreparedOperation, { errorCode, durationMs, pricing }: Outcome): void => {
    const { name, type, estimatedCost, origin } = operation
    const { transport, clientName: client = null } = origin
    metrics.operation({
      name,
      type,
      transport,
      errorCode,
      durationMs,
      cost: estimatedCost,
      client,
      ...(pricing === undefined ? {} : { pricing }),
    })
    for (const coordinate of deprecatedUse?.(operation.document) ?? []) metrics.deprecatedUse(coordinate, client)
    if (slowMs > 0 && durationMs >= slowMs)
      origin.log.warn(
        {
          requestId: origin.requestId,
          operation: name,
          durationMs: Math.round(durationMs),
          document: withoutTexts(operation.document).slice(0, 4000),
        },
        'a slow operation',
      )
    log(origin, { operation: name, type, cost: estimatedCost, durationMs: Math.round(durationMs * 10) / 10, code: errorCode })
  }
  return {
    async prepare(request, origin) {
      const start = performance.now()
      const prepared = await pipeline.prepare(request, origin)
      if (prepared.kind === 'REFUSED') {
        const durationMs = performance.now() - start
        const errorCode = codeOf(prepared.result) ?? 'BAD_USER_INPUT'
        const { transport, clientName: client = null } = origin
        metrics.operation({ name: 'refused', type: 'unknown', transport, errorCode, durationMs, cost: null, client })
        log(origin, { refusal: prepared.refusal, code: errorCode })
      }
      return prepared
    },
    async execute(operation) {
      const start = performance.now()
      const result = await pipeline.execute(operation)
      note(operation, { errorCode: codeOf(result), durationMs: performance.now() - start, pricing: pricingOf(result) })
      return result
    },
    async subscribe(operation) {
      const start = performance.now()
      const answer = await pipeline.subscribe(operation)
      note(operation, { errorCode: isResult(answer) ? codeOf(answer) : null, durationMs: performance.now() - start })
      return answer
    },
    charge: (caller, cost) => pipeline.charge(caller, cost),
    active: () => pipeline.active(),
  }
}

const log = (origin: RequestOrigin, entry: Readonly<Record<string, unknown>>): void =>
  origin.log.info(
    {
      requestId: origin.requestId,
      transport: origin.transport,
      actor: origin.viewer.actorId,
      tenant: origin.viewer.tenantId,
      client: origin.clientName ?? undefined,
      ...entry,
    },
    'operation',
  )
