import { AppError, badUserInput } from '../../errors.ts'
import { type Clock } from '../../time.ts'
import { type CursorOwner, decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { pause } from '../../pause.ts'
import { followRecords } from '../storage/follow-records.ts'
import { checkStreamName } from '../storage/record-rules.ts'
import {
  type RecordStore,
  type RecordStream,
  type StorageStatus,
  type StoredRecord,
  type StreamExtent,
  type VerifyRange,
} from '../storage/storage.ts'
import { appendToCraton, checkCratonBatch } from './craton-append.ts'
import { createCratonCatalogue } from './craton-catalogue.ts'
import { type CratonClient, refusalError } from './craton-client.ts'
import { sameEpoch } from './craton-epoch.ts'
import { createCratonPins } from './craton-pins.ts'
import { createCratonReader } from './craton-reader.ts'
import { type ConfiguredStream, tenantOfStream } from './craton-settings.ts'
import { verifyFiles, verifyWire } from './craton-verify.ts'
import { wireDataClasses } from './messages.ts'
import { askSidecar, replicasOf, type SidecarOptions } from './sidecar.ts'

export interface CratonRecordStoreOptions {
  readonly client: CratonClient
  readonly sql: Sql
  readonly clock: Clock
  /** Our tenants and the server's numbers for them. */
  readonly tenants: ReadonlyMap<string, bigint>
  readonly streams: readonly ConfiguredStream[]
  /** Sidecars, one per node. */
  readonly sidecars: readonly string[]
  /** The server's data directory, where it can be read: then chains are checked from its files. */
  readonly dataDir: string | undefined
  readonly limits: { readonly eventBytes: number; readonly batchBytes: number }
  readonly pollMs: { readonly first: number; readonly last: number }
  readonly sidecar?: SidecarOptions
}

const STATUS_LIFE_MS = 5_000
const MOST_READ = 1_000n
/** Others can append so often in a row before the caller is told to come back. */
const MOST_LOOKS = 20
const END = 2n ** 63n - 1n

/** How often a quiet stream is looked at: less and less, up to a limit. */
const quietMs = ({ first, last }: CratonRecordStoreOptions['pollMs'], quiet: number): number =>
  Math.min(last, first * 2 ** Math.min(quiet, 16))

const toRecord = (payload: Uint8Array, offset: bigint): StoredRecord => ({
  offset,
  kind: 'DATA',
  payload,
  hash: null,
  previousHash: null,
  recordedAt: null,
})

/** Streams of a Craton or Kimberlite server, over its wire protocol (contract: craton). */
export function createCratonRecordStore(options: CratonRecordStoreOptions): RecordStore {
  const { client, tenants, sidecars, dataDir, limits, pollMs } = options
  const catalogue = createCratonCatalogue({ sql: options.sql, clock: options.clock, configured: options.streams })
  const pins = createCratonPins(options)
  const reader = createCratonReader(client)
  /** Streams found writable in this life of the server, or looked at right now. */
  let proven: { epoch: string; streams: Map<bigint, Promise<void>> } = { epoch: '', streams: new Map() }
  let status: { readonly value: Promise<StorageStatus>; freshUntil: number } | null = null

  /** The server never checks whose stream an id is: we do, every time (contract: craton 2.1). */
  function idsOf(scope: Scope, stream: RecordStream): { tenant: bigint; streamId: bigint } {
    const tenant = tenants.get(scope.tenantId)
    if (
      tenant === undefined ||
      stream.streamId === null ||
      tenantOfStream(stream.streamId) !== tenant ||
      stream.tenantId !== scope.tenantId
    )
      throw new AppError('NOT_FOUND', 'There is no such stream.')
    return { tenant, streamId: stream.streamId }
  }

  const withEpoch = (stream: RecordStream): RecordStream => ({ ...stream, epoch: client.lastEpoch()?.name ?? null })

  async function extentOf(scope: Scope, stream: RecordStream): Promise<StreamExtent> {
    const { tenant, streamId } = idsOf(scope, stream)
    return { length: await reader.length(tenant, streamId), headHash: null, firstOffset: 0n }
  }

  /** After a restart an old id may have new bytes behind it, or old bytes before it: neither may be appended to (contract: craton 6.6). */
  async function proveWritable(scope: Scope, stream: RecordStream): Promise<void> {
    const { tenant, streamId } = idsOf(scope, stream)
    const { name: epoch } = await client.epoch()
    if (proven.epoch !== epoch) proven = { epoch, streams: new Map() }
    const madeIn = stream.key.includes('@') ? stream.key.slice(stream.key.indexOf('@') + 1) : null
    if (madeIn !== null && !sameEpoch(madeIn, epoch))
      throw new AppError(
        'CONFLICT',
        'The storage server was restarted and forgot this stream: its id may belong to another one now. Make it anew.',
        { source: 'craton' },
      )
    const { streams: known } = proven
    const proof = known.get(streamId) ?? proveEnd(tenant, streamId)
    known.set(streamId, proof)
    return proof.catch((error: unknown) => {
      if (known.get(streamId) === proof) known.delete(streamId)
      throw error
    })
  }

  /** Others may append between the two questions: only what lies behind a length that stays is of an earlier life. */
  async function proveEnd(tenant: bigint, streamId: bigint): Promise<void> {
    let length = await reader.length(tenant, streamId)
    for (let attempt = 1; attempt <= MOST_LOOKS; attempt += 1) {
      const beyond = await reader.read(tenant, streamId, { from: length, count: 1 })
      if (beyond.length === 0) return
      const now = await reader.length(tenant, streamId)
      if (now <= length)
        throw new AppError(
          'CONFLICT',
          'The storage server was restarted: records of an earlier life lie behind the length it tells. Nothing is appended.',
          { source: 'craton' },
        )
      length = now
    }
    throw new AppError('CONFLICT', 'Others write to this stream all the time: nothing was written.', { source: 'craton', retryable: true })
  }

  const owner = (scope: Scope): CursorOwner => ({ list: 'craton.streams', order: 'name', tenantId: scope.tenantId })

  function pageOf(scope: Scope, streams: readonly RecordStream[], page: PageRequest): Page<RecordStream> {
    const [name] = page.cursor === null ? [null] : decodeListCursor(owner(scope), page.cursor, ['text'])
    const at = name === null ? null : String(name)
    const backward = page.direction === 'BACKWARD'
    const ahead = streams.filter((stream) => at === null || (backward ? stream.name < at : stream.name > at))
    const taken = backward ? ahead.slice(-page.size) : ahead.slice(0, page.size)
    const more = ahead.length > taken.length
    const other = ahead.length < streams.length
    return {
      items: taken.map((stream) => ({ cursor: encodeListCursor(owner(scope), [stream.name]), item: withEpoch(stream) })),
      hasNextPage: backward ? other : more,
      hasPreviousPage: backward ? more : other,
    }
  }

  const wants = (scope: Scope): boolean => tenants.has(scope.tenantId)

  async function verify(scope: Scope, stream: RecordStream, { to, most }: VerifyRange, onProgress: (checked: bigint) => void) {
    const { tenant, streamId } = idsOf(scope, stream)
    const how = { pins: await pins.heads(scope, stream), most, onProgress }
    // Before anything is asked of the server, which may be down because of this stream.
    const fromFiles = dataDir === undefined ? null : await verifyFiles(dataDir, streamId, how)
    if (fromFiles?.ok === true) reader.clear(streamId)
    if (fromFiles !== null) return fromFiles
    const length = await reader.length(tenant, streamId)
    const read = (from: bigint, count: number) => reader.read(tenant, streamId, { from, count, signal: scope.signal })
    return verifyWire({ length, read }, to ?? END, how)
  }

  async function readStatus(): Promise<StorageStatus> {
    const [info, answers] = await Promise.all([
      client.info().catch(() => null),
      Promise.all(sidecars.map((base) => askSidecar(base, options.sidecar))),
    ])
    const told = answers.find((answer) => answer.status !== null)
    const degraded = answers.some((answer) => answer.status !== null && answer.status !== 'ok')
    return {
      store: 'CRATON',
      // From the wire, never from the sidecar: that one drops connections for no reason.
      status: info === null ? 'DOWN' : degraded ? 'DEGRADED' : 'UP',
      version: info?.buildVersion ?? told?.version ?? null,
      uptimeSeconds: info === null ? (told?.uptimeSeconds ?? null) : Number(info.uptimeSecs),
      clusterMode: info?.clusterMode ?? null,
      checks: told?.checks ?? [],
      replicas: replicasOf(answers),
      connections: answers.find(({ metrics }) => metrics?.connectionsActive != null)?.metrics?.connectionsActive ?? null,
    }
  }

  return {
    kind: 'CRATON',
    sameEpoch,
    async find(scope, name) {
      const stream = wants(scope) ? await catalogue.find(scope, name) : null
      return stream === null ? null : withEpoch(stream)
    },
    async list(scope, filter, page) {
      return pageOf(scope, wants(scope) ? await catalogue.list(scope, filter) : [], page)
    },
    async count(scope, filter) {
      return wants(scope) ? (await catalogue.list(scope, filter)).length : 0
    },
    async create(scope, { name, dataClass, retentionDays }) {
      checkStreamName(name)
      if (retentionDays !== null) throw badUserInput('A Craton server keeps its records for ever.', { path: ['retentionDays'] })
      const wireClass = wireDataClasses.find((known) => known === dataClass)
      if (wireClass === undefined) throw badUserInput('Say what class the data of the stream has.', { path: ['dataClass'] })
      const tenant = tenants.get(scope.tenantId)
      if (tenant === undefined) throw badUserInput('CRATON_TENANTS gives this tenant no number.', { path: ['store'] })
      const { name: epoch } = await client.epoch()
      const known = await catalogue.find(scope, name)
      const madeIn = known === null ? null : known.key.split('@')[1]
      if (known !== null && (madeIn === undefined || sameEpoch(madeIn, epoch))) return { stream: withEpoch(known), created: false }
      const { streamId } = await client
        .call({ type: 'CreateStream', name, dataClass: wireClass, placement: { type: 'Global' } }, 'CreateStream', { tenantId: tenant })
        .catch((error: unknown) => Promise.reject(refusalError(error)))
      if (tenantOfStream(streamId) !== tenant)
        throw new AppError('INTERNAL_SERVER_ERROR', "The storage server gave an id of another tenant's.", { source: 'craton' })
      return { stream: withEpoch(await catalogue.note(scope, { name, streamId, dataClass, epoch })), created: true }
    },
    extentOf,
    async append(scope, stream, { payloads, expectedOffset, idempotency, place }) {
      const { tenant, streamId } = idsOf(scope, stream)
      checkCratonBatch(payloads, limits)
      await proveWritable(scope, stream)
      return appendToCraton(
        {
          client,
          tenant,
          stream,
          streamId,
          length: () => reader.length(tenant, streamId),
          read: (from, count) => reader.read(tenant, streamId, { from, count }),
        },
        { payloads, expectedOffset, actor: idempotency?.actorId ?? null, place },
      )
    },
    async read(scope, stream, { from, to }) {
      const { tenant, streamId } = idsOf(scope, stream)
      // A read at the end costs the server a scan of everything; its length costs nothing.
      const length = await reader.length(tenant, streamId)
      const wanted = (to < length ? to : length) - from
      if (wanted <= 0n) return []
      const count = Number(wanted < MOST_READ ? wanted : MOST_READ)
      const events = await reader.read(tenant, streamId, { from, count, signal: scope.signal })
      return events.map((event, index) => toRecord(event, from + BigInt(index)))
    },
    offsetAt() {
      return Promise.reject(badUserInput('A Craton server keeps no times of its records.', { path: ['filter'] }))
    },
    async verify(scope, stream, range, onProgress = () => undefined) {
      const started = performance.now()
      return { ...(await verify(scope, stream, range, onProgress)), durationMs: performance.now() - started }
    },
    async pin(scope, stream, { reason, actor }) {
      const found = await verify(scope, stream, { from: null, to: null }, () => undefined)
      if (!found.ok) throw new AppError('CONFLICT', `The chain cannot be pinned: ${found.reason ?? 'it is broken.'}`)
      return pins.add(scope, stream, { length: found.checked, headHash: found.headHash, reason, actor })
    },
    async pinsOf(scope, streams, page) {
      for (const stream of streams) idsOf(scope, stream)
      return pins.pages(scope, streams, page)
    },
    follow(scope, stream, { from, epoch, signal }) {
      const { tenant, streamId } = idsOf(scope, stream)
      return followRecords({
        from,
        epoch,
        signal,
        sameEpoch,
        async look() {
          try {
            const extent = await extentOf({ tenantId: scope.tenantId }, stream)
            return { epoch: client.lastEpoch()?.name ?? null, extent }
          } catch (error) {
            if (error instanceof AppError && error.code === 'NOT_FOUND') return null
            throw error
          }
        },
        async read(start, end) {
          const events = await reader.read(tenant, streamId, { from: start, count: Number(end - start), signal })
          return events.map((event, index) => toRecord(event, start + BigInt(index)))
        },
        wait: (quiet) => pause(quietMs(pollMs, quiet), signal),
      })
    },
    status() {
      if (status !== null && performance.now() < status.freshUntil) return status.value
      const asked = { value: readStatus(), freshUntil: Infinity }
      status = asked
      return asked.value.finally(() => (asked.freshUntil = performance.now() + STATUS_LIFE_MS))
    },
  }
}
