import { isOutage } from '../errors.ts'
import { type Context } from '../context.ts'
import { type CursorPosition } from './cursor.ts'
import { pause } from '../pause.ts'

/** What reading needs of a context: streams read for one request, the line of `downstreamOf` for all. */
export type Reading = Pick<Context, 'scope' | 'dataSources'> & { readonly log: Pick<Context['log'], 'warn'> }

const never = new AbortController().signal

/** Does `work` again while a store is away: a stream stalls through an outage, it does not end. Rejects when the reader has left. */
export async function throughOutages<T>(ctx: Reading, work: () => Promise<T>): Promise<T> {
  const signal = ctx.scope.signal ?? never
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2000)) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error
      ctx.log.warn({ err: error }, 'a stream waits for a store')
      await pause(waitMs, signal)
    }
  }
}

/** Reads what the tables say once they hold everything up to `position`; waits for that as long as it takes. */
export function onceProjected<T>(ctx: Reading, position: CursorPosition, read: () => Promise<T>): Promise<T> {
  return throughOutages(ctx, async () => {
    const wait = { timeoutMs: 5000, signal: ctx.scope.signal }
    while (!(await ctx.dataSources.progress.waitFor(position.stream, position.sequence, wait))) ctx.scope.signal?.throwIfAborted()
    return read()
  })
}
