import { type Context } from '../context.ts'
import { type FollowStep, type RecordOfRun, type RecordStream } from '../datasources/storage/storage.ts'
import { badUserInput } from '../errors.ts'
import { type CursorScope } from './cursor.ts'
import { type Delivery, delivery, type Marker } from './delivery.ts'
import { filterHash } from './filter-hash.ts'
import { recordPosition } from './record-position.ts'
import { settlingIterator } from './settling-iterator.ts'
import { type SubscriptionRoot } from './start.ts'

export type RecordDelivered = { readonly __typename: 'RecordItem'; readonly cursor: string; readonly record: RecordOfRun } | Marker

interface Start {
  readonly scope: CursorScope
  /** Null: only what is new. */
  readonly from: bigint | null
  /** The cursor was made for another epoch of the stream. */
  readonly reset: boolean
}

export interface RecordAppendedArguments {
  readonly stream: string
  readonly after?: string | null | undefined
  readonly fromOffset?: bigint | null | undefined
}

const isEpochOf = (ctx: Context, stream: RecordStream, epoch: string): boolean => {
  const prefix = recordPosition({ ...stream, epoch: '' }, 0n).epoch
  return epoch.startsWith(prefix) && ctx.dataSources.storage.store(stream.store).sameEpoch(epoch.slice(prefix.length), stream.epoch ?? '')
}

/**
 * The furthest of all positions that a client names. One in an earlier epoch is told by a gap, whatever offset it is given with: offsets of two
 * epochs are not those of the same records.
 * @throws AppError BAD_USER_INPUT for a cursor that is not of this stream
 */
function startOfRecords(
  ctx: Context,
  stream: RecordStream,
  args: RecordAppendedArguments,
  root: Partial<SubscriptionRoot> | undefined,
): Start {
  const scope: CursorScope = { tenantId: ctx.scope.tenantId, field: 'recordAppended', filterHash: filterHash({ stream: args.stream }) }
  if (args.fromOffset != null && args.fromOffset < 0n) throw badUserInput('Offsets count from 0.', { path: ['fromOffset'] })
  let resumed: bigint | null = null
  let reset = false
  for (const cursor of [args.after, ...(root?.resume ?? [])]) {
    if (cursor == null) continue
    const position = ctx.cursors.decode(cursor, scope)
    if (position.stream !== 'orrery' || !position.epoch.startsWith('records:'))
      throw badUserInput('This cursor was not made for this tenant, field and filter.')
    if (!isEpochOf(ctx, stream, position.epoch)) reset = true
    else if (resumed === null || position.sequence > resumed) resumed = position.sequence
  }
  const from = args.fromOffset ?? null
  const furthest = from === null || (resumed !== null && resumed > from) ? resumed : from
  return { scope, from: furthest, reset: reset && resumed === null }
}

/** Records of one stream: what is stored from the start position on, then what is appended, each once and in order. */
export function recordsAppended(
  ctx: Context,
  stream: RecordStream,
  { args, root }: { args: RecordAppendedArguments; root: Partial<SubscriptionRoot> | undefined },
): AsyncIterableIterator<Delivery<RecordDelivered>> {
  const start = startOfRecords(ctx, stream, args, root)
  const stop = new AbortController()
  const onAbort = (): void => stop.abort()
  ctx.scope.signal?.addEventListener('abort', onAbort, { once: true })
  const queue: Delivery<RecordDelivered>[] = []
  let steps: AsyncIterator<FollowStep> | null = null
  let next = start.from ?? 0n

  const cursorAt = (position: bigint): string => ctx.cursors.encode(recordPosition(stream, position), start.scope)

  const phase = (name: 'REPLAY' | 'LIVE'): Delivery<RecordDelivered> => {
    const cursor = cursorAt(next)
    const position = recordPosition(stream, next)
    return delivery({ kind: 'PHASE', position, cursor, value: { __typename: 'StreamPhase', cursor, phase: name }, live: name === 'LIVE' })
  }

  const gap = ({ from, to, reason }: Pick<Extract<FollowStep, { kind: 'GAP' }>, 'from' | 'to' | 'reason'>): Delivery<RecordDelivered> => {
    next = to + 1n
    const cursor = cursorAt(next)
    return delivery({
      kind: 'GAP',
      position: recordPosition(stream, next),
      cursor,
      value: { __typename: 'StreamGap', cursor, from, to, reason },
    })
  }

  const take = (step: FollowStep): void => {
    if (step.kind === 'GAP') return void queue.push(gap(step))
    if (step.kind === 'LIVE') return void queue.push(phase('LIVE'))
    for (const record of step.records) {
      next = record.offset + 1n
      const cursor = cursorAt(next)
      queue.push(
        delivery({
          position: recordPosition(stream, next),
          cursor,
          value: { __typename: 'RecordItem', cursor, record: { stream, record } },
        }),
      )
    }
  }

  const open = async (): Promise<AsyncIterator<FollowStep> | null> => {
    const store = ctx.dataSources.storage.store(stream.store)
    if (start.reset) {
      queue.push(gap({ from: 0n, to: 0n, reason: 'SOURCE_RESET' }))
      return null
    }
    next = start.from ?? (stream.extent ?? (await store.extentOf(ctx.scope, stream))).length
    if (start.from !== null) queue.push(phase('REPLAY'))
    return store.follow(ctx.scope, stream, { from: next, epoch: stream.epoch, signal: stop.signal })[Symbol.asyncIterator]()
  }

  let opened: Promise<AsyncIterator<FollowStep> | null> | null = null
  const pull = async (): Promise<IteratorResult<Delivery<RecordDelivered>, undefined>> => {
    opened ??= open()
    steps = await opened
    for (;;) {
      const waiting = queue.shift()
      if (waiting !== undefined) return { done: false, value: waiting }
      const step = await steps?.next()
      if (step === undefined || step.done === true) return { done: true, value: undefined }
      take(step.value)
    }
  }
  return settlingIterator(pull, () => {
    stop.abort()
    ctx.scope.signal?.removeEventListener('abort', onAbort)
    void steps?.return?.()
  })
}
