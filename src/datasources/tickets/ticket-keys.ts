import { randomBytes } from 'node:crypto'
import { groupCommit } from '../group-commit.ts'
import { type Sql } from '../sql/sql.ts'
import { LONGEST_TTL_MS, NONCE_GRACE_MS, SKEW_MS, type TicketKey } from './ticket-rules.ts'

export interface TicketKeysOptions {
  readonly sql: Sql
  /** The signing secret of the settings; null = made in SQL and rotated there. */
  readonly secret: string | null
  readonly kid: string
  /** `kid:secret` pairs that verify still. */
  readonly previous: readonly string[]
  readonly rotationMs: number
  readonly nowMs: () => number
}

/** Keys that sign and verify tickets. */
export interface TicketKeys {
  /** The first one signs, all verify. */
  list(): Promise<readonly TicketKey[]>
  signing(): Promise<TicketKey>
  /**
   * The same with a key that another process made a moment ago: for a ticket or a stamp that none of the known keys signed. Whoever asks while keys are
   * read shares the next reading, so that forgeries cost one small statement at a time.
   * @param kid the key that is missed: an id that can be no new one of ours costs no reading
   */
  newest(kid?: string): Promise<readonly TicketKey[]>
  /** Makes a new signing key; the old one verifies for 24 h and 5 min more. @returns its id, or null where the settings hold the key */
  rotate(): Promise<string | null>
}

interface Row {
  kid: string
  secret: Uint8Array
  created_at_ms: bigint
  verify_until_ms: bigint | null
}

/** Answers this young are given again: the verification of a ticket whose key is known costs no statement for keys. */
const CACHE_MS = 10_000

/** When a key of SQL was made, as its id says; null for an id that was not made here. */
function madeAtMs(kid: string): number | null {
  const [, time] = /^k([0-9a-z]+)[0-9a-f]{6}$/.exec(kid) ?? []
  return time === undefined ? null : parseInt(time, 36)
}

export function createTicketKeys({ sql, secret, kid, previous, rotationMs, nowMs }: TicketKeysOptions): TicketKeys {
  const fixed =
    secret === null
      ? null
      : [
          { kid, secret: Buffer.from(secret, 'utf8'), verifyUntilMs: null },
          ...previous.map((pair) => {
            const at = pair.indexOf(':')
            return { kid: pair.slice(0, at), secret: Buffer.from(pair.slice(at + 1), 'utf8'), verifyUntilMs: null }
          }),
        ]
  let cached: { keys: readonly TicketKey[]; until: number } | null = null

  async function read(): Promise<(TicketKey & { createdAtMs: number })[]> {
    const rows = await sql.any<Row>('select kid, secret, created_at_ms, verify_until_ms from ticket_keys order by created_at_ms desc, kid')
    return rows.map((row) => ({
      kid: row.kid,
      secret: row.secret,
      createdAtMs: Number(row.created_at_ms),
      verifyUntilMs: row.verify_until_ms === null ? null : Number(row.verify_until_ms),
    }))
  }

  async function make(): Promise<string> {
    const now = nowMs()
    const made = `k${now.toString(36)}${randomBytes(3).toString('hex')}`
    await sql.transaction(async (tx) => {
      await tx.run('update ticket_keys set verify_until_ms = $1 where verify_until_ms is null', [
        BigInt(now + LONGEST_TTL_MS + NONCE_GRACE_MS),
      ])
      await tx.run('insert into ticket_keys (kid, secret, created_at_ms) values ($1, $2, $3)', [
        made,
        new Uint8Array(randomBytes(64)),
        BigInt(now),
      ])
      await tx.run('delete from ticket_keys where verify_until_ms < $1', [BigInt(now)])
    })
    cached = null
    return made
  }

  async function refresh(): Promise<readonly TicketKey[]> {
    const now = nowMs()
    let keys = await read()
    const [current] = keys
    if (current === undefined || now - current.createdAtMs > rotationMs) {
      await make()
      keys = await read()
    }
    const signing = [...keys].sort((left, right) => Number(left.verifyUntilMs !== null) - Number(right.verifyUntilMs !== null))
    cached = { keys: signing, until: now + CACHE_MS }
    return signing
  }

  const refreshed = groupCommit({
    most: 1000,
    lanes: 1,
    async run(asked: readonly null[]) {
      const keys = await refresh()
      return asked.map(() => keys)
    },
  })

  const list = async (): Promise<readonly TicketKey[]> => fixed ?? (cached !== null && nowMs() < cached.until ? cached.keys : refresh())

  return {
    list,
    async signing() {
      const [first] = await list()
      if (first === undefined) throw new Error('there is no key to sign with')
      return first
    },
    async newest(kid) {
      if (fixed !== null) return fixed
      const made = kid === undefined ? Infinity : madeAtMs(kid)
      // made before the last reading, it would have been read; clocks may differ
      if (cached !== null && (made === null || made < cached.until - CACHE_MS - SKEW_MS)) return cached.keys
      return refreshed(null)
    },
    rotate: async () => (fixed === null ? make() : null),
  }
}
