import { AppError, isOutage } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { keyConflict } from '../idempotency.ts'
import { createKeyPurge } from '../key-purge.ts'
import { type Sql, SqlError } from '../sql/sql.ts'
import { chainHashes, hex } from './record-chain.ts'
import { aboutOfPayload, RESERVED_PREFIX } from './record-rules.ts'
import { type AppendOutcome, type AppendRequest } from './storage.ts'

/** A stream as an append needs it. */
export interface AppendTarget {
  readonly tenantId: string
  readonly streamKey: bigint
}

interface Head {
  readonly length: bigint
  readonly hash: Uint8Array | null
  readonly lastAt: Nanos
}

interface StoredKey {
  readonly requestHash: string
  readonly firstOffset: bigint
  readonly count: number
  readonly headHash: Uint8Array
}

interface Waiting {
  readonly request: AppendRequest
  readonly resolve: (outcome: AppendOutcome) => void
  readonly reject: (error: unknown) => void
}

interface Judged {
  readonly verdicts: readonly (AppendOutcome | AppError)[]
  readonly payloads: readonly Uint8Array[]
  readonly hashes: readonly Buffer[]
  readonly keys: readonly { readonly request: AppendRequest; readonly stored: StoredKey }[]
  readonly conflicted: boolean
}

const GROUP = { records: 2_000, bytes: 8 * 1024 * 1024 }
const MOST_QUEUED = 20_000
const MOST_HEADS = 10_000
/** Another process can win at most so often in a row; then the caller is told to come back. */
const MOST_TRIES = 50
const KEEP_KEYS: Nanos = 86_400_000_000_000n
const DATA = 0

const keyText = ({ actorId, key }: { actorId: string; key: string }): string => JSON.stringify([actorId, key])

const repeatOf = (stored: StoredKey, requestHash: string): AppendOutcome | AppError => {
  if (stored.requestHash !== requestHash) return keyConflict()
  const { firstOffset, count, headHash } = stored
  return { outcome: 'APPENDED', firstOffset, lastOffset: firstOffset + BigInt(count) - 1n, headHash: hex(headHash), repeated: true }
}

/** Judges a group in order, as if each had come alone. */
function judge(group: readonly Waiting[], head: Head, known: ReadonlyMap<string, StoredKey>): Judged {
  const keysNow = new Map(known)
  const verdicts: (AppendOutcome | AppError)[] = []
  const payloads: Uint8Array[] = []
  const hashes: Buffer[] = []
  const keys: { request: AppendRequest; stored: StoredKey }[] = []
  let conflicted = false
  for (const { request } of group) {
    const length = head.length + BigInt(payloads.length)
    const { expectedOffset, idempotency } = request
    const stored = idempotency === null ? undefined : keysNow.get(keyText(idempotency))
    if (stored !== undefined && idempotency !== null) verdicts.push(repeatOf(stored, idempotency.requestHash))
    else if (expectedOffset !== null && expectedOffset !== length) {
      conflicted = true
      verdicts.push({ outcome: 'OFFSET_CONFLICT', expected: expectedOffset, actual: length })
    } else {
      const chained = chainHashes(hashes.at(-1) ?? head.hash, DATA, request.payloads)
      for (const payload of request.payloads) payloads.push(payload)
      for (const link of chained) hashes.push(link)
      const headHash = hashes.at(-1) ?? Buffer.alloc(0)
      const count = request.payloads.length
      verdicts.push({
        outcome: 'APPENDED',
        firstOffset: length,
        lastOffset: length + BigInt(count) - 1n,
        headHash: hex(headHash),
        repeated: false,
      })
      if (idempotency !== null) {
        const mine: StoredKey = { requestHash: idempotency.requestHash, firstOffset: length, count, headHash }
        keysNow.set(keyText(idempotency), mine)
        keys.push({ request, stored: mine })
      }
    }
  }
  return { verdicts, payloads, hashes, keys, conflicted }
}

/** What a statement stores beside the payloads. */
interface Write {
  readonly target: AppendTarget
  readonly head: Head
  readonly judged: Judged
  readonly at: Nanos
}

/**
 * One statement is one transaction: moving the head (only from where we know it), the records, their announcement and their keys. A payload is a
 * slice of one value, which costs the parsers of both ends least.
 * @returns whether the head was where we knew it
 */
