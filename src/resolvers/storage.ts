import { allowed, denied, type Permission } from '../auth/permission.ts'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { type Page } from '../datasources/page.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { readRecordPage, type RecordSource } from '../datasources/storage/record-pages.ts'
import { isSensitive, payloadJson, payloadText, runOfPayload } from '../datasources/storage/record-rules.ts'
import { encodeSegmentRecord } from '../datasources/storage/segment.ts'
import { type RecordOfRun, type RecordStream, type StoredRecord, type StreamExtent } from '../datasources/storage/storage.ts'
import { AppError, badUserInput } from '../errors.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { toConnection, toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { recordId, recordStreamId, recordStreamTarget } from './node-ids.ts'

/** The largest number that a column holds: no record has it, and nothing comes after it. */
const LAST_OFFSET = 2n ** 63n - 1n
const MOST_VERIFIED = 1_000_000n
const MOST_IN_SEGMENT = 1_000
const MOST_SEGMENT_BYTES = 1_000_000

const SENSITIVE = 'storage:sensitive'

const storeOf = (ctx: Context, stream: RecordStream) => ctx.dataSources.storage.store(stream.store)

const extentOf = async (ctx: Context, stream: RecordStream): Promise<StreamExtent> => stream.extent ?? ctx.loaders.streamExtent.load(stream)

/** Records as a page reads them: streams of one level share a statement. */
const sourceOf = (ctx: Context, stream: RecordStream): RecordSource => ({
  extentOf: (_scope, which) => ctx.loaders.streamExtent.load(which),
  offsetAt: (scope, which, at) => storeOf(ctx, stream).offsetAt(scope, which, at),
  read: (_scope, which, { from, to }) => ctx.loaders.recordRange.load({ stream: which, from, to }),
})

/** A class that nobody told us may be any. */
const isGuarded = ({ dataClass }: RecordStream): boolean => dataClass === 'UNKNOWN' || isSensitive(dataClass)

function payloadPermission(ctx: Context, stream: RecordStream): Permission {
  const reason = isGuarded(stream) ? denyByScope(ctx.viewer, SENSITIVE) : null
  return reason === null ? allowed : denied(reason)
}

const isRedacted = (ctx: Context, stream: RecordStream): boolean => !payloadPermission(ctx, stream).allowed

/** @throws AppError FORBIDDEN: an answer that depends on payloads would tell what they hold */
function needPayloads(ctx: Context, stream: RecordStream): void {
  if (isRedacted(ctx, stream))
    throw new AppError('FORBIDDEN', `Payloads of this stream need the scope ${SENSITIVE}.`, { details: { requiredScopes: [SENSITIVE] } })
}

/** The stream that an id or key names. @throws AppError BAD_USER_INPUT */
export async function findRecordStream(
  ctx: Context,
  target: Parameters<typeof recordStreamTarget>[1],
  idName = 'id',
): Promise<RecordStream | null> {
  const key = recordStreamTarget(ctx.scope, target, idName)
  if (key === null || !ctx.dataSources.storage.kinds.includes(key.store)) return null
  return ctx.dataSources.storage.store(key.store).find(ctx.scope, key.name)
}

/**
 * A stream to be followed: its epoch is known, since positions are told from those of an earlier one by it.
 * @throws AppError NOT_FOUND, SOURCE_UNAVAILABLE
 */
export async function liveRecordStream(ctx: Context, id: string): Promise<RecordStream> {
  const stream = await findRecordStream(ctx, { id })
  if (stream === null) throw new AppError('NOT_FOUND', 'There is no such stream.')
  if (stream.epoch !== null) return stream
  await storeOf(ctx, stream).extentOf(ctx.scope, stream)
  return (await findRecordStream(ctx, { id })) ?? stream
}

interface SearchEnd {
  readonly totalCount: bigint | null
  readonly scannedTo: bigint | null
  /** Where a search goes on, if not behind its last item. */
  readonly endCursor: string | null
}

function recordConnection(page: Page<RecordOfRun>, { totalCount, scannedTo, endCursor }: SearchEnd) {
  const { edges, nodes, pageInfo } = toConnection(page)
  return { edges, nodes, pageInfo: { ...pageInfo, endCursor: endCursor ?? pageInfo.endCursor }, totalCount, scannedTo }
}

const Query: Resolvers['Query'] = {
  recordStream: (_parent, target, ctx) => reading(ctx, null, () => findRecordStream(ctx, target)),
  recordStreams: (_parent, { filter, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const { storage } = ctx.dataSources
      return toCountedConnection(await storage.list(ctx.scope, filter ?? {}, pageRequest(page)), () =>
        storage.count(ctx.scope, filter ?? {}),
      )
    }),
  storageStatus: (_parent, _args, ctx) => ctx.dataSources.storage.statuses(),
}

