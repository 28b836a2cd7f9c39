import { type FastifyReply, type FastifyRequest } from 'fastify'
import { type ExecutionResult } from 'graphql'
import { type Viewer } from '../auth/viewer.ts'
import { type OperationRequest, type Pipeline } from '../operation/operation.ts'
import { clientOf, originOf } from './http-request.ts'
import { retryAfter, statusOfCode } from './http-status.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** Documents of ours behind addresses beside /graphql, by id: a deployment that runs trusted documents alone trusts them too. */
export const ownDocuments: ReadonlyMap<string, string> = new Map([
  [
    'orrery:graph-file',
    `query GraphFile($id: ID!, $format: GraphFormat!, $ref: GraphRef, $node: String, $depth: Int) {
  graph(id: $id) { export(format: $format, ref: $ref, nodeId: $node, depth: $depth) { contentType text } }
}`,
  ],
  [
    'orrery:slo-standing',
    `query SloStanding($name: String!) {
  slo(name: $name) { name service status window { startsAt } errorBudget { remainingRatio } tiers { name factor reachable } }
}`,
  ],
  [
    'orrery:slo-series',
    `query SloSeries($name: String!, $from: DateTime!, $to: DateTime!, $points: Int!) {
  slo(name: $name) {
    remaining: series(kind: REMAINING, from: $from, to: $to, maxPoints: $points) { at value }
    burn: series(kind: BURN_RATE, from: $from, to: $to, maxPoints: $points) { at value }
  }
}`,
  ],
])

export interface OwnOperationParts {
  readonly pipeline: Pipeline
  /** @throws AppError UNAUTHENTICATED */
  readonly authenticate: (headers: FastifyRequest['headers']) => Promise<Viewer>
}

/** Runs one of `ownDocuments` and gives its data; null when it failed, and the failure was sent. */
export type RunOwn = <Data>(documentId: string, variables: OperationRequest['variables']) => Promise<Data | null>

/** Operations of the pipeline for a route that answers something else than GraphQL: whoever asks is held to every rule of /graphql. */
export async function ownOperations(
  { pipeline, authenticate }: OwnOperationParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RunOwn> {
  const asked = originOf(request, await authenticate(request.headers), clientOf(reply), { transport: 'http-get' })
  // the answer has no place for what these add, or leave out
  const origin = { ...asked, costMode: null, trace: false }

  return async <Data>(documentId: string, variables: OperationRequest['variables']) => {
    const prepared = await pipeline.prepare({ documentId, variables }, origin)
    const result = prepared.kind === 'READY' ? await pipeline.execute(prepared.operation) : prepared.result
    reply.headers(rateLimitHeaders(result))
    if (result.errors === undefined) return result.data as Data
    await sendFailure(reply, result, prepared.kind === 'REFUSED' ? prepared.retryAfterMs : undefined)
    return null
  }
}

function sendFailure(reply: FastifyReply, { errors = [] }: ExecutionResult, retryAfterMs: number | undefined): FastifyReply {
  const status = statusOfCode(String(errors[0]?.extensions['code']))
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .headers(retryAfter([{ retryAfterMs }]))
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors }))
}
