import { type FastifyBaseLogger } from 'fastify'
import { type GraphQLResolveInfo } from 'graphql'
import { type Viewer } from './auth/viewer.ts'
import { type Config } from './config.ts'
import { type DataSources } from './datasources/index.ts'
import { type Scope } from './datasources/scope.ts'
import { type Loaders, createLoaders } from './resolvers/loaders.ts'
import { type SourceUse, createSourceUse } from './telemetry/source-use.ts'
import { type Account } from './operation/account.ts'
import { type RateLimit } from './operation/budget.ts'
import { type LongLists } from './operation/long-lists.ts'
import { type CursorCodec } from './subscriptions/cursor.ts'
import { type LiveHub } from './subscriptions/hub.ts'
import { type Clock } from './time.ts'

/** What every resolver can count on, whichever transport the request came by. One per operation; for subscriptions one per event. */
export interface Context {
  readonly requestId: string
  readonly viewer: Viewer
  /** Tenant filter and abort signal, ready to hand to a data source. */
  readonly scope: Scope
  readonly dataSources: DataSources
  readonly loaders: Loaders
  /** Which sources this answer used, for `extensions.sources`. */
  readonly sourceUse: SourceUse
  readonly cursors: CursorCodec
  readonly live: LiveHub
  readonly config: Config
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  /** Where the caller's budget stands. */
  rateLimit(): Promise<RateLimit>
  /** A list holds more items than its price assumes. @throws AppError COST_LIMIT_EXCEEDED (see `LongLists`) */
  longList(path: GraphQLResolveInfo['path'], length: number): void
}

const noBudget = (clock: Clock): RateLimit => ({ limit: 0, remaining: 0, restorePerSecond: 0, resetAt: clock.now(), advice: [] })

export interface ContextInput {
  readonly requestId: string
  readonly viewer: Viewer
  /** Gives the signal that ends waiting, once something has to wait. */
  readonly ending?: { readonly signal: AbortSignal } | undefined
  readonly log: FastifyBaseLogger
  /** Knows what the operation was priced for; without it nothing was. */
  readonly account?: Pick<Account, 'longLists'> | undefined
}

export interface ContextParts {
  readonly dataSources: DataSources
  readonly cursors: CursorCodec
  readonly live: LiveHub
  readonly config: Config
  readonly clock: Clock
  /** Asks the budget of a caller; without it there is none. */
  readonly rateLimit?: ((viewer: Viewer, log: FastifyBaseLogger) => Promise<RateLimit>) | undefined
}

class OperationScope implements Scope {
  readonly tenantId: string
  readonly passedOver: NonNullable<Scope['passedOver']>
  readonly #ending: ContextInput['ending']

  constructor(tenantId: string, ending: ContextInput['ending'], sourceUse: SourceUse) {
    this.tenantId = tenantId
    this.#ending = ending
    this.passedOver = (source, status = 'DOWN') => sourceUse.note(source, { asOf: null, status })
  }

  get signal(): AbortSignal | undefined {
    return this.#ending?.signal
  }
}

/**
 * The accessors stand on classes: V8 gives every object literal with an accessor a shape of its own, which keeps all that the accessor sees until
 * the next full collection, and that was all of every answer.
 */
class OperationContext implements Context {
  readonly requestId: string
  readonly viewer: Viewer
  readonly scope: Scope
  readonly dataSources: DataSources
  readonly sourceUse = createSourceUse()
  readonly cursors: CursorCodec
  readonly live: LiveHub
  readonly config: Config
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly #askBudget: ContextParts['rateLimit']
  readonly #account: ContextInput['account']
  #loaders: Loaders | undefined
  #longLists: LongLists | null | undefined

  constructor(parts: ContextParts, { requestId, viewer, ending, log, account }: ContextInput) {
    this.requestId = requestId
    this.viewer = viewer
    this.scope = new OperationScope(viewer.tenantId, ending, this.sourceUse)
    this.dataSources = parts.dataSources
    this.cursors = parts.cursors
    this.live = parts.live
    this.config = parts.config
    this.clock = parts.clock
    this.log = log
    this.#askBudget = parts.rateLimit
    this.#account = account
  }

  // most events of a stream need none
  get loaders(): Loaders {
    return (this.#loaders ??= createLoaders(this.dataSources, this.scope))
  }

  async rateLimit(): Promise<RateLimit> {
    return (await this.#askBudget?.(this.viewer, this.log)) ?? noBudget(this.clock)
  }

  longList(path: GraphQLResolveInfo['path'], length: number): void {
    this.#longLists ??= this.#account?.longLists()
    this.#longLists?.found(path, length)
  }
}

/** The one context builder of all transports. */
export const createContext = (parts: ContextParts, input: ContextInput): Context => new OperationContext(parts, input)
