import { type Context } from '../context.ts'
import { type LogMessage } from '../datasources/log/log.ts'
import { type RunEvent, type RunFilter, type RunKey } from '../datasources/runs/runs.ts'
import { type RitualEvent } from '../projections/events.ts'
import { type CursorPosition } from './cursor.ts'
import { type Delivery, delivery, type Marker, markerDelivery, positionOf } from './delivery.ts'
import { type HubItem } from './hub.ts'
import { mapStream } from './map-stream.ts'
import { onceProjected } from './projected.ts'
import { eventFilter, ritualEventOf, ritualSubjects, runKeyOf } from './ritual-messages.ts'
import { asksForState, fitsRunState } from './run-state-filter.ts'
import { type ReadyIterator } from './settling-iterator.ts'
import { type StreamStart } from './start.ts'

export type RunEventDelivered = { readonly __typename: 'RunEventItem'; readonly cursor: string; readonly event: RunEvent } | Marker

/** Which runs are meant. */
export interface WantedRuns {
  readonly run: RunKey | null
  readonly filter: RunFilter | null
}

export interface RunEventsOptions extends WantedRuns {
  readonly start: StreamStart
  readonly strict: boolean
  /** The client looks at the event's run too: deliver only what the tables already show. */
  readonly needsRun: boolean
}

/** What the hub needs to know to find messages of these runs. */
export function selectionOf(
  ctx: Context,
  { run, filter }: WantedRuns,
): { subjects: readonly string[]; matches: (message: LogMessage) => boolean } {
  const { tenantId } = ctx.scope
  const fits = eventFilter(filter)
  const subjects = run === null ? ritualSubjects(tenantId, filter?.ritualId) : ritualSubjects(tenantId, run.ritualId, run.runId)
  const isWanted = (event: RitualEvent): boolean =>
    event.tenantId === tenantId &&
    (run === null || (run.system === 'DEMON' && event.ritualId === run.ritualId && event.runId === run.runId)) &&
    fits(event)
  return {
    subjects,
    matches(message) {
      const event = ritualEventOf(message)
      return event !== null && isWanted(event)
    },
  }
}

const toRunEvent = (event: RitualEvent): RunEvent => ({
  runKey: runKeyOf(event),
  tenantId: event.tenantId,
  sequence: event.sequence,
  at: event.at,
  recordedAt: event.recordedAt,
  type: event.type,
  legacySubject: event.legacy,
  payload: event.payload,
})

/**
 * Every event of one run, or of all runs that fit, each once and in the order of the log. Conditions on the state of a run are judged when the
 * tables show the event, by what they show then.
 */
export function runEvents(ctx: Context, options: RunEventsOptions): ReadyIterator<Delivery<RunEventDelivered>> {
  const { filter, start, strict } = options
  const readsTables = options.needsRun || asksForState(filter)
  const signal = ctx.scope.signal ?? new AbortController().signal
  const items = ctx.live.subscribe({
    field: 'runEvents',
    stream: 'ritual',
    after: start.after,
    strict,
    signal,
    ...selectionOf(ctx, options),
  })

  const isShown = (event: RitualEvent, position: CursorPosition): Promise<boolean> =>
    onceProjected(ctx, position, async () => {
      if (!asksForState(filter)) return true
      const run = await ctx.dataSources.runs.find(ctx.scope, runKeyOf(event))
      return run !== null && fitsRunState(ctx, run, filter)
    })

  const shown = (event: RitualEvent, position: CursorPosition): Delivery<RunEventDelivered> => {
    const cursor = ctx.cursors.encode(position, start.scope)
    return delivery({ position, cursor, value: { __typename: 'RunEventItem', cursor, event: toRunEvent(event) } })
  }

  return mapStream<HubItem, Delivery<RunEventDelivered>>(items, (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, start.scope, item)
    const event = ritualEventOf(item.message)
    if (event === null) return null
    const position = positionOf(item)
    return readsTables ? isShown(event, position).then((is) => (is ? shown(event, position) : null)) : shown(event, position)
  })
}
