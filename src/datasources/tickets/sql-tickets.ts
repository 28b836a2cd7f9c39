import { createHmac, timingSafeEqual } from 'node:crypto'
import { badUserInput, isOutage } from '../../errors.ts'
import { type Invariants, checkNonce, checkTtl } from '../guarantees/invariants.ts'
import { type SecurityEvents } from '../guarantees/security-events.ts'
import { type GuaranteeSignals } from '../guarantees/signals.ts'
import { type Scope } from '../scope.ts'
import { readPage } from '../sql-list.ts'
import { parameters } from '../sql-keyset.ts'
import { type SliCounters } from '../slo/counters.ts'
import { type Sql } from '../sql/sql.ts'
import { sha256 } from './canonical-patch.ts'
import { type KeptStamp, type Nonces } from './nonces.ts'
import { conditions, numberOf, signedOf, ticketColumns, ticketOf, type TicketRow } from './ticket-rows.ts'
import { type TicketKeys } from './ticket-keys.ts'
import {
  newNonce,
  newStampId,
  newTicketId,
  readToken,
  signTicket,
  type SignedTicket,
  sortScopes,
  TICKET_VERSION,
  writeToken,
} from './ticket-message.ts'
import {
  type Binding,
  isGenuine,
  judgeBinding,
  judgeTimes,
  NONCE_GRACE_MS,
  SHORT_TTL_MS,
  type TicketCode,
  type TicketKey,
} from './ticket-rules.ts'
import { type FileStamp, type Origin, type Ticket, type TicketChanges, type TicketsDataSource } from './tickets.ts'

export interface TicketsParts {
  readonly sql: Sql
  readonly keys: TicketKeys
  readonly nonces: Nonces
  readonly security: SecurityEvents
  readonly invariants: Invariants
  readonly signals: GuaranteeSignals
  readonly counters: Pick<SliCounters, 'record'>
  readonly nowMs: () => number
  readonly maxTtlMs: number
  readonly verifyBudgetMs: number
}

const lengthed = (parts: readonly string[]): string => parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
const stampMessage = (repoSha: string, planHash: string, ticketId: string, content: string): string =>
  lengthed(['orrery-stamp', repoSha, planHash, ticketId, sha256(content)])

const BITE = 5_000

/** Bounded statements, until one finds less than it may take. @returns how many rows went */
async function removeInBites(sql: Sql, statement: string, before: bigint): Promise<number> {
  let all = 0
  for (let removed = BITE; removed === BITE; all += removed) removed = await sql.run(statement, [before])
  return all
}

