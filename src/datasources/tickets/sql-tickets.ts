import { badUserInput, isOutage } from '../../errors.ts'
import { checkTtl } from '../guarantees/invariants.ts'
import { type SliCounters } from '../slo/counters.ts'
import { type Sql } from '../sql/sql.ts'
import { sha256 } from './canonical-patch.ts'
import { createTicketReads, ticketRowOf } from './sql-ticket-reads.ts'
import { createTicketUpkeep } from './sql-ticket-upkeep.ts'
import { createTicketJudge, type TicketJudgeParts } from './ticket-judge.ts'
import { newNonce, newTicketId, signTicket, sortScopes, TICKET_VERSION, writeToken } from './ticket-message.ts'
import { ticketColumns, ticketOf, type TicketRow } from './ticket-rows.ts'
import { SHORT_TTL_MS } from './ticket-rules.ts'
import { createTicketStamps } from './ticket-stamps.ts'
import { type IssueRequest, type TicketsDataSource } from './tickets.ts'

export interface TicketsParts extends TicketJudgeParts {
  readonly sql: Sql
  readonly counters: Pick<SliCounters, 'record'>
  readonly verifyBudgetMs: number
}

/** @throws AppError BAD_USER_INPUT, with the path of what is wrong */
function checkRequest({ repoId, baseCommit, planHash, scopes, ttlMs, patchSha256 }: IssueRequest, maxTtlMs: number): void {
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
}

export function createTickets(parts: TicketsParts): TicketsDataSource {
  const { sql, keys, nonces, invariants, signals, counters, nowMs, maxTtlMs, verifyBudgetMs } = parts
  const judge = createTicketJudge(parts)
  const stamps = createTicketStamps(parts)

  return {
    async issue(scope, request, actor) {
      const started = performance.now()
      checkRequest(request, maxTtlMs)
      const { repoId, baseCommit, planHash, scopes, ttlMs, patchSha256, run } = request
      const signing = await keys.signing()
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
      const { code, ticket, seen } = await judge.look(scope, token, binding).catch((error: unknown) => {
        if (!isOutage(error)) throw error
        return { code: 'STORE_UNAVAILABLE' as const, ticket: null, seen: false }
      })
      const verifiedInMs = performance.now() - started
      signals.emit.ticketVerified(verifiedInMs / 1000, code === 'OK')
      counters.record('ticket_verification', { good: code !== 'STORE_UNAVAILABLE', durationMs: verifiedInMs })
      if (code !== 'OK') await judge.report(scope, { code, ticket }, origin)
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
      const { code, ticket } = await judge.use(scope, { token, stamps: [] }, binding, origin)
      return { code, ticketId: ticket?.id ?? null }
    },
    async execute(scope, { ticket, repoSha, files }, binding, origin) {
      const made = await stamps.make(ticket, repoSha, files)
      const kept = made.map(({ path, stamp, stampId }) => ({ path, stampId, repoSha, planHash: ticket.planHash, digest: sha256(stamp) }))
      const { code } = await judge.use(scope, { token: writeToken(ticket), stamps: kept }, binding, origin)
      return { code, stamps: code === 'OK' ? made : [] }
    },
    async revoke(scope, id, reason) {
      if (reason.trim() === '' || reason.length > 2000) throw badUserInput('Say why, in 1 to 2,000 characters.', { path: ['reason'] })
      const changed = await sql.run(
        'update tickets set revoked_at_ms = $3, revoke_reason = $4 where id = $1 and tenant_id = $2 and revoked_at_ms is null and consumed_at_ms is null',
        [id, scope.tenantId, BigInt(nowMs()), reason],
      )
      const row = await ticketRowOf(sql, scope, id)
      return row === null ? null : { ticket: ticketOf(row), changed: changed === 1 }
    },
    ...createTicketReads({ sql, nowMs }),
    ...createTicketUpkeep({ sql, nowMs, maxTtlMs, rejected: judge.rejected }),
    isStamp: stamps.isStamp,
    rotateKey: () => keys.rotate(),
    checkNonces: () => nonces.check(),
  }
}
