import { type Nanos } from '../../time.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type RecordKind } from './record-chain.ts'

export const recordStoreKinds = ['NATIVE', 'CRATON'] as const
export type RecordStoreKind = (typeof recordStoreKinds)[number]

/** In the order of Craton's wire (contract: craton 2.2); `UNKNOWN` is ours, for streams whose class nobody told us. */
export const dataClasses = ['PHI', 'DEIDENTIFIED', 'PII', 'SENSITIVE', 'PCI', 'FINANCIAL', 'CONFIDENTIAL', 'PUBLIC', 'UNKNOWN'] as const
export type DataClass = (typeof dataClasses)[number]

/** One stream of records. Its natural key is `(store, tenantId, name)`. */
export interface RecordStream {
  readonly store: RecordStoreKind
  readonly tenantId: string
  readonly name: string
  /** The store's own key of it, opaque to everybody else. */
  readonly key: string
  /** Craton's 64-bit id; null for native streams. */
  readonly streamId: bigint | null
  readonly dataClass: DataClass
  /** Tells it from a later stream of the same name: for Craton, the start of the server. */
  readonly epoch: string | null
  readonly createdAt: Nanos | null
  readonly retentionDays: number | null
  /** Kept by the server itself; callers cannot append to it. */
  readonly reserved: boolean
  /** Null: not known yet, ask `extentOf`. */
  readonly extent: StreamExtent | null
}

/** How far a stream reaches. */
export interface StreamExtent {
  /** The next offset to write. */
  readonly length: bigint
  /** Hash of the newest record in hex; null for an empty stream, and where the store tells no hashes. */
  readonly headHash: string | null
  /** The first offset still held: retention may have cut what lies before. */
  readonly firstOffset: bigint
}

/** One record. `hash` and `previousHash` are hex; null where the store tells none (contract: craton 13). */
export interface StoredRecord {
  readonly offset: bigint
  readonly kind: RecordKind
  readonly payload: Uint8Array
  readonly hash: string | null
  /** Null at genesis. */
  readonly previousHash: string | null
  /** Our ingest time; Craton keeps none. */
  readonly recordedAt: Nanos | null
}

export interface RecordStreamFilter {
  readonly stores?: readonly RecordStoreKind[] | null | undefined
  readonly nameContains?: string | null | undefined
  readonly dataClasses?: readonly DataClass[] | null | undefined
}

export interface NewStream {
  readonly name: string
  readonly dataClass: DataClass
  readonly retentionDays: number | null
}

/** What makes a repeat of an append harmless; kept for a day. */
export interface AppendKey {
  readonly actorId: string
  readonly key: string
  /** Tells another request with the same key from a repeat. */
  readonly requestHash: string
}

/** Where a request was sent, for stores that keep no keys: a repeat looks there before it appends anywhere else. */
export interface AppendPlace {
  /** Where an earlier try went of which nobody knows whether it was stored. */
  readonly earlier: bigint | null
  /** Kept before the append is sent. @throws AppError CONFLICT when another try has taken over */
  note(offset: bigint): Promise<void>
}

export interface AppendRequest {
  readonly payloads: readonly Uint8Array[]
  /** Refuse unless the stream has exactly this length. */
  readonly expectedOffset: bigint | null
  readonly idempotency: AppendKey | null
  readonly place?: AppendPlace | undefined
}

export type AppendOutcome =
  | {
      readonly outcome: 'APPENDED'
      readonly firstOffset: bigint
      readonly lastOffset: bigint
      /** Hash of the last of these records, in hex; null where the store tells none. */
      readonly headHash: string | null
      /** The key was known: nothing was written now. */
      readonly repeated: boolean
    }
  | { readonly outcome: 'OFFSET_CONFLICT'; readonly expected: bigint; readonly actual: bigint }

export const pinReasons = ['MANUAL', 'SCHEDULE', 'RETENTION'] as const
export type PinReason = (typeof pinReasons)[number]

/** What a stream's length and head hash were at a moment, kept outside the rows it protects. */
export interface Pin {
  readonly length: bigint
  readonly headHash: string | null
  readonly pinnedAt: Nanos
  readonly reason: PinReason
  readonly pinnedBy: string
}

/** What a check of a chain found. */
export interface ChainVerification {
  readonly ok: boolean
  /** Records looked at. */
  readonly checked: bigint
  /** Hash of the last good record that was looked at, in hex. */
  readonly headHash: string | null
  readonly firstBrokenOffset: bigint | null
  /** Why, in a sentence; null when `ok`. */
  readonly reason: string | null
  /** `sql`, `files` or `wire`: where the records were read from. */
  readonly mode: string
  readonly durationMs: number
}

/** A stretch of a stream: from `from` up to but without `to`. */
export interface RecordRange {
  readonly stream: RecordStream
  readonly from: bigint
  readonly to: bigint
}

export interface VerifyRange {
  readonly from: bigint | null
  /** Exclusive; null = to the end. */
  readonly to: bigint | null
  /** Refuse when more records than this lie in it. */
  readonly most?: bigint | undefined
}

/** A step of a stream that is followed from an offset. */
export type FollowStep =
  | { readonly kind: 'RECORDS'; readonly records: readonly StoredRecord[] }
  /** Everything before `length` was delivered. */
  | { readonly kind: 'LIVE'; readonly length: bigint }
  /** `from`..`to` cannot be delivered. After SOURCE_RESET nothing follows. */
  | { readonly kind: 'GAP'; readonly from: bigint; readonly to: bigint; readonly reason: 'EXPIRED' | 'SOURCE_RESET' }

