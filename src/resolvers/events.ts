import { type Context } from '../context.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { type Positions, type RowsLeft, type TimelinePage, type TimelineRequest } from '../datasources/timeline/timeline.ts'
import { eventDomains, type Domain, type DomainEvent } from '../domain-events/event.ts'
import { compileFilter, type CompiledFilter, type EventFilter } from '../domain-events/filter.ts'
import { AppError } from '../errors.ts'
import { type Resolvers, type ResolversInterfaceTypes, type ResolversTypes } from '../generated/resolver-types.ts'
import { encodeId } from '../ids.ts'
import { parseRitualSubject } from '../projections/events.ts'
import { anyField, type CursorScope } from '../subscriptions/cursor.ts'
import { type Delivery, shownIn } from '../subscriptions/delivery.ts'
import { confirmed } from '../subscriptions/downstream.ts'
import { type EventDelivered, eventsCursor, eventUpdates, type PlacedEvent } from '../subscriptions/events.ts'
import { runKeyOf } from '../subscriptions/ritual-messages.ts'
import { epochMark } from '../subscriptions/signed-cursor.ts'
import { eventsScope, eventsStartOf } from '../subscriptions/start.ts'
import { type Connection } from './connection.ts'
import { reading } from './freshness.ts'
import { jsonOfText } from './json-text.ts'
import { mentionsField } from './mentions.ts'

type Event = ResolversInterfaceTypes<ResolversTypes>['Event']

const genericEvent = ({ event, epoch }: PlacedEvent): Event => ({ __typename: 'GenericEvent', ...event, epoch })

/** By event family: the object of a type of its own. A family without an entry is shown as `GenericEvent`. */
const presenters: Readonly<Record<string, (placed: PlacedEvent) => Event>> = {
  runs(placed) {
    const { event } = placed
    const run = parseRitualSubject(event.subject)
    if (run === null) return genericEvent(placed)
    const { tenantId, sequence, at, recordedAt, type, payload } = event
    return { __typename: 'RunEvent', runKey: runKeyOf(run), tenantId, sequence, at, recordedAt, type, payload, legacySubject: run.legacy }
  },
}

const present = (placed: PlacedEvent): Event => (presenters[placed.event.family] ?? genericEvent)(placed)

const scopeOfDomain: Readonly<Record<Domain, string>> = {
  ...{
    RUNS: 'runs:read',
    APPROVALS: 'approvals:read',
    GRAPH: 'graph:read',
    STORAGE: 'storage:read',
    SLO: 'slo:read',
    SYSTEM: 'system:read',
  },
}

/**
 * The filter, and nothing of domains that the viewer may not read.
 * @throws AppError BAD_USER_INPUT; FORBIDDEN for `downstreamOf` where the viewer may not read graphs: which events match tells how nodes are related
 */
function filterFor({ viewer }: Context, filter: EventFilter | null | undefined): CompiledFilter {
  const readable = eventDomains.filter((domain) => viewer.scopes.has(scopeOfDomain[domain]))
  const compiled = compileFilter(filter ?? null, readable)
  const scope = scopeOfDomain.GRAPH
  if (compiled.points.length > 0 && !viewer.scopes.has(scope))
    throw new AppError('FORBIDDEN', `\`downstreamOf\` needs the scope ${scope}.`, { details: { requiredScopes: [scope] } })
  return compiled
}

