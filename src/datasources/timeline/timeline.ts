import { type DomainEvent } from '../../domain-events/event.ts'
import { type CompiledFilter } from '../../domain-events/filter.ts'
import { type Nanos } from '../../time.ts'
import { type LogStream } from '../log/log.ts'
import { type Scope } from '../scope.ts'

/** Where each stream is: everything up to `sequence`. An empty epoch: nothing of it is in the tables. */
export type Positions = ReadonlyMap<LogStream, { readonly epoch: string; readonly sequence: bigint }>

export interface RowsLeft {
  left: number
}

export interface TimelineRequest {
  readonly filter: CompiledFilter
  readonly streams: readonly LogStream[]
  /** FORWARD: what comes after `from`. BACKWARD: what comes at or before it, the latest first. */
  readonly direction: 'FORWARD' | 'BACKWARD'
  readonly from: Positions
  readonly size: number
  /** Rows that may be looked at, shared by all pages of one operation. */
  readonly rows: RowsLeft
  /** Asked of every event that the filter lets through. */
  readonly confirm?: (event: DomainEvent) => Promise<boolean>
}

export interface TimelinePage {
  /** In reading direction. `positions` are where the streams are once this event and all before it have been seen. */
  readonly items: readonly { readonly event: DomainEvent; readonly positions: Positions }[]
  /** How far it was read: FORWARD, everything up to here was seen; BACKWARD, everything after here was. */
  readonly reached: Positions
  /** There may be more: the page is full, or the read stopped at its bound before it was. */
  readonly more: boolean
}

/**
 * What has happened in all domains, in the order of the log: each stream in its own order, together by the time at which the log stored it. An event
 * that is stored late comes late; the writer's own time does not move it.
 * @throws AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED
 */
export interface TimelineDataSource {
  /** How far the tables are. */
  heads(scope: Scope): Promise<Positions>
  /** Everything that was stored before a moment. */
  before(scope: Scope, moment: Nanos, streams: readonly LogStream[]): Promise<Positions>
  /** Bounded in events and in rows looked at. */
  read(scope: Scope, request: TimelineRequest): Promise<TimelinePage>
  /** One event of a stream that has no other table, or null. */
  find(scope: Scope, stream: LogStream, sequence: bigint): Promise<DomainEvent | null>
}
