import { type FastifyBaseLogger } from 'fastify'
import { type Viewer } from './auth/viewer.ts'
import { type Config } from './config.ts'
import { type DataSources } from './datasources/index.ts'
import { type Scope } from './datasources/scope.ts'
import { type Loaders, createLoaders } from './resolvers/loaders.ts'
import { type SourceUse, createSourceUse } from './telemetry/source-use.ts'
import { type RateLimit } from './operation/budget.ts'
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
  readonly rateLimit: () => Promise<RateLimit>
}

const noBudget = (clock: Clock): RateLimit => ({ limit: 0, remaining: 0, restorePerSecond: 0, resetAt: clock.now(), advice: [] })

export interface ContextInput {
  readonly requestId: string
  readonly viewer: Viewer
  readonly signal?: AbortSignal | undefined
  readonly log: FastifyBaseLogger
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

/** The one context builder of all transports. */
export function createContext(parts: ContextParts, input: ContextInput): Context {
  const sourceUse = createSourceUse()
  const scope: Scope = {
    tenantId: input.viewer.tenantId,
    signal: input.signal,
    passedOver: (source, status = 'DOWN') => sourceUse.note(source, { asOf: null, status }),
  }
  let loaders: Loaders | undefined
  return {
    // most events of a stream need none
    get loaders() {
      return (loaders ??= createLoaders(parts.dataSources, scope))
    },
    requestId: input.requestId,
    viewer: input.viewer,
    scope,
    dataSources: parts.dataSources,
    sourceUse,
    cursors: parts.cursors,
    live: parts.live,
    config: parts.config,
    clock: parts.clock,
    log: input.log,
    rateLimit: async () => (await parts.rateLimit?.(input.viewer, input.log)) ?? noBudget(parts.clock),
  }
}