interface TimelineArguments {
  readonly filter?: EventFilter | null | undefined
  readonly around?: bigint | null | undefined
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

interface Place {
  readonly positions: Positions
  readonly at: DomainEvent['stream'] | null
}

/** Where a cursor is in the tables. @throws AppError BAD_USER_INPUT, CURSOR_EXPIRED when a stream is no longer the one it was made for */
function placeOf(ctx: Context, cursor: string, { scope, heads }: { scope: CursorScope; heads: Positions }): Place {
  const { marks, at, partial } = ctx.cursors.decodeMarks(cursor, scope)
  const positions = new Map(heads)
  for (const [stream, head] of heads) {
    const mark = marks.find((one) => one.stream === stream)
    if (mark === undefined) positions.set(stream, partial ? head : { ...head, sequence: 0n })
    else if (mark.epoch === null || head.epoch === '') positions.set(stream, { ...head, sequence: 0n })
    else if (mark.epoch === epochMark(head.epoch)) positions.set(stream, { ...head, sequence: mark.sequence })
    else
      throw new AppError('CURSOR_EXPIRED', 'The stream was replaced since this cursor was made.', {
        details: { reason: 'SOURCE_RESET', stream },
      })
  }
  return { positions, at }
}

/** Everything before the event that a cursor belongs to; everything up to a cursor that belongs to none. */
function beforeEvent({ positions, at }: Place): Positions {
  const place = at === null ? undefined : positions.get(at)
  if (at === null || place === undefined) return positions
  return new Map(positions).set(at, { ...place, sequence: place.sequence - 1n })
}

const fromStart = (heads: Positions): Positions => new Map([...heads].map(([stream, head]) => [stream, { ...head, sequence: 0n }]))

interface Window {
  readonly back: TimelinePage | null
  readonly forth: TimelinePage | null
  readonly hasPreviousPage: boolean
  readonly hasNextPage: boolean
}

/** Rows that one operation may look at for all its pages, about 50 ms of work: those of rare matches would keep the process busy. */
const maxRows = 5000
const rowsOfOperation = new WeakMap<Context, RowsLeft>()

function rowsLeft(ctx: Context): RowsLeft {
  const known = rowsOfOperation.get(ctx)
  if (known !== undefined) return known
  const rows = { left: maxRows }
  rowsOfOperation.set(ctx, rows)
  return rows
}

async function readWindow(ctx: Context, args: TimelineArguments, filter: CompiledFilter): Promise<Window> {
  const { timeline } = ctx.dataSources
  const streams = ctx.live.streamsOf(filter)
  const rows = rowsLeft(ctx)
  const read = (direction: TimelineRequest['direction'], from: Positions, size: number): Promise<TimelinePage> =>
    timeline.read(ctx.scope, { filter, streams, direction, from, size, rows, confirm: (event) => confirmed(ctx, filter, event) })
  const isThere = async (direction: TimelineRequest['direction'], from: Positions): Promise<boolean> => {
    const { items, more } = await read(direction, from, 1)
    return items.length > 0 || more
  }
  const { around, ...page } = args
  if (around != null) {
    if (page.after != null || page.before != null) throw new AppError('BAD_USER_INPUT', 'Give `around` or a cursor, not both.')
    const both = page.first == null && page.last == null
    const first = both ? 10 : page.first == null ? 0 : pageRequest({ first: page.first }).size
    const last = both ? 10 : page.last == null ? 0 : pageRequest({ last: page.last }).size
    const middle = await timeline.before(ctx.scope, around, streams)
    const back = last === 0 ? null : await read('BACKWARD', middle, last)
    const forth = first === 0 ? null : await read('FORWARD', middle, first)
    const hasPreviousPage = back?.more ?? (await isThere('BACKWARD', middle))
    return { back, forth, hasPreviousPage, hasNextPage: forth?.more ?? (await isThere('FORWARD', middle)) }
  }
  const { size, direction, cursor } = pageRequest(page)
  const heads = await timeline.heads(ctx.scope)
  const place = cursor === null ? null : placeOf(ctx, cursor, { scope: eventsScope(ctx, args.filter), heads })
  if (direction === 'FORWARD') {
    const from = place?.positions ?? fromStart(heads)
    const forth = await read('FORWARD', from, size)
    return { back: null, forth, hasNextPage: forth.more, hasPreviousPage: place !== null && (await isThere('BACKWARD', from)) }
  }
  const from = place === null ? heads : beforeEvent(place)
  const back = await read('BACKWARD', from, size)
  return { back, forth: null, hasPreviousPage: back.more, hasNextPage: place !== null && (await isThere('FORWARD', from)) }
}

async function timelineOf(ctx: Context, args: TimelineArguments): Promise<Connection<Event>> {
  const filter = filterFor(ctx, args.filter)
  const scope = eventsScope(ctx, args.filter)
  const streams = ctx.live.streamsOf(filter)
  const { back, forth, hasNextPage, hasPreviousPage } = await readWindow(ctx, args, filter)
  const items = [...(back?.items ?? [])].reverse().concat(forth?.items ?? [])
  const edges = items.map(({ event, positions }) => ({
    cursor: eventsCursor(ctx, scope, { streams, heads: positions, at: event.stream }),
    node: present({ event, epoch: positions.get(event.stream)?.epoch ?? '' }),
  }))
  const stoppedAt = (page: TimelinePage | null): string | null =>
    page?.more === true && items.length === 0 ? eventsCursor(ctx, scope, { streams, heads: page.reached, at: null }) : null
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? stoppedAt(back),
      endCursor: edges.at(-1)?.cursor ?? stoppedAt(forth),
    },
  }
}

const shown = (delivered: EventDelivered) =>
  delivered.__typename === 'EventItem'
    ? { __typename: 'EventItem' as const, cursor: delivered.cursor, event: present(delivered.placed) }
    : delivered

/** A stored event of a stream without a table of its own, for `node`. */
export async function findGenericEvent(ctx: Context, [tenantId, stream, sequence]: readonly string[]): Promise<Event | null> {
  if (tenantId !== ctx.scope.tenantId || sequence === undefined || !/^\d{1,18}$/.test(sequence)) return null
  const heads = await ctx.dataSources.timeline.heads(ctx.scope)
  const known = [...heads.keys()].find((one) => one === stream)
  const event = known === undefined ? null : await ctx.dataSources.timeline.find(ctx.scope, known, BigInt(sequence))
  if (event === null || known === undefined || !ctx.viewer.scopes.has(scopeOfDomain[event.domain])) return null
  return present({ event, epoch: heads.get(known)?.epoch ?? '' })
}

/** Everything that happens, over all domains. */
export const events: Resolvers = {
  Query: {
    timeline: (_parent, args, ctx) => reading(ctx, null, () => timelineOf(ctx, args)),
  },
  Subscription: {
    events: {
      subscribe: (root, args, ctx, info) =>
        eventUpdates(ctx, {
          filter: filterFor(ctx, args.filter),
          start: eventsStartOf(ctx, args, root),
          strict: args.strict ?? false,
          needsRun: mentionsField(info, 'run'),
        }),
      resolve: (step: Delivery<EventDelivered>) => shown(shownIn(step)),
    },
  },
  EventDelivery: { __resolveType: (delivery) => delivery.__typename },
  GenericEvent: {
    id: ({ tenantId, stream, sequence }) => encodeId('GenericEvent', [tenantId, stream, sequence.toString()]),
    cursor: ({ stream, epoch, sequence, tenantId }, _args, ctx) => ctx.cursors.encode({ stream, epoch, sequence }, anyField(tenantId)),
    raw: ({ payload }) => jsonOfText(payload),
  },
}
