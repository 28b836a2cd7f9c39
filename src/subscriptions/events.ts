import { type Context } from '../context.ts'
import { type LogStream } from '../datasources/log/log.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { type CompiledFilter } from '../domain-events/filter.ts'
import { type CursorScope } from './cursor.ts'
import { type Delivery, delivery, type Marker } from './delivery.ts'
import { type EventsItem, type StreamHead } from './hub.ts'
import { confirmedLive } from './downstream.ts'
import { mapStream } from './map-stream.ts'
import { onceProjected } from './projected.ts'
import { epochMark } from './signed-cursor.ts'
import { type ReadyIterator } from './settling-iterator.ts'
import { type EventsStart } from './start.ts'

type EventItem = Extract<EventsItem, { kind: 'EVENT' }>

/** An event with the life of the stream that it is in. */
export interface PlacedEvent {
  readonly event: DomainEvent
  readonly epoch: string
}

export type EventDelivered = { readonly __typename: 'EventItem'; readonly cursor: string; readonly placed: PlacedEvent } | Marker

export interface EventUpdatesOptions {
  readonly filter: CompiledFilter
  readonly start: EventsStart
  readonly strict: boolean
  /** The client looks at the event's run too: deliver only what the tables already show. */
  readonly needsRun: boolean
}

/** A cursor over streams: where each of them is, and which of them the event is in. */
export function eventsCursor(
  ctx: Context,
  scope: CursorScope,
  place: {
    readonly streams: readonly LogStream[]
    readonly heads: ReadonlyMap<LogStream, Pick<StreamHead, 'epoch' | 'sequence' | 'timeMark'>>
    readonly at: LogStream | null
  },
): string {
  const marks = place.streams.map((stream) => {
    const head = place.heads.get(stream)
    const exists = head !== undefined && head.epoch !== ''
    return { stream, sequence: head?.sequence ?? 0n, epoch: exists ? epochMark(head.epoch) : null, timeMark: head?.timeMark }
  })
  return ctx.cursors.encodeMarks({ marks, at: place.at }, scope)
}

/** Every event of every domain that fits, each once and in one order, whichever stream it is in. */
export function eventUpdates(ctx: Context, options: EventUpdatesOptions): ReadyIterator<Delivery<EventDelivered>> {
  const { filter, start, strict, needsRun } = options
  const { tenantId } = ctx.scope
  const readsTables = needsRun || filter.points.length > 0
  const signal = ctx.scope.signal ?? new AbortController().signal
  const streams = ctx.live.streamsOf(filter)
  const items = ctx.live.events({ tenantId, filter, after: start.after, strict, signal })

  const isShown = async ({ event, stream, sure }: EventItem, epoch: string): Promise<boolean> => {
    const position = { stream, epoch, sequence: event.sequence }
    if (needsRun && stream === 'ritual') await onceProjected(ctx, position, () => Promise.resolve())
    return sure === true || (await confirmedLive(ctx, filter, { event, epoch }))
  }

  return mapStream<EventsItem, Delivery<EventDelivered>>(items, (item) => {
    const at = item.kind === 'EVENT' ? item.stream : null
    const cursor = eventsCursor(ctx, start.scope, { streams, heads: item.heads, at })
    const position = { epoch: ctx.live.id, sequence: item.arrival }
    if (item.kind === 'PHASE') {
      const value = { __typename: 'StreamPhase', cursor, phase: item.phase } as const
      return delivery({ kind: 'PHASE', position, cursor, value, live: item.level === true })
    }
    if (item.kind === 'GAP') {
      const { from, to, reason } = item
      return delivery({ kind: 'GAP', position, cursor, value: { __typename: 'StreamGap', cursor, from, to, reason } })
    }
    const epoch = item.heads.get(item.stream)?.epoch ?? ''
    const value: EventDelivered = { __typename: 'EventItem', cursor, placed: { event: item.event, epoch } }
    const shown = delivery({ position, cursor, value, live: item.level === true })
    return readsTables ? isShown(item, epoch).then((is) => (is ? shown : null)) : shown
  })
}
