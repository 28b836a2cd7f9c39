import { badUserInput } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type ChainCheck, type PinnedHead, startChainCheck } from './chain-check.ts'
import { HASH_BYTES, sameBytes } from './record-chain.ts'
import { type ChainVerification, type RecordStream, type VerifyRange } from './storage.ts'

const PAGE_RECORDS = 2_000n
/** A page ends earlier where payloads are large. */
const PAGE_BYTES = 4 * 1024 * 1024

interface Anchor {
  length: bigint
  head_hash: Uint8Array | null
  first_offset: bigint
  anchor_hash: Uint8Array | null
}

/** A page as one row: payloads and hashes end to end, which costs both ends a fraction of what rows cost. */
interface PackedPage {
  n: bigint
  low: bigint | null
  high: bigint | null
  plain: boolean | null
  payloads: Uint8Array | null
  hashes: Uint8Array | null
  lengths: number[] | null
}

interface Row {
  record_offset: bigint
  kind: number
  payload: Uint8Array
  hash: Uint8Array
}

interface Reader {
  readonly sql: Sql
  readonly scope: Scope
  readonly key: bigint
}

const readPacked = ({ sql, scope, key }: Reader, from: bigint, to: bigint): Promise<PackedPage> =>
  sql.one<PackedPage>(
    `select count(*) as n, min(record_offset) as low, max(record_offset) as high, bool_and(kind = 0 and octet_length(hash) = ${HASH_BYTES}) as plain,
            string_agg(payload, ''::bytea order by record_offset) as payloads, string_agg(hash, ''::bytea order by record_offset) as hashes,
            array_agg(octet_length(payload) order by record_offset) as lengths
       from (select r.record_offset, r.kind, r.payload, r.hash,
                    sum(octet_length(r.payload)) over (order by r.record_offset) - octet_length(r.payload) as before
               from record_streams s join records r on r.stream_key = s.stream_key
              where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset >= $3 and r.record_offset < $4) page
      where before < ${PAGE_BYTES}`,
    [key, scope.tenantId, from, to],
    { signal: scope.signal },
  )

/** Row by row: for a page that is not as it should be, to say where. */
async function checkRows({ sql, scope, key }: Reader, check: ChainCheck, range: { from: bigint; to: bigint }): Promise<boolean> {
  for (let from = range.from; from < range.to; from += 100n) {
    const to = from + 100n < range.to ? from + 100n : range.to
    const rows = await sql.any<Row>(
      `select r.record_offset, r.kind, r.payload, r.hash from record_streams s join records r on r.stream_key = s.stream_key
        where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset >= $3 and r.record_offset < $4 order by r.record_offset`,
      [key, scope.tenantId, from, to],
      { signal: scope.signal },
    )
    for (const { record_offset: offset, kind, payload, hash } of rows) if (!check.next({ offset, kind, payload, hash })) return false
    if (check.position() < to) return check.fail(check.position(), `The record at offset ${check.position()} is missing.`)
  }
  return true
}

function checkPacked(page: PackedPage, check: ChainCheck, pins: readonly PinnedHead[]): boolean {
  const { payloads, hashes, lengths } = page
  if (payloads === null || hashes === null || lengths === null) return true
  let at = 0
  let pinned = 0
  for (let index = 0; index < lengths.length; index += 1) {
    const end = at + (lengths[index] ?? 0)
    const payload = payloads.subarray(at, end)
    const hash = hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
    if (!check.next({ offset: check.position(), kind: 0, payload, hash })) return false
    at = end
    for (let pin = pins[pinned]; pin !== undefined && pin.length <= check.position(); pin = pins[++pinned])
      if (!check.comparePin(pin)) return false
  }
  return true
}

async function readPins({ sql, scope, key }: Reader, after: bigint, upTo: bigint | null): Promise<PinnedHead[]> {
  const rows = await sql.any<{ length: bigint; head_hash: Uint8Array | null }>(
    `select p.length, p.head_hash from record_streams s join record_pins p on p.stream_key = s.stream_key
      where s.stream_key = $1 and s.tenant_id = $2 and p.length > $3 and p.length <= $4 order by p.length, p.pinned_at_ns limit 10000`,
    [key, scope.tenantId, after, upTo ?? 9_223_372_036_854_775_807n],
    { signal: scope.signal },
  )
  return rows.map(({ length, head_hash: hash }) => ({ length, hash }))
}

async function startHash(reader: Reader, anchor: Anchor, from: bigint): Promise<Uint8Array | null> {
  if (from === anchor.first_offset) return anchor.anchor_hash
  const row = await reader.sql.maybeOne<{ hash: Uint8Array }>(
    `select r.hash from record_streams s join records r on r.stream_key = s.stream_key
      where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset = $3`,
    [reader.key, reader.scope.tenantId, from - 1n],
    { signal: reader.scope.signal },
  )
  return row?.hash ?? null
}