async function write(sql: Sql, { target, head, judged, at }: Write): Promise<boolean> {
  const { payloads, hashes, keys } = judged
  const lengths = payloads.map((payload) => payload.length)
  let start = 1
  const starts = lengths.map((length) => (start += length) - length)
  const about = payloads.map((payload) => aboutOfPayload(target.tenantId, payload)?.toString('hex') ?? null)
  const newest = hashes.at(-1)
  if (newest === undefined) throw new Error('an append stores at least one record')
  const values = [
    target.streamKey,
    target.tenantId,
    head.length,
    head.hash,
    payloads.length,
    newest,
    at,
    Buffer.concat(payloads),
    Buffer.concat(hashes),
    starts,
    lengths,
    about.some((ref) => ref !== null) ? about : [],
    ...(keys.length === 0
      ? []
      : [
          keys.map(({ request }) => request.idempotency?.actorId ?? ''),
          keys.map(({ request }) => request.idempotency?.key ?? ''),
          keys.map(({ stored }) => stored.requestHash),
          keys.map(({ stored }) => stored.firstOffset),
          keys.map(({ stored }) => stored.count),
          keys.map(({ stored }) => hex(stored.headHash)),
        ]),
  ]
  const keyed =
    keys.length === 0
      ? ''
      : `, keyed as (
       insert into record_append_keys (tenant_id, actor_id, key, request_hash, stream_key, first_offset, record_count, head_hash, created_at_ns)
       select $2, k.actor_id, k.key, k.request_hash, moved.stream_key, k.first_offset, k.record_count, decode(k.head_hash, 'hex'), $7
         from moved, unnest($13::text[], $14::text[], $15::text[], $16::bigint[], $17::integer[], $18::text[])
           as k (actor_id, key, request_hash, first_offset, record_count, head_hash))`
  const { moved } = await sql.one<{ moved: boolean }>(
    `with moved as (
       update record_streams set length = length + $5, head_hash = $6::bytea, last_at_ns = $7
        where stream_key = $1 and tenant_id = $2 and length = $3 and head_hash is not distinct from $4::bytea
       returning stream_key, name
     ), stored as (
       insert into records (stream_key, record_offset, kind, payload, hash, recorded_at_ns, about)
       select moved.stream_key, $3::bigint + at.ord - 1, ${DATA}, substring($8::bytea from at.start for at.bytes),
              substring($9::bytea from ((at.ord - 1) * 32 + 1)::integer for 32), $7, decode(($12::text[])[at.ord], 'hex')
         from moved, unnest($10::integer[], $11::integer[]) with ordinality as at (start, bytes, ord)
     ), told as (
       insert into record_outbox (stream_key, first_offset, record_count, head_hash, at_ns)
       select stream_key, $3, $5, $6::bytea, $7 from moved where left(name, 1) <> '${RESERVED_PREFIX}'
     )${keyed}
     select exists (select 1 from moved) as moved`,
    values,
  )
  return moved
}

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
  const heads = new Map<bigint, Head>()

  async function readHead({ tenantId, streamKey }: AppendTarget): Promise<Head> {
    const row = await sql.maybeOne<{ length: bigint; head_hash: Uint8Array | null; last_at_ns: bigint }>(
      'select length, head_hash, last_at_ns from record_streams where stream_key = $1 and tenant_id = $2',
      [streamKey, tenantId],
    )
    if (row === null) throw new AppError('NOT_FOUND', 'There is no such stream.')
    return { length: row.length, hash: row.head_hash, lastAt: row.last_at_ns }
  }

  async function readKeys({ tenantId }: AppendTarget, group: readonly Waiting[]): Promise<Map<string, StoredKey>> {
    const wanted = group.flatMap(({ request }) => request.idempotency ?? [])
    if (wanted.length === 0) return new Map()
    const rows = await sql.any<{
      actor_id: string
      key: string
      request_hash: string
      first_offset: bigint
      record_count: number
      head_hash: Uint8Array
    }>(
      `select k.actor_id, k.key, k.request_hash, k.first_offset, k.record_count, k.head_hash
         from unnest($2::text[], $3::text[]) as wanted (actor_id, key)
         join record_append_keys k on k.tenant_id = $1 and k.actor_id = wanted.actor_id and k.key = wanted.key`,
      [tenantId, wanted.map(({ actorId }) => actorId), wanted.map(({ key }) => key)],
    )
    return new Map(
      rows.map((row) => [
        keyText({ actorId: row.actor_id, key: row.key }),
        { requestHash: row.request_hash, firstOffset: row.first_offset, count: row.record_count, headHash: row.head_hash },
      ]),
    )
  }

  const purgeKeys = createKeyPurge((now, rows) =>
    sql.run(
      `delete from record_append_keys where (tenant_id, actor_id, key) in
         (select tenant_id, actor_id, key from record_append_keys where created_at_ns < $1 order by created_at_ns limit $2)`,
      [now - KEEP_KEYS, rows],
    ),
  )

  function remember(streamKey: bigint, head: Head): void {
    heads.delete(streamKey)
    heads.set(streamKey, head)
    const [oldest] = heads.keys()
    if (heads.size > MOST_HEADS && oldest !== undefined) heads.delete(oldest)
  }

  /** @returns null when the head had moved: judge again */
  async function tryStore(target: AppendTarget, group: readonly Waiting[]): Promise<Judged['verdicts'] | null> {
    const { streamKey } = target
    const cached = heads.get(streamKey)
    const head = cached ?? (await readHead(target))
    const judged = judge(group, head, await readKeys(target, group))
    heads.delete(streamKey)
    if (judged.payloads.length === 0) {
      // A refusal needs a head that is true now.
      if (judged.conflicted && cached !== undefined) return null
      remember(streamKey, head)
      return judged.verdicts
    }
    const now = clock.now()
    const at = now > head.lastAt ? now : head.lastAt
    try {
      if (!(await write(sql, { target, head, judged, at }))) return null
    } catch (error) {
      // Another process stored one of these keys, or these offsets, meanwhile.
      if (error instanceof SqlError && error.isUniqueViolation()) return null
      throw unknownOutcome(error)
    }
    const hash = judged.hashes.at(-1) ?? null
    remember(streamKey, { length: head.length + BigInt(judged.payloads.length), hash, lastAt: at })
    onCommitted(streamKey)
    if (judged.keys.length > 0) await purgeKeys(now).catch(() => undefined)
    return judged.verdicts
  }

  async function flush(target: AppendTarget, group: readonly Waiting[]): Promise<void> {
    try {
      for (let attempt = 1; ; attempt += 1) {
        const verdicts = await tryStore(target, group)
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