const RecordStream: Resolvers['RecordStream'] = {
  id: recordStreamId,
  length: async (stream, _args, ctx) => (await extentOf(ctx, stream)).length,
  headHash: async (stream, _args, ctx) => (await extentOf(ctx, stream)).headHash,
  firstOffset: async (stream, _args, ctx) => (await extentOf(ctx, stream)).firstOffset,
  viewerCanReadPayloads: (stream, _args, ctx) => payloadPermission(ctx, stream),
  async records(stream, { from, to, filter, ...page }, ctx) {
    if (filter?.json != null) needPayloads(ctx, stream)
    const query = { from, to, ...filter }
    const found = await readRecordPage(sourceOf(ctx, stream), ctx.scope, { stream, page: pageRequest(page), query })
    const { scannedTo } = found
    // A search that stopped early goes on behind what it looked at, not behind what it found.
    const searchedForward = scannedTo !== null && scannedTo > 0n && page.last == null && page.before == null
    return recordConnection(
      { ...found, items: found.items.map(({ cursor, item }) => ({ cursor, item: { stream, record: item } })) },
      {
        totalCount: found.extent.length - found.extent.firstOffset,
        scannedTo,
        endCursor: searchedForward ? (scannedTo - 1n).toString() : null,
      },
    )
  },
  async record(stream, { offset }, ctx) {
    if (offset < 0n) throw badUserInput('Offsets count from 0.', { path: ['offset'] })
    if (offset === LAST_OFFSET) return null
    const [record] = await ctx.loaders.recordRange.load({ stream, from: offset, to: offset + 1n })
    return record === undefined ? null : { stream, record }
  },
  verify: (stream, { from, to }, ctx) =>
    storeOf(ctx, stream).verify(ctx.scope, stream, { from: from ?? null, to: to ?? null, most: MOST_VERIFIED }),
  pins: async (stream, page, ctx) => toConnection(await ctx.loaders.pinsOfStream(page).load(stream)),
  async segment(stream, { from, maxRecords }, ctx) {
    needPayloads(ctx, stream)
    const most = maxRecords ?? MOST_IN_SEGMENT
    if (most < 1 || most > MOST_IN_SEGMENT) throw badUserInput(`\`maxRecords\` is from 1 to ${MOST_IN_SEGMENT}.`, { path: ['maxRecords'] })
    const { firstOffset, length } = await extentOf(ctx, stream)
    const start = within(from ?? firstOffset, firstOffset, length)
    const records = withinBytes(await storeOf(ctx, stream).read(ctx.scope, stream, { from: start, to: start + BigInt(most) }))
    const bytes = records.map(({ offset, kind, payload, previousHash, hash }) => {
      if (hash === null) throw new AppError('BAD_USER_INPUT', 'This store tells no hashes: its records cannot be written as a segment.')
      return encodeSegmentRecord({ offset, kind: kindByte[kind], payload }, previousHash === null ? null : Buffer.from(previousHash, 'hex'))
    })
    const last = records.at(-1)
    const next = last === undefined ? start : last.offset + 1n
    return {
      bytes: Buffer.concat(bytes),
      records: records.length,
      // retention may have cut what lies before since the extent was read
      firstOffset: records[0]?.offset ?? start,
      nextOffset: next < length ? next : null,
    }
  },
}

const within = (offset: bigint, first: bigint, end: bigint): bigint => (offset < first ? first : offset > end ? end : offset)

/** As many as fit into one answer, one at least. */
function withinBytes(records: readonly StoredRecord[]): readonly StoredRecord[] {
  let bytes = 0
  const end = records.findIndex(({ payload }, index) => (bytes += payload.length) > MOST_SEGMENT_BYTES && index > 0)
  return end === -1 ? records : records.slice(0, end)
}

const kindByte = { DATA: 0, CHECKPOINT: 1, TOMBSTONE: 2 } as const

const shown = <T>(ctx: Context, { stream, record }: RecordOfRun, hidden: T, read: (payload: Uint8Array) => T): T =>
  isRedacted(ctx, stream) ? hidden : read(record.payload)

const NOTHING = new Uint8Array(0)

const Record: Resolvers['Record'] = {
  id: ({ stream, record }) => recordId(stream, record.offset),
  offset: ({ record }) => record.offset,
  kind: ({ record }) => record.kind,
  payload: (parent, _args, ctx) => shown(ctx, parent, NOTHING, (payload) => payload),
  text: (parent, _args, ctx) => shown(ctx, parent, null, payloadText),
  json: (parent, _args, ctx) => shown<unknown>(ctx, parent, null, (payload) => payloadJson(payload) ?? null),
  sizeBytes: ({ record }) => record.payload.length,
  redacted: ({ stream }, _args, ctx) => isRedacted(ctx, stream),
  hash: ({ record }) => record.hash,
  previousHash: ({ record }) => record.previousHash,
  recordedAt: ({ record }) => record.recordedAt,
  run: (parent, _args, ctx) => {
    const key = shown(ctx, parent, null, runOfPayload)
    return key === null || denyByScope(ctx.viewer, 'runs:read') !== null ? null : ctx.loaders.run.load(key)
  },
}

/** Record streams and records, whichever store they live in. */
export const storage: Resolvers = {
  Query,
  RecordStream,
  Record,
  RecordStreamConnection: { totalCount: (connection) => connection.count() },
  Run: {
    records: async (run, args, ctx) =>
      recordConnection(await ctx.loaders.recordsOfRun(args).load(run), {
        totalCount: null,
        scannedTo: null,
        endCursor: null,
      }),
  },
  RecordDelivery: { __resolveType: (delivery) => delivery.__typename },
  AppendResult: { __resolveType: (result) => result.__typename },
  RecordStreamResult: { __resolveType: (result) => result.__typename },
}
