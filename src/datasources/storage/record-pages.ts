import { badUserInput } from '../../errors.ts'
import { type Nanos } from '../../time.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type JsonCondition, jsonMatcher } from './json-path.ts'
import { payloadJson } from './record-rules.ts'
import { type RecordStore, type RecordStream, type StoredRecord, type StreamExtent } from './storage.ts'

export interface RecordQuery {
  readonly from?: bigint | null | undefined
  /** Exclusive. */
  readonly to?: bigint | null | undefined
  readonly recordedAfter?: Nanos | null | undefined
  readonly recordedBefore?: Nanos | null | undefined
  readonly json?: JsonCondition | null | undefined
}

/** A page whose search may have ended before its items did. */
export interface RecordPage extends Page<StoredRecord> {
  readonly extent: StreamExtent
  /** With a condition on the JSON: where the search stopped (exclusive when forward, inclusive when backward); else null. */
  readonly scannedTo: bigint | null
}

/** What a page is read from. */
export type RecordSource = Pick<RecordStore, 'extentOf' | 'offsetAt' | 'read'>

const SCAN = { step: 250n, records: 10_000n, bytes: 16 * 1024 * 1024 }

/** A cursor of a list of records is the offset in decimal digits (contract: craton 13). */
function offsetOf(cursor: string): bigint {
  if (!/^\d{1,19}$/.test(cursor)) throw badUserInput('This is not a cursor of this list.')
  return BigInt(cursor)
}

const largest = (...values: bigint[]): bigint => values.reduce((left, right) => (left > right ? left : right))
const smallest = (...values: bigint[]): bigint => values.reduce((left, right) => (left < right ? left : right))

interface Bounds {
  readonly low: bigint
  readonly high: bigint
}

async function boundsOf(
  store: RecordSource,
  scope: Scope,
  { stream, extent, query }: { stream: RecordStream; extent: StreamExtent; query: RecordQuery },
): Promise<Bounds> {
  const { from, to, recordedAfter, recordedBefore } = query
  if ((from ?? 0n) < 0n || (to ?? 0n) < 0n) throw badUserInput('Offsets count from 0.', { path: ['from'] })
  const after = recordedAfter == null ? 0n : await store.offsetAt(scope, stream, recordedAfter)
  const before = recordedBefore == null ? extent.length : await store.offsetAt(scope, stream, recordedBefore)
  const low = largest(extent.firstOffset, from ?? 0n, after)
  return { low, high: largest(low, smallest(extent.length, to ?? extent.length, before)) }
}

/** A page of records of any store, in offset order, whichever way it is read. */
export async function readRecordPage(
  store: RecordSource,
  scope: Scope,
  { stream, page, query }: { stream: RecordStream; page: PageRequest; query: RecordQuery },
): Promise<RecordPage> {
  const matches = query.json == null ? null : jsonMatcher(query.json)
  const extent = stream.extent ?? (await store.extentOf(scope, stream))
  const { low, high } = await boundsOf(store, scope, { stream, extent, query })
  const backward = page.direction === 'BACKWARD'
  const cursor = page.cursor === null ? null : offsetOf(page.cursor)
  const start = backward ? low : largest(low, cursor === null ? low : cursor + 1n)
  const end = backward ? smallest(high, cursor ?? high) : high
  const bounds = { low: smallest(start, end), high: end }
  const found =
    matches === null ? await plain(store, scope, { stream, bounds, page }) : await search(store, scope, { stream, bounds, page, matches })
  return {
    extent,
    scannedTo: matches === null ? null : found.reached,
    items: found.records.map((record) => ({ cursor: record.offset.toString(), item: record })),
    hasNextPage: backward ? end < high : found.reached < high,
    hasPreviousPage: backward ? found.reached > low : start > low,
  }
}

interface Found {
  readonly records: readonly StoredRecord[]
  /** Forward: the first offset not looked at; backward: the last one looked at. */
  readonly reached: bigint
}

interface Reading {
  readonly stream: RecordStream
  readonly bounds: Bounds
  readonly page: PageRequest
}

async function plain(store: RecordSource, scope: Scope, { stream, bounds: { low, high }, page }: Reading): Promise<Found> {
  const size = BigInt(page.size)
  const from = page.direction === 'BACKWARD' ? largest(low, high - size) : low
  const to = smallest(high, from + size)
  const records = from < to ? await store.read(scope, stream, { from, to }) : []
  return { records, reached: page.direction === 'BACKWARD' ? from : to }
}

/** Looks at a bounded number of records, so that a search for nothing ends. */
async function search(
  store: RecordSource,
  scope: Scope,
  { stream, bounds: { low, high }, page, matches }: Reading & { matches: (value: unknown) => boolean },
): Promise<Found> {
  const backward = page.direction === 'BACKWARD'
  const limit = backward ? largest(low, high - SCAN.records) : smallest(high, low + SCAN.records)
  const records: StoredRecord[] = []
  let reached = backward ? high : low
  let bytes = 0
  while (reached !== limit && records.length < page.size && bytes < SCAN.bytes) {
    const [from, to] = backward ? [largest(limit, reached - SCAN.step), reached] : [reached, smallest(limit, reached + SCAN.step)]
    const read = await store.read(scope, stream, { from, to })
    for (const record of backward ? read.toReversed() : read) {
      bytes += record.payload.length
      reached = backward ? record.offset : record.offset + 1n
      if (matches(payloadJson(record.payload))) records.push(record)
      if (records.length >= page.size) break
    }
    if (records.length < page.size) reached = backward ? from : to
  }
  return { records: backward ? records.reverse() : records, reached }
}
