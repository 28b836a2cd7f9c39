import { type ExecutionResult } from 'graphql'
import { type Pipeline, type PreparedOperation, type RequestOrigin } from '../operation/operation.ts'
import { type Metrics } from './metrics.ts'

const codeOf = (result: ExecutionResult): string | null => {
  const [first] = result.errors ?? []
  return first === undefined ? null : typeof first.extensions.code === 'string' ? first.extensions.code : 'INTERNAL_SERVER_ERROR'
}

const isResult = (answer: AsyncIterableIterator<ExecutionResult> | ExecutionResult): answer is ExecutionResult =>
  !(Symbol.asyncIterator in answer)

interface Outcome {
  readonly errorCode: string | null
  readonly durationMs: number
}

/** The pipeline, with every operation counted, timed and logged once: whichever transport brought it, refused or executed. */
export function measurePipeline(pipeline: Pipeline, metrics: Metrics): Pipeline {
  const note = (operation: PreparedOperation, { errorCode, durationMs }: Outcome): void => {
    const { name, type, estimatedCost, origin } = operation
    metrics.operation({ name, type, transport: origin.transport, errorCode, durationMs, cost: estimatedCost })
    log(origin, { operation: name, type, cost: estimatedCost, durationMs: Math.round(durationMs * 10) / 10, code: errorCode })
  }
  return {
    async prepare(request, origin) {
      const start = performance.now()
      const prepared = await pipeline.prepare(request, origin)
      if (prepared.kind === 'REFUSED') {
        const durationMs = performance.now() - start
        const errorCode = codeOf(prepared.result) ?? 'BAD_USER_INPUT'
        metrics.operation({ name: 'refused', type: 'unknown', transport: origin.transport, errorCode, durationMs, cost: null })
        log(origin, { refusal: prepared.refusal, code: errorCode })
      }
      return prepared
    },
    async execute(operation) {
      const start = performance.now()
      const result = await pipeline.execute(operation)
      note(operation, { errorCode: codeOf(result), durationMs: performance.now() - start })
      return result
    },
    async subscribe(operation) {
      const start = performance.now()
      const answer = await pipeline.subscribe(operation)
      note(operation, { errorCode: isResult(answer) ? codeOf(answer) : null, durationMs: performance.now() - start })
      return answer
    },
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
