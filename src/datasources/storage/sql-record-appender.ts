import { LRUCache } from 'lru-cache'
import { AppError, isOutage } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { createKeyPurge } from '../key-purge.ts'
import { type Sql, SqlError } from '../sql/sql.ts'
import { type Head, judge, type Judged } from './append-verdicts.ts'
import { type AppendTarget, readHead, readKeys, writeRecords } from './sql-append.ts'
import { type AppendOutcome, type AppendRequest } from './storage.ts'

interface Waiting {
  readonly request: AppendRequest
  readonly resolve: (outcome: AppendOutcome) => void
  readonly reject: (error: unknown) => void
}

const GROUP = { records: 2_000, bytes: 8 * 1024 * 1024 }
const MOST_QUEUED = 20_000
const MOST_HEADS = 10_000
/** Another process can win at most so often in a row; then the caller is told to come back. */
const MOST_TRIES = 50
const KEEP_KEYS: Nanos = 86_400_000_000_000n

function takeGroup(queue: Waiting[]): Waiting[] {
  let records = 0
  let bytes = 0
  const end = queue.findIndex(({ request }, index) => {
    records += request.payloads.length
    for (const payload of request.payloads) bytes += payload.length
    return index > 0 && (records > GROUP.records || bytes > GROUP.bytes)
  })
  return queue.splice(0, end === -1 ? queue.length : end)
}

/** What a caller must know when nobody can tell whether the records are there. */
const unknownOutcome = (error: unknown): unknown =>
  isOutage(error)
    ? new AppError(
        'SOURCE_UNAVAILABLE',
        'The source "sql" does not answer: whether the records were stored is not known. Ask again with the same idempotency key or expected offset.',
        { source: 'sql', details: { written: 'UNKNOWN' }, cause: error },
      )
    : error

export interface SqlRecordAppender {
  append(target: AppendTarget, request: AppendRequest): Promise<AppendOutcome>
  /** Forgets what is known of a stream's head, as after a change by other means. */
  forget(streamKey: bigint): void
}

/**
 * Appends that arrive while a statement runs share the next one: many writers at once cost few commits, one alone waits for nobody.
 * @param onCommitted called after records of a stream became durable
 */
export function createSqlRecordAppender({
  sql,
  clock,
  onCommitted,
}: {
  sql: Sql
  clock: Clock
  onCommitted: (streamKey: bigint) => void
}): SqlRecordAppender {
  const queues = new Map<bigint, Waiting[]>()
  const heads = new LRUCache<bigint, Head>({ max: MOST_HEADS })

  const purgeKeys = createKeyPurge((now, rows) =>
    sql.run(
      `delete from record_append_keys where (tenant_id, actor_id, key) in
         (select tenant_id, actor_id, key from record_append_keys where created_at_ns < $1 order by created_at_ns limit $2)`,
      [now - KEEP_KEYS, rows],
    ),
  )

  /** @returns null when the head had moved: judge again */
  async function tryStore(target: AppendTarget, requests: readonly AppendRequest[]): Promise<Judged['verdicts'] | null> {
    const { streamKey } = target
    const cached = heads.get(streamKey)
    const head = cached ?? (await readHead(sql, target))
    const judged = judge(requests, head, await readKeys(sql, target, requests))
    heads.delete(streamKey)
    if (judged.payloads.length === 0) {
      // A refusal needs a head that is true now.
      if (judged.conflicted && cached !== undefined) return null
      heads.set(streamKey, head)
      return judged.verdicts
    }
    const now = clock.now()
    const at = now > head.lastAt ? now : head.lastAt
    try {
      if (!(await writeRecords(sql, { target, head, judged, at }))) return null
    } catch (error) {
      // Another process stored one of these keys, or these offsets, meanwhile.
      if (error instanceof SqlError && error.isUniqueViolation()) return null
      throw unknownOutcome(error)
    }
    const hash = judged.hashes.at(-1) ?? null
    heads.set(streamKey, { length: head.length + BigInt(judged.payloads.length), hash, lastAt: at })
    onCommitted(streamKey)
    if (judged.keys.length > 0) await purgeKeys(now).catch(() => undefined)
    return judged.verdicts
  }

  async function flush(target: AppendTarget, group: readonly Waiting[]): Promise<void> {
    const requests = group.map(({ request }) => request)
    try {
      for (let attempt = 1; ; attempt += 1) {
        const verdicts = await tryStore(target, requests)
        if (verdicts !== null) {
          group.forEach(({ resolve, reject }, index) => {
            const verdict = verdicts[index]
            if (verdict === undefined || verdict instanceof AppError) reject(verdict)
            else resolve(verdict)
          })
          return
        }
        if (attempt >= MOST_TRIES)
          throw new AppError('CONFLICT', 'Others write to this stream all the time: nothing was written.', { retryable: true })
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function run(target: AppendTarget, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) await flush(target, takeGroup(queue))
    queues.delete(target.streamKey)
  }

  return {
    append(target, request) {
      return new Promise((resolve, reject) => {
        const known = queues.get(target.streamKey)
        if (known !== undefined && known.length >= MOST_QUEUED)
          return reject(new AppError('THROTTLED', 'Too many appends wait for this stream.'))
        if (known !== undefined) return void known.push({ request, resolve, reject })
        const queue = [{ request, resolve, reject }]
        queues.set(target.streamKey, queue)
        // after this turn of the event loop, so that what is asked at once shares the first statement too
        queueMicrotask(() => void run(target, queue))
      })
    },
    forget: (streamKey) => void heads.delete(streamKey),
  }
}
