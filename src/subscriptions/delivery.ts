import { type CursorPosition, type CursorScope } from './cursor.ts'
import { type LogStream } from '../datasources/log/log.ts'
import { type HubItem } from './hub.ts'
import { type Context } from '../context.ts'
import { timeMark } from './time-mark.ts'

const mark = Symbol('delivery')

/** A place in what one process delivers: enough to compare two steps of the same stream. */
export interface StepPosition {
  readonly epoch: string
  /** Of the stream, within its epoch, as this process counts them. */
  readonly generation?: number
  readonly sequence: bigint
}

/** One step of a stream: where it stands now, and what there is to show. */
export interface Delivery<T> {
  readonly [mark]: true
  readonly kind: 'EVENT' | 'GAP' | 'PHASE'
  readonly position: StepPosition
  /** The position as the client gets it; resuming after it repeats and skips nothing. */
  readonly cursor: string
  /** What the field resolves to; null = nothing to show here, only the position moved. */
  readonly value: T | null
  /** The stream has caught up with the log here. */
  readonly live: boolean
}

export type AnyDelivery = Delivery<unknown>

export const isDelivery = (payload: unknown): payload is AnyDelivery => typeof payload === 'object' && payload !== null && mark in payload

export const delivery = <T>(step: {
  kind?: Delivery<T>['kind']
  position: StepPosition
  cursor: string
  value: T | null
  live?: boolean
}): Delivery<T> => ({
  [mark]: true,
  kind: step.kind ?? 'EVENT',
  position: step.position,
  cursor: step.cursor,
  value: step.value,
  live: step.live ?? false,
})

/** What a step shows. Steps without a value are never executed. */
export function shownIn<T>({ value }: Delivery<T>): T {
  if (value === null) throw new Error('a step of a stream that shows nothing was executed')
  return value
}

/** Where an item of the hub leaves its reader. */
export function positionOf(item: HubItem, stream: LogStream = 'ritual'): CursorPosition & StepPosition {
  const { epoch, generation } = item
  if (item.kind === 'MESSAGE')
    return { stream, epoch, generation, sequence: item.message.sequence, timeMark: timeMark(item.message.recordedAtNs) }
  return { stream, epoch, generation, sequence: item.kind === 'GAP' ? item.to : item.sequence, timeMark: item.timeMark }
}

export type Marker =
  | {
      readonly __typename: 'StreamGap'
      readonly cursor: string
      readonly from: bigint
      readonly to: bigint
      readonly reason: 'EXPIRED' | 'SLOW_CONSUMER' | 'SOURCE_RESET'
    }
  | { readonly __typename: 'StreamPhase'; readonly cursor: string; readonly phase: 'SNAPSHOT' | 'REPLAY' | 'LIVE' }

/** Gaps and phases as members of a field's union. */
export function markerDelivery(
  ctx: Context,
  scope: CursorScope,
  item: Exclude<HubItem, { kind: 'MESSAGE' }>,
  stream: LogStream = 'ritual',
): Delivery<Marker> {
  const position = positionOf(item, stream)
  const cursor = ctx.cursors.encode(position, scope)
  if (item.kind === 'PHASE')
    return delivery({
      kind: 'PHASE',
      position,
      cursor,
      value: { __typename: 'StreamPhase', cursor, phase: item.phase },
      live: item.phase === 'LIVE',
    })
  return delivery({
    kind: 'GAP',
    position,
    cursor,
    value: { __typename: 'StreamGap', cursor, from: item.from, to: item.to, reason: item.reason },
  })
}
