import { open } from 'node:fs/promises'
import { type Arguments, UsageError, wholeNumber } from './arguments.ts'
import { type ApiClient } from './api-client.ts'
import { startChainCheck } from '../datasources/storage/chain-check.ts'
import { hexOrNull } from '../datasources/storage/record-chain.ts'
import { holdAgainst, type KeptPin } from './record-pins.ts'
import { appendTo, createStream, maybeStream, type StreamSummary } from './record-streams.ts'
import { recordsOfFile } from './segment-files.ts'

const PAGE = 1_000
const BATCH = { records: 500, bytes: 120_000 }
const EVERY = 10_000n

const progress = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r${text}` : `${text}\n`)
const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

/** Follows the chain through files that belong together. @throws Error naming the first broken offset and why */
async function walk(
  files: readonly string[],
  onRecord: (record: { offset: bigint; kind: number; payload: Uint8Array; hash: string }) => Promise<void> | void,
) {
  let check: ReturnType<typeof startChainCheck> | null = null
  let first = 0n
  for (const file of files) {
    for await (const record of recordsOfFile(file)) {
      if (check === null) {
        first = record.offset
        // What lies before the first file is taken as true: its own pins prove it.
        check = startChainCheck(
          first,
          record.previousHash.every((byte) => byte === 0) ? null : Uint8Array.prototype.slice.call(record.previousHash),
        )
      }
      if (!check.link(record)) {
        const { firstBrokenOffset, reason } = check.finding()
        throw new Error(`${file}: the chain is broken at offset ${firstBrokenOffset}. ${reason}`)
      }
      await onRecord({ offset: record.offset, kind: record.kind, payload: record.payload, hash: hexOrNull(check.head()) ?? '' })
    }
  }
  return { first, finding: (check ?? startChainCheck(0n, null)).finding() }
}

/** `orrery records verify --file`: needs no server. */
export async function checkFiles(files: readonly string[], pins: readonly KeptPin[]): Promise<void> {
  const heads = new Map(pins.map(({ length }) => [length, '']))
  const { first, finding } = await walk(files, ({ offset, hash }) => {
    if (heads.has(offset + 1n)) heads.set(offset + 1n, hash)
    if (offset % EVERY === 0n && offset > 0n) progress(`verified up to offset ${offset}`)
  })
  const length = first + finding.checked
  for (const pin of pins) if (pin.length > first) holdAgainst(files.join(', '), pin, { length, hash: heads.get(pin.length) ?? null })
  print({ ok: true, firstOffset: first.toString(), checked: finding.checked.toString(), headHash: finding.headHash, mode: 'files' })
}

interface Segment {
  readonly bytes: string
  readonly records: number
  readonly firstOffset: string
  readonly nextOffset: string | null
}

/**
 * Writes the records from an offset to the end of the stream.
 * @throws Error where what was asked for is not held any more: half of it would pass for the whole
 */
export async function exportStream(client: ApiClient, given: Arguments, stream: StreamSummary): Promise<void> {
  const query = `query($id: ID!, $from: Long, $most: Int) { it: recordStream(id: $id) { segment(from: $from, maxRecords: $most) { bytes records firstOffset nextOffset } } }`
  const start = wholeNumber('from', given.from) ?? BigInt(stream.firstOffset)
  const length = BigInt(stream.length)
  if (start > length) throw new Error(`The stream "${stream.name}" has ${length} records: there is none from offset ${start} on.`)
  const file = given.out === undefined ? null : await open(given.out, 'wx')
  let next = start
  try {
    for (let more = next < length; more;) {
      const page: { it: { segment: Segment } } = await client.ask(query, { id: stream.id, from: next.toString(), most: PAGE })
      const { bytes, records, firstOffset, nextOffset } = page.it.segment
      if (BigInt(firstOffset) !== next)
        throw new Error(
          `The stream "${stream.name}" begins at offset ${firstOffset} now: retention has removed the records from offset ${next} on. Say --from ${firstOffset}.`,
        )
      const written = Buffer.from(bytes, 'base64')
      if (file === null) process.stdout.write(written)
      else await file.write(written)
      next = nextOffset === null ? next + BigInt(records) : BigInt(nextOffset)
      progress(`exported ${next - start} of ${length - start} records`)
      more = nextOffset !== null && records > 0
    }
    if (next < length) throw new Error(`The stream "${stream.name}" was given up to offset ${next} only, not to its end at ${length}.`)
    await file?.sync()
  } finally {
    await file?.close()
  }
  if (given.out !== undefined) print({ stream: stream.name, file: given.out, length: stream.length, headHash: stream.headHash })
}

/** What a stream that is partly there already has in common with the files. @throws Error when it is another chain */
async function startOf(files: readonly string[], stream: StreamSummary): Promise<{ first: bigint; end: bigint; headHash: string | null }> {
  const length = BigInt(stream.length)
  let joint: string | null = null
  const { first, finding } = await walk(files, ({ offset, kind, hash }) => {
    if (kind !== 0) throw new Error(`The record at offset ${offset} is of kind ${kind}: only data can be imported.`)
    if (offset + 1n === length) joint = hash
  })
  if (length < first)
    throw new Error(`The files begin at offset ${first}, but the stream has ${length} records: import what comes before first.`)
  if (length > first && joint !== stream.headHash)
    throw new Error(`The stream "${stream.name}" has ${length} records that are not those of the files: nothing was imported.`)
  return { first, end: first + finding.checked, headHash: finding.headHash }
}

/** `orrery records import STREAM --file`: the whole chain is checked before the first record is written; what is there already is not written again. */
export async function importStream(client: ApiClient, given: Arguments, name: string): Promise<void> {
  if (given.file === undefined) throw new UsageError('Say which: orrery records import STREAM --file SEGMENT[,SEGMENT].')
  const files = given.file.split(',')
  const empty = { id: '', name, store: 'NATIVE', length: '0', firstOffset: '0', headHash: null } as const
  const known = await maybeStream(client, given, name)
  const { end, headHash } = await startOf(files, known ?? empty)
  const stream = known ?? (await createStream(client, given, name))
  let next = BigInt(stream.length)
  let reached = stream.headHash
  let batch: { base64: string }[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const done = await appendTo(client, given, { name, records: batch, expectedOffset: next })
    next = BigInt(done.lastOffset) + 1n
    reached = done.headHash
    batch = []
    bytes = 0
    progress(`imported up to offset ${next} of ${end}`)
  }
  await walk(files, async ({ offset, payload }) => {
    if (offset < BigInt(stream.length)) return
    batch.push({ base64: Buffer.from(payload).toString('base64') })
    bytes += payload.length
    if (batch.length >= BATCH.records || bytes >= BATCH.bytes) await flush()
  })
  await flush()
  if (reached !== null && headHash !== null && next === end && reached !== headHash)
    throw new Error(`The head hash of the stream is not that of the files: ${reached} instead of ${headHash}.`)
  print({ stream: name, length: next.toString(), headHash: reached })
}
