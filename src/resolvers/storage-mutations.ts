import { createHash } from 'node:crypto'
import { type Context } from '../context.ts'
import { isKeyConflict } from '../datasources/idempotency.ts'
import {
  type AppendKey,
  type AppendOutcome,
  type AppendRequest,
  type RecordStore,
  type RecordStream,
} from '../datasources/storage/storage.ts'
import { badUserInput } from '../errors.ts'
import { type AppendRecordsInput, type RecordInput, type Resolvers, type ResolversParentTypes } from '../generated/resolver-types.ts'
import { stableJson } from '../stable-json.ts'
import { anyField } from '../subscriptions/cursor.ts'
import { recordPosition } from '../subscriptions/record-position.ts'
import { checkIdempotencyKey } from './accepted.ts'
import { answering, type Locate, notAllowed, notFound } from './refusals.ts'
import { findRecordStream } from './storage.ts'

type AppendAnswer = ResolversParentTypes['AppendResult']
type StreamAnswer = ResolversParentTypes['RecordStreamResult']

const SCOPE = 'storage:write'
const inInput: Locate = (field) => ['input', field]
const missing = 'There is no such stream in this tenant.'

const targetOf = ({ stream, key }: { readonly stream?: string | null; readonly key?: Parameters<typeof findRecordStream>[1]['key'] }) => ({
  id: stream,
  key,
})

/** Exactly the bytes that are hashed and stored. */
function payloadOf({ text, json, base64 }: RecordInput): Uint8Array {
  if (text != null) return Buffer.from(text, 'utf8')
  if (base64 != null) return base64
  const written = JSON.stringify(json)
  if (written === undefined) throw badUserInput('A record is given as `text`, `json` or `base64`.', { path: ['records'] })
  return Buffer.from(written, 'utf8')
}

/** The input's key with a digest of the bytes, so that the same JSON in another order of keys is another request. */
function appendKey(
  ctx: Context,
  stream: RecordStream,
  input: { idempotencyKey?: string | null; expectedOffset?: bigint | null },
  payloads: readonly Uint8Array[],
): AppendKey | null {
  if (input.idempotencyKey == null) return null
  const digest = createHash('sha256').update(stableJson([stream.store, stream.name, input.expectedOffset?.toString() ?? null]))
  for (const payload of payloads) digest.update(`${payload.length}:`).update(payload)
  return { actorId: ctx.viewer.actorId, key: checkIdempotencyKey(input.idempotencyKey), requestHash: digest.digest('hex') }
}

/** A Craton server knows no keys: there the answer is kept beside it, and before that the place. */
async function appendOnce(
  ctx: Context,
  store: RecordStore,
  { stream, request }: { stream: RecordStream; request: AppendRequest },
): Promise<AppendOutcome> {
  const { idempotency } = request
  if (idempotency === null || store.kind === 'NATIVE') return store.append(ctx.scope, stream, request)
  const { actorId, key, requestHash } = idempotency
  const { value, repeated } = await ctx.dataSources.idempotency.once(ctx.scope, actorId, key, requestHash, ({ earlier, note }) => {
    const place = { earlier: earlier === null ? null : BigInt(earlier), note: (offset: bigint) => note(offset.toString()) }
    return store.append(ctx.scope, stream, { ...request, place })
  })
  return repeated && value.outcome === 'APPENDED' ? { ...value, repeated } : value
}

async function append(ctx: Context, input: AppendRecordsInput): Promise<AppendAnswer> {
  const stream = await findRecordStream(ctx, targetOf(input), 'stream')
  if (stream === null) return notFound(missing, ['input', input.key == null ? 'stream' : 'key'])
  if (stream.reserved) return notAllowed('READ_ONLY_SOURCE', SCOPE)
  const payloads = input.records.map(payloadOf)
  const expectedOffset = input.expectedOffset ?? null
  if (expectedOffset !== null && expectedOffset < 0n) throw badUserInput('Offsets count from 0.', { path: ['expectedOffset'] })
  const store = ctx.dataSources.storage.store(stream.store)
  const done = await appendOnce(ctx, store, {
    stream,
    request: { payloads, expectedOffset, idempotency: appendKey(ctx, stream, input, payloads) },
  })
  if (done.outcome === 'OFFSET_CONFLICT') {
    const message = `The stream has ${done.actual} records, not ${done.expected}: somebody else appended. Nothing was written.`
    return {
      __typename: 'OffsetConflict',
      code: 'CONFLICT',
      message,
      path: ['input', 'expectedOffset'],
      retryable: false,
      expected: done.expected,
      actual: done.actual,
    }
  }
  const { firstOffset, lastOffset, headHash } = done
  const cursor = ctx.cursors.encode(recordPosition(stream, lastOffset + 1n), anyField(ctx.scope.tenantId))
  const { clientMutationId } = input
  return {
    __typename: 'RecordsAppended',
    stream: { ...stream, extent: null },
    firstOffset,
    lastOffset,
    headHash,
    cursor,
    projected: true,
    clientMutationId,
  }
}

/** A conflict of keys is no outcome of the append itself; it is told like any bad input. */
const conflictIsInput = (error: unknown): unknown => (isKeyConflict(error) ? badUserInput(error.message, error.details) : error)

const Mutation: Resolvers['Mutation'] = {
  createRecordStream: (_parent, { input }, ctx) =>
    answering<StreamAnswer>(inInput, async () => {
      const { name, clientMutationId } = input
      const store = ctx.dataSources.storage.store(input.store ?? 'NATIVE')
      const { stream, created } = await store.create(ctx.scope, {
        name,
        dataClass: input.dataClass ?? 'CONFIDENTIAL',
        retentionDays: input.retentionDays ?? null,
      })
      return { __typename: 'RecordStreamAccepted', stream, created, pin: null, clientMutationId }
    }),
  appendRecords: (_parent, { input }, ctx) =>
    answering<AppendAnswer>(inInput, async () => {
      return append(ctx, input).catch((error: unknown) => Promise.reject(conflictIsInput(error)))
    }),
  pinRecordStream: (_parent, { input }, ctx) =>
    answering<StreamAnswer>(inInput, async () => {
      const stream = await findRecordStream(ctx, targetOf(input), 'stream')
      if (stream === null) return notFound(missing, ['input', input.key == null ? 'stream' : 'key'])
      const pin = await ctx.dataSources.storage.store(stream.store).pin(ctx.scope, stream, { reason: 'MANUAL', actor: ctx.viewer.actorId })
      return {
        __typename: 'RecordStreamAccepted',
        stream: { ...stream, extent: null },
        created: false,
        pin,
        clientMutationId: input.clientMutationId,
      }
    }),
}

/** Writing into record streams. */
export const storageMutations: Resolvers = { Mutation }
