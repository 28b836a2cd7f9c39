import { createFilterIndex } from '../domain-events/filter-index.ts'
import { type CompiledFilter } from '../domain-events/filter.ts'
import { type DomainEvent } from '../domain-events/event.ts'
import { type Logger } from '../logger.ts'
import { type ArrivedItem, type EventsReader } from './events-feed.ts'

/** Of which nodes an event is downstream, as facets of points; null: nobody can say at a reasonable price. Waits while a store is away. */
export type Upstream = (placed: { event: DomainEvent; epoch: string }, signal: AbortSignal) => Promise<ReadonlySet<string> | null>

/** Readers who ask for what is downstream of nodes. */
export interface DownstreamLine {
  attach(tenantId: string, filter: CompiledFilter, reader: EventsReader): void
  detach(tenantId: string, filter: CompiledFilter, reader: EventsReader): void
  /** The ring of the feed has got something. */
  arrived(): void
  stats(): { readonly evaluations: number; readonly filters: number; readonly readers: number }
  close(): Promise<void>
}

export interface DownstreamLineOptions {
  readonly upstream: Upstream
  readonly logger: Pick<Logger, 'warn'>
  readonly forEachAfter: (arrival: bigint, visit: (item: ArrivedItem) => boolean) => void
  readonly arrival: () => bigint
  /** Every item with a later arrival is in the ring. */
  readonly covered: () => bigint
}

/**
 * Goes through the ring of the feed behind the events, since what an event is downstream of can be said only when the tables show it: one look for
 * each event, however many ask for whatever nodes.
 */
export function createDownstreamLine(options: DownstreamLineOptions): DownstreamLine {
  const { upstream, logger, forEachAfter, arrival, covered } = options
  const index = createFilterIndex<EventsReader>()
  const readers = new Set<EventsReader>()
  let position = 0n
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | null = null
  let wake: (() => void) | null = null

  const next = (): ArrivedItem | null => {
    let found: ArrivedItem | null = null
    forEachAfter(position, (item) => {
      found = item
      return false
    })
    return found
  }

  const ask = async (item: Extract<ArrivedItem, { kind: 'EVENT' }>, signal: AbortSignal): Promise<ReadonlySet<string> | null> => {
    try {
      return await upstream({ event: item.event, epoch: item.heads.get(item.stream)?.epoch ?? '' }, signal)
    } catch (error) {
      // each reader asks for itself then, and says what is wrong
      if (!signal.aborted) logger.warn({ err: error }, 'it could not be said what an event is downstream of')
      return null
    }
  }

  const look = async (item: ArrivedItem, signal: AbortSignal): Promise<void> => {
    if (item.kind === 'GAP') return readers.forEach((reader) => reader.offer(item, true))
    if (!index.has(item.event.tenantId)) return
    const downstreamOf = await ask(item, signal)
    if (!signal.aborted) index.visit(item.event, (reader, sure) => reader.offer(item, sure), downstreamOf)
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (covered() > position) {
        for (const reader of readers) reader.passedOver(position)
        position = covered()
      }
      const item = next()
      if (item === null) await new Promise<void>((resolve) => (wake = resolve))
      else {
        position = item.arrival
        await look(item, signal)
      }
    }
  }

  const rouse = (): void => {
    wake?.()
    wake = null
  }

  const end = async (): Promise<void> => {
    const ending = running
    running = null
    ending?.stop.abort()
    rouse()
    await ending?.done
  }

  return {
    attach(tenantId, filter, reader) {
      readers.add(reader)
      index.add(tenantId, filter, reader)
      if (running !== null) return
      position = arrival()
      const stop = new AbortController()
      running = { stop, done: run(stop.signal) }
    },
    detach(tenantId, filter, reader) {
      if (!readers.delete(reader)) return
      index.remove(tenantId, filter, reader)
      if (readers.size === 0) void end()
    },
    arrived: rouse,
    stats: () => ({ ...index.stats(), readers: readers.size }),
    close: end,
  }
}
