import { badUserInput } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type ChainCheck, type Finding, type PinnedHead, startChainCheck } from './chain-check.ts'
import { sameBytes } from './record-chain.ts'
import { checkVerified } from './record-rules.ts'
import {
  isTooLarge,
  isWhole,
  nextPageSize,
  type PackedPage,
  readPackedPage,
  startPackedCheck,
  type StreamReader,
} from './sql-packed-page.ts'
import { type ChainVerification, type RecordStream, type VerifyRange } from './storage.ts'

const PAGE_RECORDS = 2_000n
const ROWS = 16

interface Anchor {
  length: bigint
  head_hash: Uint8Array | null
  first_offset: bigint
  anchor_hash: Uint8Array | null
}

interface Row {
  record_offset: bigint
  kind: number
  payload: Uint8Array
  hash: Uint8Array
}

/** Row by row, from where the check stands: for what is not as it should be, to say where. */
async function checkRows(
  { sql, scope, key }: StreamReader,
  check: ChainCheck,
  { to, pins }: { to: bigint; pins: readonly PinnedHead[] },
): Promise<boolean> {
  while (check.position() < to) {
    const from = check.position()
    const rows = await sql.any<Row>(
      `select r.record_offset, r.kind, r.payload, r.hash from record_streams s join records r on r.stream_key = s.stream_key
        where s.stream_key = $1 and s.tenant_id = $2 and r.record_offset >= $3 and r.record_offset < $4 order by r.record_offset limit ${ROWS}`,
      [key, scope.tenantId, from, to],
      { signal: scope.signal },
    )
    if (rows.length === 0) return check.fail(from, `The record at offset ${from} is missing.`)
    for (const { record_offset: offset, kind, payload, hash } of rows) {
      if (!check.next({ offset, kind, payload, hash })) return false
      for (const pin of pins) if (pin.length === check.position() && !check.comparePin(pin)) return false
    }
  }
  return true
}

/** Packed, as far as it is sound: where it is not, the rows tell why. */
function checkPacked(
  page: PackedPage,
  check: ChainCheck,
  { to, pins }: { to: bigint; pins: readonly PinnedHead[] },
): 'SOUND' | 'PINNED_OTHERWISE' | 'BROKEN' {
  const packed = startPackedCheck(page, check)
  for (const pin of pins) {
    if (!packed.step(Number(pin.length - check.position()))) return 'BROKEN'
    if (!check.comparePin(pin)) return 'PINNED_OTHERWISE'
  }
  return packed.step(Number(to - check.position())) ? 'SOUND' : 'BROKEN'
}

async function readPins({ sql, scope, key }: StreamReader, after: bigint, upTo: bigint | null): Promise<PinnedHead[]> {
  const rows = await sql.any<{ length: bigint; head_hash: Uint8Array | null }>(
    `select p.length, p.head_hash from record_streams s join record_pins p on p.stream_key = s.stream_key
      where s.stream_key = $1 and s.tenant_id = $2 and p.length > $3 and p.length <= $4 order by p.length, p.pinned_at_ns limit 10000`,
    [key, scope.tenantId, after, upTo ?? 9_223_372_036_854_775_807n],
    { signal: scope.signal },
  )
  return rows.map(({ length, head_hash: hash }) => ({ length, hash }))
}

async function startHash(reader: StreamReader, anchor: Anchor, from: bigint): Promise<Uint8Array | null> {
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
const strayOffset = async ({ sql, scope, key }: StreamReader): Promise<bigint | null> => {
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

const readAnchor = ({ sql, scope, key }: StreamReader): Promise<Anchor> =>
  sql.one<Anchor>(
    'select length, head_hash, first_offset, anchor_hash from record_streams where stream_key = $1 and tenant_id = $2',
    [key, scope.tenantId],
    { signal: scope.signal },
  )

function rangeOf({ from, to, most }: VerifyRange, { length, first_offset: first }: Anchor): { from: bigint; to: bigint } {
  const start = from === null || from < first ? first : from
  const end = to === null || to > length ? length : to
  if (start < 0n || (from !== null && from > length) || (to !== null && from !== null && to < from))
    throw badUserInput(`Give \`from\` and \`to\` within the stream: it reaches from ${first} to ${length}.`)
  checkVerified(end - start, most)
  return { from: start, to: end < start ? start : end }
}

/** Everything the rows in the range are held against: one after the other, pins as they are passed. */
async function checkRange(
  reader: StreamReader,
  check: ChainCheck,
  { from, to }: { from: bigint; to: bigint },
  onProgress: (checked: bigint) => void,
): Promise<boolean> {
  let size = PAGE_RECORDS
  const ask = (start: bigint) => {
    const end = start + size < to ? start + size : to
    return { start, end, page: readPackedPage(reader, start, end) }
  }
  // The next page is on its way while this one is hashed.
  let coming = from < to ? ask(from) : null
  while (coming !== null) {
    const { start, end, page: arriving } = coming
    const page = await arriving
    size = nextPageSize(page, PAGE_RECORDS)
    const again = isTooLarge(page)
    coming = again ? ask(start) : end < to ? ask(end) : null
    coming?.page.catch(() => undefined)
    if (again) continue
    const pins = await readPins(reader, start, end)
    const found = isWhole(page, start, end) ? checkPacked(page, check, { to: end, pins }) : 'BROKEN'
    const good = found === 'SOUND' || (found === 'BROKEN' && (await checkRows(reader, check, { to: end, pins })))
    onProgress(check.position() - from)
    if (!good) {
      await coming?.page.catch(() => undefined)
      return false
    }
  }
  return true
}

async function checkEnd(reader: StreamReader, check: ChainCheck, anchor: Anchor): Promise<void> {
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

/** One check, against the stream as it is when the check begins. */
async function checkOnce(
  reader: StreamReader,
  anchor: Anchor,
  range: VerifyRange,
  onProgress: (checked: bigint) => void,
): Promise<Finding> {
  const { from, to } = rangeOf(range, anchor)
  const check = startChainCheck(from, await startHash(reader, anchor, from))
  const pins = await readPins(reader, from - 1n, from)
  const startIsPinned = pins.every((pin) => check.comparePin(pin))
  if (startIsPinned && (await checkRange(reader, check, { from, to }, onProgress)) && to === anchor.length)
    await checkEnd(reader, check, anchor)
  return check.finding()
}

/** @see RecordStore.verify */
export async function verifyStream(
  sql: Sql,
  scope: Scope,
  { stream, range, onProgress = () => undefined }: { stream: RecordStream; range: VerifyRange; onProgress?: (checked: bigint) => void },
): Promise<ChainVerification> {
  const started = performance.now()
  const reader: StreamReader = { sql, scope, key: BigInt(stream.key) }
  let anchor = await readAnchor(reader)
  for (;;) {
    const finding = await checkOnce(reader, anchor, range, onProgress)
    const now = finding.ok ? anchor : await readAnchor(reader)
    // Retention may have cut what was being looked at: only what is still held can be judged.
    const wasCut = now.first_offset > anchor.first_offset && now.first_offset >= (finding.firstBrokenOffset ?? 0n)
    if (finding.ok || !wasCut) return { ...finding, mode: 'sql', durationMs: performance.now() - started }
    anchor = now
  }
}
