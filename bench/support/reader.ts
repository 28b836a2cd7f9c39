import { pino } from 'pino'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { systemClock } from '../../src/time.ts'
import { resultBytes } from '../../src/operation/result-text.ts'
import { createPresence } from '../../src/presence.ts'
import { withReady } from '../../src/transports/ready-results.ts'
import { type LiveServer } from '../../test/support/live-server.ts'

export interface Reader {
  readonly leave: () => void
}

/** Opens one stream as a transport would, and calls back for each of its results. */
export async function read({ app, config }: LiveServer, query: string, take: (text: string) => void, variables = {}): Promise<Reader> {
  const viewer = await createAuthenticator({ config, clock: systemClock }).authenticate({})
  const client = createPresence()
  const origin = { transport: 'sse', requestId: 'bench', viewer, client, log: pino({ level: 'silent' }) } as const
  const prepared = await app.pipeline.prepare({ query, variables }, origin)
  if (prepared.kind === 'REFUSED') throw new Error(JSON.stringify(prepared.result))
  const stream = await app.pipeline.subscribe(prepared.operation)
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream))
  void (async () => {
    for await (const first of stream) for (const frame of withReady(first, stream, resultBytes)) take(frame.toString())
  })()
  return { leave: () => client.leave() }
}
