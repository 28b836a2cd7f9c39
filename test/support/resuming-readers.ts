import { setTimeout as delay } from 'node:timers/promises'
import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWsClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type ClientLike, subscribeResuming } from '../../client/resume.ts'

interface Delivery {
  readonly data?: {
    readonly runEvents: { readonly __typename: string; readonly phase?: string; readonly event?: { readonly sequence: string } }
  } | null
  readonly errors?: readonly unknown[]
}

/** A reader of all events of runs that goes on elsewhere when its server leaves. */
export interface ResumingReader {
  readonly transport: string
  isLive(): boolean
  /** In the order of their arrival. */
  readonly sequences: readonly bigint[]
  /** Gaps, errors, and an end that nobody asked for: there should be none. */
  readonly troubles: readonly string[]
  stop(): Promise<void>
}

const query = 'subscription { runEvents { __typename ... on StreamPhase { phase } ... on RunEventItem { event { sequence } } } }'
const retryMs = 20

/** @param urlOf whom to ask at each connect, as a Service would choose */
function clientOf(transport: 'WebSocket' | 'SSE', urlOf: () => string): { client: ClientLike; dispose(): unknown } {
  if (transport === 'SSE') {
    const client = createSseClient({ url: () => `${urlOf()}/graphql/stream`, retryAttempts: 1000, retry: () => delay(retryMs) })
    return { client: client as ClientLike, dispose: () => client.dispose() }
  }
  const client = createWsClient({
    url: () => `${urlOf().replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 1000,
    shouldRetry: () => true,
    retryWait: () => delay(retryMs),
  })
  return { client: client as ClientLike, dispose: () => client.dispose() }
}

export function readResuming(transport: 'WebSocket' | 'SSE', urlOf: () => string): ResumingReader {
  const { client, dispose } = clientOf(transport, urlOf)
  const sequences: bigint[] = []
  const troubles: string[] = []
  let live = false
  let stopped = false
  const stop = subscribeResuming<Delivery>(
    client,
    { query },
    {
      next({ data, errors }) {
        const told = data?.runEvents
        if (told?.__typename === 'RunEventItem') sequences.push(BigInt(told.event?.sequence ?? -1))
        else if (told?.__typename === 'StreamPhase') live ||= told.phase === 'LIVE'
        else troubles.push(JSON.stringify(errors ?? told))
      },
      error: (error) => troubles.push(String(error)),
      complete: () => void (stopped || troubles.push('the stream ended')),
    },
  )
  return {
    ...{ transport, sequences, troubles },
    isLive: () => live,
    async stop() {
      stopped = true
      stop()
      // a client that is told to stop while it connects rejects with what became of that
      await Promise.resolve(dispose()).catch(() => undefined)
    },
  }
}