export function createTickets(parts: TicketsParts): TicketsDataSource {
  const { sql, keys, nonces, security, invariants, signals, counters, nowMs, maxTtlMs, verifyBudgetMs } = parts
  let rejected = 0

  async function rowOf(scope: Scope, id: string): Promise<TicketRow | null> {
    return sql.maybeOne<TicketRow>(`select ${ticketColumns} from tickets t where t.id = $1 and t.tenant_id = $2`, [id, scope.tenantId], {
      signal: scope.signal,
    })
  }

  /** A ticket of a key that is not known here may be of the one that another process has just made. */
  async function keysFor({ kid }: SignedTicket): Promise<readonly TicketKey[]> {
    const known = await keys.list()
    return known.some((key) => key.kid === kid) ? known : keys.newest(kid)
  }

  /** Steps 1 to 6, in this process: what is no ticket of ours never reaches the store of nonces. */
  async function judge(token: string, binding: Binding): Promise<{ code: TicketCode; ticket: SignedTicket | null }> {
    const ticket = readToken(token)
    if (ticket === null || !isGenuine(ticket, await keysFor(ticket), nowMs())) return { code: 'INVALID_SIGNATURE', ticket: null }
    const times = judgeTimes(ticket, nowMs(), maxTtlMs)
    return { code: times === 'OK' ? judgeBinding(ticket, binding) : times, ticket }
  }

  /** Step 7: what the stores know, without any write. */
  async function look(scope: Scope, token: string, binding: Binding) {
    const judged = await judge(token, binding)
    const { code, ticket } = judged
    if (code !== 'OK' || ticket === null) return { ...judged, seen: false }
    const { id: ticketId, repoId, nonce } = ticket
    const known = await nonces.look({ tenantId: scope.tenantId, ticketId, repoId, nonce })
    return known.code === 'INVALID_SIGNATURE' ? { code: known.code, ticket: null, seen: false } : { ...known, ticket }
  }

  async function report(scope: Scope, code: TicketCode, ticket: SignedTicket | null, origin: Origin): Promise<void> {
    const context = { tenantId: scope.tenantId, operation: 'ticket.verify', outcome: 'refused' as const }
    if (ticket !== null && (code === 'TICKET_EXPIRED' || code === 'TTL_EXCEEDED'))
      invariants.note('ticket_ttl_enforcement', checkTtl(ticket, nowMs()), context)
    const event = { ...origin, blocked: true, repoId: ticket?.repoId ?? null, details: { code, ticketId: ticket?.id ?? null } }
    // forgeries cost whoever sends them nothing: they may not fill a store (contract: guarantees 14.8)
    if (code === 'INVALID_SIGNATURE') security.noteCheap(scope, { ...event, type: 'invalid_signature', severity: 'medium' })
    if (code === 'REPLAY' && ticket !== null) {
      rejected += 1
      const { repoId, nonce, exp } = ticket
      invariants.note('nonce_uniqueness', checkNonce({ repoId, nonce, exp, existingExp: exp }), context)
      await security.record(scope, { ...event, type: 'replay_attempt', severity: 'high' })
    }
  }

  /** All steps of a use. A code that is OK for one of any number of attempts, and the ticket where it is this tenant's. */
  async function use(
    scope: Scope,
    { token, stamps }: { token: string; stamps: readonly KeptStamp[] },
    binding: Binding,
    origin: Origin,
  ): Promise<{ code: TicketCode; ticket: SignedTicket | null }> {
    const started = performance.now()
    try {
      const judged = await judge(token, binding)
      const { code, ticket } = judged
      if (code !== 'OK' || ticket === null) {
        await report(scope, code, ticket, origin)
        return judged
      }
      const { id: ticketId, repoId, nonce, exp } = ticket
      const done = await nonces.consume({ tenantId: scope.tenantId, ticketId, repoId, nonce, expMs: exp, nowMs: nowMs(), stamps })
      const ours = done === 'INVALID_SIGNATURE' ? null : ticket
      if (done !== 'OK') await report(scope, done, ours, origin)
      signals.emit.mutationExecuted((performance.now() - started) / 1000)
      return { code: done, ticket: ours }
    } catch (error) {
      if (!isOutage(error)) throw error
      return { code: 'STORE_UNAVAILABLE', ticket: null }
    }
  }

  const stampOf = (secret: Uint8Array, message: string): Buffer => createHmac('sha256', secret).update(message).digest()

  async function stampsOf(ticket: SignedTicket, repoSha: string, files: TicketChanges['files']): Promise<FileStamp[]> {
    const [signing] = await keys.list()
    if (signing === undefined) throw new Error('there is no key to sign with')
    return files.map(({ path, content }) => ({
      path,
      stamp: stampOf(signing.secret, stampMessage(repoSha, ticket.planHash, ticket.id, content)).toString('base64'),
      stampId: newStampId(),
    }))
  }

  return {
    async issue(scope, { repoId, baseCommit, planHash, scopes, ttlMs, patchSha256, run }, actor) {
      const started = performance.now()
      if (!Number.isInteger(ttlMs) || ttlMs <= 0)
        throw badUserInput('A ticket lives for a whole number of milliseconds.', { path: ['ttlSeconds'] })
      if (ttlMs > maxTtlMs) throw badUserInput(`A ticket lives at most ${maxTtlMs / 1000} s.`, { path: ['ttlSeconds'] })
      if (repoId === '' || Buffer.byteLength(repoId) > 200 || repoId.includes('\0'))
        throw badUserInput('A repository id has 1 to 200 bytes.', { path: ['repoId'] })
      if (!/^[a-f0-9]{40}$/.test(baseCommit)) throw badUserInput('A base commit has 40 hexadecimal digits.', { path: ['baseCommit'] })
      if (!/^(?:[a-f0-9]{64})?$/.test(planHash))
        throw badUserInput('A plan hash has 64 hexadecimal digits, or is empty.', { path: ['planHash'] })
      if (!/^(?:[a-f0-9]{64})?$/.test(patchSha256))
        throw badUserInput('A digest has 64 hexadecimal digits, or is empty.', { path: ['patchSha256'] })
      if (scopes.length === 0 || scopes.length > 50 || !scopes.every((one) => /^[\w:.-]{1,64}$/.test(one)))
        throw badUserInput('Scopes are 1 to 50 words.', { path: ['scopes'] })
      const [signing] = await keys.list()
      if (signing === undefined) throw new Error('there is no key to sign with')
      const iat = nowMs()
      const fields = {
        version: TICKET_VERSION,
        kid: signing.kid,
        id: newTicketId(),
        repoId,
        baseCommit,
        planHash,
        nonce: newNonce(),
        iat,
        exp: iat + ttlMs,
        scopes: sortScopes(scopes),
        patchSha256,
      }
      const ticket = signTicket(signing.secret, fields)
      const row = await sql.one<TicketRow>(
        `insert into tickets as t (id, tenant_id, repo_id, base_commit, plan_hash, kid, nonce, scopes, patch_sha256, mac, issued_at_ms, expires_at_ms, issued_by, run_system, run_ritual_id, run_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning ${ticketColumns}`,
        [
          ...[
            ticket.id,
            scope.tenantId,
            repoId,
            baseCommit,
            planHash,
            ticket.kid,
            ticket.nonce,
            JSON.stringify(ticket.scopes),
            patchSha256,
            ticket.mac,
          ],
          ...[BigInt(ticket.iat), BigInt(ticket.exp), actor, run?.system ?? null, run?.ritualId ?? null, run?.runId ?? null],
        ],
        { signal: scope.signal },
      )
      const findings = checkTtl(ticket, iat, true)
      invariants.note(
        'ticket_ttl_enforcement',
        findings.filter(({ severity }) => severity === 'error'),
        { tenantId: scope.tenantId, operation: 'ticket.issue', outcome: 'accepted' },
      )
      signals.emit.ticketRequested((performance.now() - started) / 1000)
      return {
        ticket: ticketOf(row),
        token: writeToken(ticket),
        warnings: ttlMs < SHORT_TTL_MS ? ['The ticket lives less than a minute.'] : [],
      }
    },
    async verify(scope, token, binding, origin) {
      const started = performance.now()
      const { code, ticket, seen } = await look(scope, token, binding).catch((error: unknown) => {
        if (!isOutage(error)) throw error
        return { code: 'STORE_UNAVAILABLE' as const, ticket: null, seen: false }
      })
      const verifiedInMs = performance.now() - started
      signals.emit.ticketVerified(verifiedInMs / 1000, code === 'OK')
      counters.record('ticket_verification', { good: code !== 'STORE_UNAVAILABLE', durationMs: verifiedInMs })
      if (code !== 'OK') await report(scope, code, ticket, origin)
      return {
        valid: code === 'OK',
        code,
        verifiedInMs,
        withinBudget: verifiedInMs <= verifyBudgetMs,
        nonceSeen: seen,
        ticketId: ticket?.id ?? null,
      }
    },
    async consume(scope, token, binding, origin) {
      const { code, ticket } = await use(scope, { token, stamps: [] }, binding, origin)
      return { code, ticketId: ticket?.id ?? null }
    },
    async execute(scope, { ticket, repoSha, files }, binding, origin) {
      const stamps = await stampsOf(ticket, repoSha, files)
      const kept = stamps.map(({ path, stamp, stampId }) => ({ path, stampId, repoSha, planHash: ticket.planHash, digest: sha256(stamp) }))
      const { code } = await use(scope, { token: writeToken(ticket), stamps: kept }, binding, origin)
      return { code, stamps: code === 'OK' ? stamps : [] }
    },
    async revoke(scope, id, reason) {
      if (reason.trim() === '' || reason.length > 2000) throw badUserInput('Say why, in 1 to 2,000 characters.', { path: ['reason'] })
      const changed = await sql.run(
        'update tickets set revoked_at_ms = $3, revoke_reason = $4 where id = $1 and tenant_id = $2 and revoked_at_ms is null and consumed_at_ms is null',
        [id, scope.tenantId, BigInt(nowMs()), reason],
      )
      const row = await rowOf(scope, id)
      return row === null ? null : { ticket: ticketOf(row), changed: changed === 1 }
    },
    async find(scope, id) {
      const row = await rowOf(scope, id)
      return row === null ? null : ticketOf(row)
    },
    async list(scope, filter, page) {
      const params = parameters(scope.tenantId)
      const where = conditions(filter, params, nowMs())
      return readPage<TicketRow, Ticket>(sql, scope, {
        source: {
          ...{ list: 'tickets', columns: ticketColumns, from: 'tickets t', where },
          order: {
            name: 'ISSUED_DESC',
            keys: [
              { expression: 't.issued_at_ms', kind: 'integer' },
              { expression: 't.id', kind: 'text' },
            ],
            descending: true,
          },
        },
        page,
        params,
        item: ticketOf,
      })
    },
    async count(scope, filter) {
      const params = parameters(scope.tenantId)
      const where = conditions(filter, params, nowMs())
      const { count } = await sql.one<{ count: bigint }>(
        `select count(*) as count from tickets t where ${where.join(' and ')}`,
        params.values,
        { signal: scope.signal },
      )
      return Number(count)
    },
    async openOfRuns(scope, runKeys) {
      if (runKeys.length === 0) return []
      const rows = await sql.any<TicketRow & { ord: bigint }>(
        `select w.ord, ${ticketColumns} from unnest($2::text[], $3::text[], $4::text[]) with ordinality as w (system, ritual_id, run_id, ord)
           join tickets t on t.tenant_id = $1 and t.run_system = w.system and t.run_ritual_id = w.ritual_id and t.run_id = w.run_id
          where t.consumed_at_ms is null and t.revoked_at_ms is null order by w.ord, t.issued_at_ms, t.id`,
        [scope.tenantId, runKeys.map(({ system }) => system), runKeys.map(({ ritualId }) => ritualId), runKeys.map(({ runId }) => runId)],
        { signal: scope.signal },
      )
      return runKeys.map((_, index) => rows.filter(({ ord }) => Number(ord) === index + 1).map(ticketOf))
    },
    async signed(scope, id) {
      const row = await rowOf(scope, id)
      return row === null ? null : signedOf(row)
    },
    async isStamp({ stamp, ticketId, repoSha, planHash, content }) {
      const given = Buffer.from(stamp, 'base64')
      const message = stampMessage(repoSha, planHash, ticketId, content)
      const isOf = (signing: readonly TicketKey[]): boolean =>
        // every key is tried: how long it takes tells nothing
        signing
          .map(({ secret }) => stampOf(secret, message))
          .filter((wanted) => given.length === wanted.length && timingSafeEqual(given, wanted)).length > 0
      // a stamp does not name its key: it may be of one that another process has just made
      const valid = isOf(await keys.list()) || isOf(await keys.newest())
      signals.emit.stampVerified(valid)
      return valid
    },
    async stats({ tenantId, signal }) {
      const row = await sql.one<{
        active: bigint
        stamps: bigint
        oldest: bigint | null
        tracked: bigint
        repositories: bigint
        next: bigint | null
      }>(
        `select (select count(*) from tickets where tenant_id = $1 and consumed_at_ms is null and revoked_at_ms is null and expires_at_ms > $2) as active,
                (select count(*) from stamps where tenant_id = $1) as stamps,
                (select min(issued_at_ms) from tickets where tenant_id = $1 and consumed_at_ms is null and revoked_at_ms is null and expires_at_ms > $2) as oldest,
                -- of the tickets, which know it wherever the nonces are kept
                (select count(*) from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as tracked,
                (select count(distinct repo_id) from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as repositories,
                (select min(expires_at_ms) + $3 from tickets where tenant_id = $1 and consumed_at_ms is not null and expires_at_ms + $3 > $2) as next`,
        [tenantId, BigInt(nowMs()), BigInt(NONCE_GRACE_MS)],
        { signal },
      )
      return {
        activeTickets: Number(row.active),
        stampHistory: Number(row.stamps),
        oldestTicketMs: numberOf(row.oldest),
        noncesTracked: Number(row.tracked),
        repositories: Number(row.repositories),
        oldestNonceExpiresMs: numberOf(row.next),
        rejected,
      }
    },
    async cleanUp() {
      const now = BigInt(nowMs())
      const expiredNoncesRemoved = await removeInBites(
        sql,
        `delete from nonces where (repo_id, nonce) in (select repo_id, nonce from nonces where expires_at <= $1 limit ${BITE})`,
        now,
      )
      const hourAgo = now - 3_600_000n
      await removeInBites(sql, `delete from tickets where id in (select id from tickets where expires_at_ms <= $1 limit ${BITE})`, hourAgo)
      // a stamp is made while its ticket lives, and needs no row to be checked: the history of it goes when the ticket must have gone
      const ticketsGone = hourAgo - BigInt(maxTtlMs)
      await removeInBites(
        sql,
        `delete from stamps where stamp_id in (select stamp_id from stamps where created_at_ms <= $1 limit ${BITE})`,
        ticketsGone,
      )
      const expiredKeysRemoved = await sql.run('delete from ticket_keys where verify_until_ms is not null and verify_until_ms <= $1', [now])
      return { expiredKeysRemoved, expiredNoncesRemoved }
    },
    rotateKey: () => keys.rotate(),
    checkNonces: () => nonces.check(),
  }
}
