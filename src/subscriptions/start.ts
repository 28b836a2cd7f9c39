import { type Context } from '../context.ts'
import { type LogStream } from '../datasources/log/log.ts'
import { badUserInput } from '../errors.ts'
import { type CursorPosition, type CursorScope, type StreamMark, type StreamMarks } from './cursor.ts'
import { filterHash } from './filter-hash.ts'

/** Where a stream begins and what its cursors are bound to. */
export interface StreamStart {
  readonly scope: CursorScope
  readonly after: CursorPosition | null
}

/** The root value of a subscription: positions that came beside its arguments (`extensions.resume`, `Last-Event-ID`). */
export interface SubscriptionRoot {
  readonly resume: readonly string[]
}

/** Of two positions the one further on; of two streams of one name the later named one, since it was handed out later. */
const further = (known: CursorPosition | null, next: CursorPosition): CursorPosition =>
  known !== null && known.epoch === next.epoch && known.sequence > next.sequence ? known : next

/**
 * The furthest of all positions that a client names: one that reconnects by itself repeats its old `after` (platform 4.5).
 * @throws AppError BAD_USER_INPUT when one of them was not made for this tenant, field and filter
 */
export function startOf(
  ctx: Context,
  field: string,
  args: { after?: string | null | undefined },
  root: Partial<SubscriptionRoot> | undefined,
  stream: LogStream = 'ritual',
): StreamStart {
  const scope: CursorScope = { tenantId: ctx.scope.tenantId, field, filterHash: filterHash(args) }
  let after: CursorPosition | null = null
  for (const cursor of [args.after, ...(root?.resume ?? [])]) {
    if (cursor == null) continue
    const position = ctx.cursors.decode(cursor, scope)
    if (position.stream !== stream) throw badUserInput('This cursor was not made for this tenant, field and filter.')
    after = further(after, position)
  }
  return { scope, after }
}

/** Where a stream over several logs begins. */
export interface EventsStart {
  readonly scope: CursorScope
  readonly after: StreamMarks | null
}

/** What `events` and `timeline` bind their cursors to: the same, so that a page goes on as a stream. */
export const eventsScope = (ctx: Context, filter: object | null | undefined): CursorScope => ({
  tenantId: ctx.scope.tenantId,
  field: 'events',
  filterHash: filterHash({ filter: filter ?? null }),
})

function furtherMarks(known: StreamMarks | null, next: StreamMarks): StreamMarks {
  if (known === null) return next
  const marks = new Map<LogStream, StreamMark>(known.marks.map((mark) => [mark.stream, mark]))
  for (const mark of next.marks) {
    const other = marks.get(mark.stream)
    if (other === undefined || other.epoch !== mark.epoch || other.sequence < mark.sequence) marks.set(mark.stream, mark)
  }
  return { marks: [...marks.values()], at: next.at, partial: known.partial && next.partial }
}

/** As `startOf`, for `events`. @throws as `startOf` */
export function eventsStartOf(
  ctx: Context,
  args: { after?: string | null | undefined; filter?: object | null | undefined },
  root: Partial<SubscriptionRoot> | undefined,
): EventsStart {
  const scope = eventsScope(ctx, args.filter)
  let after: StreamMarks | null = null
  for (const cursor of [args.after, ...(root?.resume ?? [])])
    if (cursor != null) after = furtherMarks(after, ctx.cursors.decodeMarks(cursor, scope))
  return { scope, after }
}