/**
 * Record streams of one kind of store. Streams are given as `find`, `list` or `create` returned them, so they belong to the scope's tenant.
 * @throws AppError SOURCE_UNAVAILABLE (source "sql" or "craton") when the store is down, or silent beyond its deadline
 */
export interface RecordStore {
  readonly kind: RecordStoreKind
  /** Whether two names of epochs mean one. */
  sameEpoch(left: string | null, right: string | null): boolean
  /** The stream of this name, or null. */
  find(scope: Scope, name: string): Promise<RecordStream | null>
  /** Streams by name. */
  list(scope: Scope, filter: RecordStreamFilter, page: PageRequest): Promise<Page<RecordStream>>
  count(scope: Scope, filter: RecordStreamFilter): Promise<number>
  /**
   * Makes a stream, or gives the one that has this name.
   * @throws AppError BAD_USER_INPUT for a name or class that cannot be
   */
  create(scope: Scope, stream: NewStream): Promise<{ readonly stream: RecordStream; readonly created: boolean }>
  /** How far the stream reaches now. */
  extentOf(scope: Scope, stream: RecordStream): Promise<StreamExtent>
  /**
   * Stores all payloads or none, in order and next to each other; when this resolves they are durable.
   * @throws AppError BAD_USER_INPUT (limits), CONFLICT (the key was used with another request); SOURCE_UNAVAILABLE with `details.written` =
   *   `UNKNOWN` when it cannot be told whether they were stored
   */
  append(scope: Scope, stream: RecordStream, request: AppendRequest): Promise<AppendOutcome>
  /** The records at `from` to `to - 1` that exist, in order; at most 1000 of them. */
  read(scope: Scope, stream: RecordStream, range: { readonly from: bigint; readonly to: bigint }): Promise<StoredRecord[]>
  /**
   * The first offset whose record was ingested at or after `at`; the length when there is none.
   * @throws AppError BAD_USER_INPUT where the store keeps no times
   */
  offsetAt(scope: Scope, stream: RecordStream, at: Nanos): Promise<bigint>
  /**
   * Recomputes the chain and compares it with the stored hashes, the head and the pins; memory does not grow with the range. Never throws for a
   * broken chain.
   * @throws AppError BAD_USER_INPUT for a range that is too long, or not within the stream
   * @param onProgress told now and then how many records are done
   */
  verify(scope: Scope, stream: RecordStream, range: VerifyRange, onProgress?: (checked: bigint) => void): Promise<ChainVerification>
  /** Notes the present length and head hash. */
  pin(scope: Scope, stream: RecordStream, by: { readonly reason: PinReason; readonly actor: string }): Promise<Pin>
  /** Oldest first: one page per stream, one statement for all. */
  pinsOf(scope: Scope, streams: readonly RecordStream[], page: PageRequest): Promise<Page<Pin>[]>
  /** Records from an offset on, for ever: stored ones first, then new ones; no gap, no repeat. Ends with `signal`, or after SOURCE_RESET. */
  follow(
    scope: Scope,
    stream: RecordStream,
    options: { readonly from: bigint; readonly epoch: string | null; readonly signal: AbortSignal },
  ): AsyncIterable<FollowStep>
  /** The store as it is now; never throws for one that is down. */
  status(): Promise<StorageStatus>
}

export interface HealthCheck {
  readonly name: string
  readonly status: string
  readonly message: string | null
  readonly durationMs: number | null
}

export interface Replica {
  readonly id: string
  readonly role: string
  readonly view: bigint | null
  readonly commit: bigint | null
  readonly lagSeconds: number | null
  readonly lagRecords: bigint | null
}

export interface StorageStatus {
  readonly store: RecordStoreKind
  readonly status: 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN'
  readonly version: string | null
  readonly uptimeSeconds: number | null
  readonly clusterMode: string | null
  readonly checks: readonly HealthCheck[]
  readonly replicas: readonly Replica[]
  readonly connections: number | null
}

/** A record that names a run, and its stream. */
export interface RecordOfRun {
  readonly stream: RecordStream
  readonly record: StoredRecord
}

/** All record streams, whichever store they live in. */
export interface StorageDataSource {
  /** @throws AppError BAD_USER_INPUT when this deployment has no such store */
  store(kind: RecordStoreKind): RecordStore
  readonly kinds: readonly RecordStoreKind[]
  /** Streams of all stores in the order of stores, then names. */
  list(scope: Scope, filter: RecordStreamFilter, page: PageRequest): Promise<Page<RecordStream>>
  count(scope: Scope, filter: RecordStreamFilter): Promise<number>
  /**
   * Stretches of streams of any store, in the order of `ranges`, at most 1000 records of each: native ones in one statement.
   * @returns an error in the place of what could not be read, so that a store that is down costs only its own
   */
  readRanges(scope: Scope, ranges: readonly RecordRange[]): Promise<(StoredRecord[] | Error)[]>
  /** Native records whose payload names the run, by stream and offset: one page per key, one statement for all. */
  ofRuns(scope: Scope, keys: readonly RunKey[], page: PageRequest): Promise<Page<RecordOfRun>[]>
  /** Pins of streams of any store, one page per stream. */
  pinsOf(scope: Scope, streams: readonly RecordStream[], page: PageRequest): Promise<(Page<Pin> | Error)[]>
  statuses(): Promise<StorageStatus[]>
}
