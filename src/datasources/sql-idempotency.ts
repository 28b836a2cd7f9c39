import { setTimeout as delay } from 'node:timers/promises'
import { AppError, isAppError } from '../errors.ts'
import { fromMillis, type Clock, type Nanos } from '../time.ts'
import { createKeyPurge } from './key-purge.ts'
import { type Attempt, type IdempotencyStore, keyConflict } from './idempotency.ts'
import { type Scope } from './scope.ts'
import { type Sql } from './sql/sql.ts'
import { fromStoredJson, toStoredJson } from './stored-json.ts'

const KEEP: Nanos = fromMillis(24 * 3_600_000)
/** Added to the time an operation may run: who has not answered by then has crashed, and the next request with the key takes over. */
const ABANDONED_AFTER_MS = 30_000
/** The time of a claim that nobody holds any more. */
const GIVEN_UP = 0
const WAIT_MS = 10_000
const POLL_MS = 50

interface KeyRef {
  readonly scope: Scope
  readonly actorId: string
  readonly key: string
}

interface StoredKey {
  readonly request_hash: string
  readonly result: string | null
}

export interface SqlIdempotencyOptions {
  sql: Sql
  clock: Clock
  /** How long an operation may run. */
  operationTimeoutMs: number
  /** How long a repeat waits for the first request to end. */
  waitMs?: number
}

/** Who was claimed when: a claim that was taken over meanwhile is another one. */
interface Claim extends KeyRef {
  readonly claimedAt: Nanos
}

/** Whether the error says what became of the work. */
const tellsOutcome = (error: unknown): boolean => isAppError(error) && !['UNKNOWN', 'PARTLY'].includes(String(error.details['written']))

const stillRunning = (): AppError =>
  new AppError('CONFLICT', 'The first request with this idempotency key is still running.', { retryable: true })

/** Idempotency keys in SQL. Answers must be JSON values, where `bigint` counts as one. */
export function createSqlIdempotency({ sql, clock, operationTimeoutMs, waitMs = WAIT_MS }: SqlIdempotencyOptions): IdempotencyStore {
  const abandonedAfter: Nanos = fromMillis(operationTimeoutMs + ABANDONED_AFTER_MS)

  /** Keys of all tenants, since their age is all that matters. */
  const purge = createKeyPurge((now, rows) =>
    sql.run(
      `delete from idempotency_keys where (tenant_id, actor_id, key) in
         (select tenant_id, actor_id, key from idempotency_keys where expires_at_ns <= $1 limit $2) and expires_at_ns <= $1`,
      [now, rows],
    ),
  )

  /** @returns null unless the key is ours now: unknown before, expired, or left behind by a crash or in doubt, with what was noted then */
  const claim = ({ scope, actorId, key }: KeyRef, requestHash: string, now: Nanos): Promise<{ note: string | null } | null> =>
    sql.maybeOne<{ note: string | null }>(
      `insert into idempotency_keys as k (tenant_id, actor_id, key, request_hash, result, created_at_ns, expires_at_ns)
       values ($1, $2, $3, $4, null, $5, $6)
       on conflict (tenant_id, actor_id, key) do update
         set request_hash = excluded.request_hash, result = null, created_at_ns = excluded.created_at_ns, expires_at_ns = excluded.expires_at_ns,
             note = case when k.expires_at_ns <= $5 then null else k.note end
         where k.expires_at_ns <= $5 or (k.result is null and k.request_hash = $4 and k.created_at_ns <= $7)
       returning k.note`,
      [scope.tenantId, actorId, key, requestHash, now, now + KEEP, now - abandonedAfter],
    )

  /** `created_at_ns` tells our claim from a later one: who was taken for crashed must not overwrite its successor. */
  const change = ({ scope, actorId, key, claimedAt }: Claim, what: string, ...values: readonly (string | bigint)[]): Promise<number> =>
    sql.run(`${what} where tenant_id = $1 and actor_id = $2 and key = $3 and created_at_ns = $4 and result is null`, [
      scope.tenantId,
      actorId,
      key,
      claimedAt,
      ...values,
    ])

  const perform = async <T>(mine: Claim, earlier: string | null, work: (attempt: Attempt) => Promise<T>): Promise<T> => {
    let inDoubt = earlier !== null
    let noted = false
    const attempt: Attempt = {
      earlier,
      async note(text) {
        if ((await change(mine, 'update idempotency_keys set note = $5', text)) === 0) throw stillRunning()
        noted = true
      },
    }
    let value: T
    try {
      value = await work(attempt)
    } catch (error) {
      inDoubt ||= noted && !tellsOutcome(error)
      // The work's own error is the one to tell; a claim that could not be given up is taken over when it counts as abandoned.
      await change(mine, inDoubt ? `update idempotency_keys set created_at_ns = ${GIVEN_UP}` : 'delete from idempotency_keys').catch(
        () => 0,
      )
      throw error
    }
    // What was done is done: an answer that could not be kept is still the answer.
    await change(mine, 'update idempotency_keys set result = $5', toStoredJson(value)).catch(() => 0)
    return value
  }

  const find = ({ scope, actorId, key }: KeyRef): Promise<StoredKey | null> =>
    sql.maybeOne<StoredKey>(
      'select request_hash, result from idempotency_keys where tenant_id = $1 and actor_id = $2 and key = $3',
      [scope.tenantId, actorId, key],
      { signal: scope.signal },
    )

  return {
    async once<T>(scope: Scope, actorId: string, key: string, requestHash: string, work: (attempt: Attempt) => Promise<T>) {
      const ref: KeyRef = { scope, actorId, key }
      const until = performance.now() + waitMs
      for (;;) {
        const now = clock.now()
        const claimed = await claim(ref, requestHash, now)
        if (claimed !== null) {
          await purge(now)
          return { value: await perform({ ...ref, claimedAt: now }, claimed.note, work), repeated: false }
        }
        const stored = await find(ref)
        if (stored !== null && stored.request_hash !== requestHash) throw keyConflict()
        // The same request gave the same type.
        if (stored?.result != null) return { value: fromStoredJson(stored.result) as T, repeated: true }
        if (performance.now() >= until) throw stillRunning()
        await delay(POLL_MS)
        scope.signal?.throwIfAborted()
      }
    },
  }
}