/** Rows that no append of ours could have put there: in one statement, so that appends meanwhile do not count. */
const strayOffset = async ({ sql, scope, key }: Reader): Promise<bigint | null> => {
  const { stray } = await sql.one<{ stray: bigint | null }>(
    `select coalesce(
       (select r.record_offset from records r where r.stream_key = s.stream_key and r.record_offset < s.first_offset order by r.record_offset limit 1),
       (select r.record_offset from records r where r.stream_key = s.stream_key and r.record_offset >= s.length order by r.record_offset limit 1)
     ) as stray from record_streams s where s.stream_key = $1 and s.tenant_id = $2`,
    [key, scope.tenantId],
    { signal: scope.signal },
  )
  return stray
}

const readAnchor = ({ sql, scope, key }: Reader): Promise<Anchor> =>
  sql.one<Anchor>(
    'select length, head_hash, first_offset, anchor_hash from record_streams where stream_key = $1 and tenant_id = $2',
    [key, scope.tenantId],
    { signal: scope.signal },
  )

function rangeOf({ from, to }: VerifyRange, { length, first_offset: first }: Anchor): { from: bigint; to: bigint } {
  const start = from === null || from < first ? first : from
  const end = to === null || to > length ? length : to
  if (start < 0n || (from !== null && from > length) || (to !== null && from !== null && to < from))
    throw badUserInput(`Give \`from\` and \`to\` within the stream: it reaches from ${first} to ${length}.`)
  return { from: start, to: end < start ? start : end }
}

/** Everything the rows in the range are held against: one after the other, pins as they are passed. */
async function checkRange(
  reader: Reader,
  check: ChainCheck,
  { from, to }: { from: bigint; to: bigint },
  onProgress: (checked: bigint) => void,
): Promise<boolean> {
  const pageEnd = (start: bigint): bigint => (start + PAGE_RECORDS < to ? start + PAGE_RECORDS : to)
  // The next page is on its way while this one is hashed.
  let coming = from < to ? { start: from, end: pageEnd(from), page: readPacked(reader, from, pageEnd(from)) } : null
  while (coming !== null) {
    const { start, page: arriving } = coming
    const page = await arriving
    const dense = page.n > 0n && page.low === start && page.high === start + page.n - 1n
    const end = dense ? start + page.n : coming.end
    coming = end < to ? { start: end, end: pageEnd(end), page: readPacked(reader, end, pageEnd(end)) } : null
    coming?.page.catch(() => undefined)
    const pins = await readPins(reader, start, end)
    const good = dense && page.plain === true ? checkPacked(page, check, pins) : await checkRows(reader, check, { from: start, to: end })
    onProgress(check.position() - from)
    if (!good) {
      await coming?.page.catch(() => undefined)
      return false
    }
  }
  return true
}

async function checkEnd(reader: Reader, check: ChainCheck, anchor: Anchor): Promise<void> {
  if (!sameBytes(check.head(), anchor.head_hash)) {
    const last = anchor.length - 1n
    check.fail(last < 0n ? 0n : last, 'The head hash of the stream is not the hash of its last record: the tail was cut or rewritten.')
    return
  }
  const [beyond] = await readPins(reader, anchor.length, null)
  // A pin of this moment may be newer than the length we read.
  if (beyond !== undefined && (await readAnchor(reader)).length < beyond.length)
    check.fail(anchor.length, `A pin names length ${beyond.length}, but the stream ends at ${anchor.length}: its tail was cut.`)
  const stray = await strayOffset(reader)
  if (stray !== null && !check.broken()) check.fail(stray, `A record stands at offset ${stray}, outside of the stream: it was inserted.`)
}

/** @see RecordStore.verify */
export async function verifyStream(
  sql: Sql,
  scope: Scope,
  { stream, range, onProgress = () => undefined }: { stream: RecordStream; range: VerifyRange; onProgress?: (checked: bigint) => void },
): Promise<ChainVerification> {
  const started = performance.now()
  const reader: Reader = { sql, scope, key: BigInt(stream.key) }
  const anchor = await readAnchor(reader)
  const { from, to } = rangeOf(range, anchor)
  const check = startChainCheck(from, await startHash(reader, anchor, from))
  const pins = await readPins(reader, from - 1n, from)
  const startIsPinned = pins.every((pin) => check.comparePin(pin))
  if (startIsPinned && (await checkRange(reader, check, { from, to }, onProgress)) && to === anchor.length)
    await checkEnd(reader, check, anchor)
  return { ...check.finding(), mode: 'sql', durationMs: performance.now() - started }
}
