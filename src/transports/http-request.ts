import { type FastifyReply, type FastifyRequest } from 'fastify'
import { type Viewer } from '../auth/viewer.ts'
import { type CostMode, costModes, type OperationRequest, type RequestOrigin } from '../operation/operation.ts'
import { refuse } from '../operation/refused.ts'
import { createPresence, type Presence } from '../presence.ts'
import { onceOver } from './answer-order.ts'

const malformed = (message: string) => refuse('MALFORMED', 'BAD_USER_INPUT', message)

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (body: Record<string, unknown>, name: string): string | null => {
  const value = Object.hasOwn(body, name) ? body[name] : null
  if (value == null) return null
  if (typeof value !== 'string') throw malformed(`\`${name}\` must be a string.`)
  return value
}

const map = (body: Record<string, unknown>, name: string): Record<string, unknown> | null => {
  const value = Object.hasOwn(body, name) ? body[name] : null
  if (value == null) return null
  if (!isMap(value)) throw malformed(`\`${name}\` must be an object.`)
  return value
}

/**
 * A body, or one item of a batch, as a request: strings are strings, maps are maps.
 * @throws Refused MALFORMED
 */
export function readBody(body: unknown): OperationRequest {
  if (!isMap(body)) throw malformed('The body must be a JSON object with a `query`.')
  return {
    query: text(body, 'query'),
    documentId: text(body, 'documentId'),
    operationName: text(body, 'operationName'),
    variables: map(body, 'variables'),
    extensions: map(body, 'extensions'),
  }
}

const jsonMap = (parameters: Record<string, unknown>, name: string): Record<string, unknown> | null => {
  const value = text(parameters, name)
  if (value === null || value === '') return null
  try {
    return map({ [name]: JSON.parse(value) as unknown }, name)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw malformed(`\`${name}\` must be a JSON object.`)
  }
}

/**
 * The parameters of a GET as a request.
 * @throws Refused MALFORMED; a parameter given twice is one
 */
export function readQueryString(request: FastifyRequest): OperationRequest {
  const parameters = request.query
  if (!isMap(parameters)) throw malformed('The parameters cannot be read.')
  return {
    query: text(parameters, 'query'),
    documentId: text(parameters, 'documentId'),
    operationName: text(parameters, 'operationName'),
    variables: jsonMap(parameters, 'variables'),
    extensions: jsonMap(parameters, 'extensions'),
  }
}

/** `X-GraphQL-Cost`, where it is one of the words we know. */
const readCostMode = (request: FastifyRequest): CostMode | null => {
  const header = request.headers['x-graphql-cost']
  return costModes.find((mode) => typeof header === 'string' && mode === header.toLowerCase()) ?? null
}

const clientHeader = (request: FastifyRequest, ...names: string[]): string | null => {
  for (const name of names) {
    const value = request.headers[name]
    if (typeof value === 'string' && value !== '') return value.slice(0, 64)
  }
  return null
}

/** Who leaves before the answer was sent. */
export function clientOf(reply: FastifyReply): Presence {
  const client = createPresence()
  onceOver(reply, () => {
    if (!reply.raw.writableFinished) client.leave()
  })
  return client
}

/** What every HTTP request tells about itself, whichever transport it opens. */
export function originOf(
  request: FastifyRequest,
  viewer: Viewer,
  client: Presence,
  by: Pick<RequestOrigin, 'transport' | 'streams' | 'streamTransport'>,
): RequestOrigin {
  const lastEventId = request.headers['last-event-id']
  return {
    transport: by.transport,
    streams: by.streams,
    streamTransport: by.streamTransport,
    requestId: request.id,
    viewer,
    client,
    log: request.log,
    address: () => request.ip,
    readOnly: request.method === 'GET',
    clientName: clientHeader(request, 'graphql-client-name', 'apollographql-client-name'),
    clientVersion: clientHeader(request, 'graphql-client-version', 'apollographql-client-version'),
    lastEventId: typeof lastEventId === 'string' ? lastEventId : null,
    costMode: readCostMode(request),
    trace: request.headers['apollo-federation-include-trace'] === 'ftv1',
  }
}

const preflightHeaders = [
  'x-apollo-operation-name',
  'apollo-require-preflight',
  'graphql-require-preflight',
  'x-requested-with',
  'authorization',
]

/** Whether another site's page could have made a browser send this with the user's cookies: such a request has cookies and nothing that forces a preflight. */
export const couldBeForged = (request: FastifyRequest): boolean =>
  request.headers.cookie !== undefined && request.method === 'GET' && !preflightHeaders.some((name) => request.headers[name] !== undefined)
