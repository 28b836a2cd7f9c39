import { badUserInput } from '../../errors.ts'
import { type Clock } from '../../time.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type RunKey } from '../runs/runs.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { followRecords } from './follow-records.ts'
import { checkBatch, checkStreamName, type RecordLimits } from './record-rules.ts'
import { createRecordWatch } from './record-watch.ts'
import { pinsOfStreams, pinStream } from './sql-pins.ts'
import { createSqlRecordAppender } from './sql-record-appender.ts'
import { offsetAt, readRanges, readRecords } from './sql-records.ts'
import { recordsOfRuns } from './sql-run-records.ts'
import { countStreams, createStream, createStreamFinder, type ExtentRow, extentColumns, listStreams, toExtent } from './sql-streams.ts'
import { verifyStream } from './sql-verify.ts'
import {
  type NewStream,
  type RecordOfRun,
  type RecordRange,
  type RecordStore,
  type RecordStream,
  type StoredRecord,
  type StreamExtent,
} from './storage.ts'

export interface SqlRecordStoreOptions {
  readonly sql: Sql
  readonly clock: Clock
  readonly limits: RecordLimits
  /** Told after records became durable, so that they are announced at once. */
  readonly onAppended?: () => void
  /** How long a follower may overlook what another process appended. */
  readonly pollMs?: number
}

/** The native store: SQL. Beside the port, what only it has. */
export interface NativeRecordStore extends RecordStore {
  /** Streams with reserved names, for the server's own use. */
  createReserved(scope: Scope, stream: NewStream): Promise<RecordStream>
  ofRuns(scope: Scope, keys: readonly RunKey[], page: PageRequest): Promise<Page<RecordOfRun>[]>
  /** Stretches of many streams in one statement, in the order of `ranges`; at most 1000 records of each. */
  readRanges(scope: Scope, ranges: readonly RecordRange[]): Promise<StoredRecord[][]>
}

const sameEpoch = (left: string | null, right: string | null): boolean => left === right
const MOST_RETENTION_DAYS = 36_500

function checkNew({ name, dataClass, retentionDays }: NewStream): void {
  checkStreamName(name)
  if (dataClass === 'UNKNOWN') throw badUserInput('Say what class the data of the stream has.', { path: ['dataClass'] })
  if (retentionDays !== null && (retentionDays < 1 || retentionDays > MOST_RETENTION_DAYS))
    throw badUserInput(`Records are kept for 1 to ${MOST_RETENTION_DAYS} days, or for ever.`, { path: ['retentionDays'] })
}

/** Hash-chained streams in tables (contract: craton 3.4). `UNIQUE (stream, offset)` decides races. */
export function createSqlRecordStore({ sql, clock, limits, onAppended, pollMs = 250 }: SqlRecordStoreOptions): NativeRecordStore {
  const find = createStreamFinder(sql)
  const watch = createRecordWatch()
  const appender = createSqlRecordAppender({
    sql,
    clock,
    onCommitted(streamKey) {
      watch.announce(streamKey)
      onAppended?.()
    },
  })
  const extentOf = async (scope: Scope, stream: RecordStream): Promise<StreamExtent> =>
    toExtent(
      await sql.one<ExtentRow>(`select ${extentColumns} from record_streams where stream_key = $1 and tenant_id = $2`, [
        BigInt(stream.key),
        scope.tenantId,
      ]),
    )

  return {
    kind: 'NATIVE',
    sameEpoch,
    find,
    list: (scope, filter, page) => listStreams(sql, scope, filter, page),
    count: (scope, filter) => countStreams(sql, scope, filter),
    async create(scope, stream) {
      checkNew(stream)
      return createStream({ sql, clock, find }, scope, stream)
    },
    async createReserved(scope, stream) {
      return (await createStream({ sql, clock, find }, scope, stream)).stream
    },
    extentOf,
    async append(scope, stream, request) {
      checkBatch(request.payloads, limits)
      scope.signal?.throwIfAborted()
      return appender.append({ tenantId: scope.tenantId, streamKey: BigInt(stream.key) }, request)
    },
    read: (scope, stream, range) => readRecords(sql, scope, stream, range),
    readRanges: (scope, ranges) => readRanges(sql, scope, ranges),
    offsetAt: (scope, stream, at) => offsetAt(sql, scope, stream, at),
    verify: (scope, stream, range, onProgress) =>
      verifyStream(sql, scope, { stream, range, ...(onProgress === undefined ? {} : { onProgress }) }),
    pin: (scope, stream, { reason, actor }) => pinStream({ sql, clock }, scope, { stream, reason, actor }),
    pinsOf: (scope, streams, page) => pinsOfStreams(sql, scope, streams, page),
    follow(scope, stream, { from, epoch, signal }) {
      const key = BigInt(stream.key)
      return followRecords({
        from,
        epoch,
        signal,
        sameEpoch,
        async look() {
          const now = await find({ tenantId: scope.tenantId }, stream.name)
          return now?.extent == null ? null : { epoch: now.epoch, extent: now.extent }
        },
        read: (start, end) => readRecords(sql, { tenantId: scope.tenantId, signal }, stream, { from: start, to: end }),
        wait: () => watch.wait(key, { longestMs: pollMs, signal }),
      })
    },
    ofRuns: (scope, keys, page) => recordsOfRuns(sql, scope, keys, page),
    async status() {
      const status = { store: 'NATIVE', uptimeSeconds: null, clusterMode: null, checks: [], replicas: [], connections: null } as const
      try {
        return { ...status, status: 'UP', version: await sql.version() }
      } catch {
        return { ...status, status: 'DOWN', version: null }
      }
    },
  }
}
