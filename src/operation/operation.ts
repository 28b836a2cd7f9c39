import { type FastifyBaseLogger } from 'fastify'
import { type DocumentNode, type ExecutionResult, type OperationTypeNode } from 'graphql'
import { type Viewer } from '../auth/viewer.ts'
import { type Presence } from '../presence.ts'
import { type ReadyIterator } from '../subscriptions/settling-iterator.ts'
import { type Account } from './account.ts'
import { type Executable } from './executable.ts'

/** A GraphQL request as it arrived, its shape checked (strings are strings, maps are maps), nothing else. */
export interface OperationRequest {
  readonly query?: string | null
  /** A trusted document's id. */
  readonly documentId?: string | null
  readonly operationName?: string | null
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly extensions?: Readonly<Record<string, unknown>> | null
}

export type TransportName = 'http-get' | 'http-post' | 'websocket' | 'sse' | 'multipart'

/** Who sent it and how: what a transport knows about a request. */
export interface RequestOrigin {
  readonly transport: TransportName
  readonly requestId: string
  readonly viewer: Viewer
  readonly client: Presence
  readonly log: FastifyBaseLogger
  readonly clientName?: string | null
  readonly clientVersion?: string | null
  /** Where it came from: tells callers apart who are not known. To find out takes a system call. */
  readonly address?: () => string | null
  /** It came by a safe method (GET): mutations are refused. */
  readonly readOnly?: boolean
  /** False where the answer cannot be a stream: subscriptions are refused. */
  readonly streams?: boolean | undefined
  /** What carries a subscription, where that is another thing than what carries single answers. */
  readonly streamTransport?: TransportName | undefined
  /** `Last-Event-ID` of a reconnecting EventSource. */
  readonly lastEventId?: string | null
  /** By the header `X-GraphQL-Cost`; transports without headers use `extensions.cost`. */
  readonly costMode?: CostMode | null
  /** A gateway asked for a trace of every field. */
  readonly trace?: boolean
  /** Shared by the operations of one HTTP batch: their costs add up to one limit. */
  readonly batch?: Batch
}

/** Who asks, as far as limits and budgets are concerned. */
export type Caller = Pick<RequestOrigin, 'viewer' | 'log' | 'address'>

export const costModes = ['report', 'validate', 'explain'] as const
export type CostMode = (typeof costModes)[number]

export interface Batch {
  /** What the operations prepared so far cost together. */
  cost: number
}

/** Which step refused a request; decides the HTTP status (platform 3.4). */
export type Refusal =
  | 'MALFORMED'
  | 'DOCUMENT'
  | 'PARSE'
  | 'VALIDATION'
  | 'OPERATION'
  | 'VARIABLES'
  | 'COST'
  | 'BUDGET'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED'
  | 'METHOD'
  | 'UNAVAILABLE'

/** An operation that passed every rule: parsed, isolated, validated, its variables checked, priced, paid for, authorised. */
export interface PreparedOperation {
  readonly document: DocumentNode
  /** What is executed. */
  readonly executable: Executable
  /** Of the executable's variables. */
  readonly values: Readonly<Record<string, unknown>>
  readonly name: string | null
  readonly type: OperationTypeNode
  /** As they were sent. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly extensions: Readonly<Record<string, unknown>>
  readonly estimatedCost: number
  readonly costMode: CostMode | null
  /** What it owes. */
  readonly account: Account
  readonly origin: RequestOrigin
  /** Gives back the place that is held for it; once it runs it has another. */
  release(): void
}

export type Prepared =
  | { readonly kind: 'READY'; readonly operation: PreparedOperation }
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal; readonly result: ExecutionResult; readonly retryAfterMs?: number }

/** The results of a subscription. Final is one without `data`: why the stream ended. */
export interface ResultStream extends ReadyIterator<ExecutionResult> {
  /** Never a final one. */
  ready?(): ExecutionResult | undefined
}

/**
 * The one way in. Transports call `prepare`, then `execute` or `subscribe`; they hold no rule of their own. Results are masked and complete:
 * a transport only frames them.
 */
export interface Pipeline {
  prepare(request: OperationRequest, origin: RequestOrigin): Promise<Prepared>
  /** Queries and mutations. Never rejects. */
  execute(operation: PreparedOperation): Promise<ExecutionResult>
  /** Subscriptions: a stream of results, each with `extensions.cursor` where the event has one; or a refusal. Never rejects. */
  subscribe(operation: PreparedOperation): Promise<ResultStream | ExecutionResult>
  /**
   * Takes the price of what a route beside GraphQL does, from the budget that operations are paid from.
   * @throws Refused BUDGET (over budget, or too many requests), UNAVAILABLE (this process is full)
   */
  charge(caller: Caller, cost: number): Promise<void>
  /** Operations and streams open now. */
  active(): number
}
