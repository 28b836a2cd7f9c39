import { type Context } from '../context.ts'
import { type Run, type RunKey } from '../datasources/runs/runs.ts'
import { AppError } from '../errors.ts'
import { type CursorPosition } from './cursor.ts'
import { type Delivery, delivery, positionOf } from './delivery.ts'
import { type HubItem } from './hub.ts'
import { onceProjected, throughOutages } from './projected.ts'
import { eventFilter, ritualEventOf, runKeyOf } from './ritual-messages.ts'
import { fitsRunState } from './run-state-filter.ts'
import { selectionOf, type WantedRuns } from './runs.ts'
import { settlingIterator } from './settling-iterator.ts'
import { type StreamStart } from './start.ts'

export interface RunUpdatesOptions extends WantedRuns {
  readonly start: StreamStart
}

/** Runs whose newest state waits for a slow reader; beyond it the reader has to start again. */
const maxPending = 10_000

/**
 * Runs as they are, again whenever they change; a reader that is behind gets the newest state of each, once. One run begins with its state as
 * it is now. The live feed is open before that is read, so no change falls between.
 * @throws (from the stream) AppError CURSOR_EXPIRED when changes of unknown runs were missed, SLOW_CONSUMER when too many runs wait
 */
export function runUpdates(ctx: Context, options: RunUpdatesOptions): AsyncIterableIterator<Delivery<Run>> {
  const { run: single, filter, start } = options
  const stop = new AbortController()
  const items = ctx.live.subscribe({
    field: 'runUpdated',
    stream: 'ritual',
    after: start.after,
    strict: false,
    signal: stop.signal,
    ...selectionOf(ctx, options),
  })
  /** By run, the newest position that changed it; the order of the keys is the order of delivery. */
  const pending = new Map<string, { key: RunKey; position: CursorPosition }>()
  let caughtUp: CursorPosition | null = null
  let failure: unknown = null
  let ended = false
  let wake: (() => void) | null = null

  const rouse = (): void => {
    wake?.()
    wake = null
  }

  const note = (key: RunKey, position: CursorPosition): void => {
    const name = JSON.stringify([key.ritualId, key.runId])
    // moved to the end, so that what is delivered leaves a cursor behind which nothing older waits
    if (pending.delete(name)) ctx.live.coalesced('runUpdated')
    pending.set(name, { key, position })
    if (pending.size > maxPending) throw new AppError('SLOW_CONSUMER', 'Too many runs changed while nobody read.', { retryable: true })
  }

  const take = (item: HubItem): void => {
    const position = positionOf(item)
    if (item.kind === 'PHASE') {
      if (item.phase !== 'LIVE') return
      caughtUp = position
      if (single !== null) note(single, position)
    } else if (item.kind === 'GAP') {
      if (single !== null) return note(single, position)
      const details = { reason: item.reason, from: item.from.toString(), to: item.to.toString() }
      throw new AppError('CURSOR_EXPIRED', 'Changes of runs were missed: read them again, then subscribe without a cursor.', { details })
    } else {
      const event = ritualEventOf(item.message)
      if (event !== null && eventFilter(filter)(event)) note(runKeyOf(event), position)
    }
  }

  const drain = async (): Promise<void> => {
    try {
      for await (const item of items) {
        take(item)
        rouse()
      }
    } catch (error) {
      failure = error
    }
    ended = true
    rouse()
  }

  const show = async ({ key, position }: { key: RunKey; position: CursorPosition }, live: boolean): Promise<Delivery<Run> | null> => {
    const run = await onceProjected(ctx, position, () => ctx.dataSources.runs.find(ctx.scope, key))
    const cursor = ctx.cursors.encode(position, start.scope)
    const fits = run !== null && (await throughOutages(ctx, () => fitsRunState(ctx, run, filter)))
    return fits || live ? delivery({ position, cursor, value: fits ? run : null, live }) : null
  }

  const next = async (): Promise<Delivery<Run> | null> => {
    for (const [name, change] of pending) {
      pending.delete(name)
      const live = caughtUp !== null && pending.size === 0
      if (live) caughtUp = null
      return show(change, live)
    }
    const position = caughtUp
    caughtUp = null
    return position === null
      ? null
      : delivery<Run>({ kind: 'PHASE', position, cursor: ctx.cursors.encode(position, start.scope), value: null, live: true })
  }

  const pull = async (): Promise<IteratorResult<Delivery<Run>, undefined>> => {
    for (;;) {
      if (stop.signal.aborted) return { done: true, value: undefined }
      if (failure !== null) throw failure
      const shown = pending.size > 0 || caughtUp !== null ? await next() : null
      if (shown !== null) return { done: false, value: shown }
      if (pending.size > 0) continue
      if (ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  void drain()
  return settlingIterator(pull, () => {
    stop.abort()
    pending.clear()
    rouse()
  })
}
