import { isOutage } from '../../errors.ts'
import { type Invariants, checkNonce, checkTtl } from '../guarantees/invariants.ts'
import { type SecurityEvents } from '../guarantees/security-events.ts'
import { type GuaranteeSignals } from '../guarantees/signals.ts'
import { type Scope } from '../scope.ts'
import { type KeptStamp, type Nonces } from './nonces.ts'
import { type TicketKeys } from './ticket-keys.ts'
import { readToken, type SignedTicket } from './ticket-message.ts'
import { type Binding, isGenuine, judgeBinding, judgeTimes, type TicketCode, type TicketKey } from './ticket-rules.ts'
import { type Origin } from './tickets.ts'

export interface TicketJudgeParts {
  readonly keys: TicketKeys
  readonly nonces: Nonces
  readonly security: SecurityEvents
  readonly invariants: Invariants
  readonly signals: GuaranteeSignals
  readonly nowMs: () => number
  readonly maxTtlMs: number
}

/** A verdict, and the ticket where it is genuine and this tenant's. */
export interface Verdict {
  readonly code: TicketCode
  readonly ticket: SignedTicket | null
}

/** What becomes of a token that somebody shows (contract: guarantees 5). */
export interface TicketJudge {
  /** All steps without any write; `seen`: whether its nonce has been used. @throws AppError SOURCE_UNAVAILABLE */
  look(scope: Scope, token: string, binding: Binding): Promise<Verdict & { readonly seen: boolean }>
  /** All steps of a use: OK for one of any number of attempts. STORE_UNAVAILABLE is a verdict. */
  use(scope: Scope, use: { token: string; stamps: readonly KeptStamp[] }, binding: Binding, origin: Origin): Promise<Verdict>
  /** Says of a refusal what has to be said: to the invariants and the security events. */
  report(scope: Scope, verdict: Verdict, origin: Origin): Promise<void>
  /** How many uses were refused as repeats, in this process. */
  rejected(): number
}

export function createTicketJudge({ keys, nonces, security, invariants, signals, nowMs, maxTtlMs }: TicketJudgeParts): TicketJudge {
  let rejected = 0

  /** A ticket of a key that is not known here may be of the one that another process has just made. */
  async function keysFor({ kid }: SignedTicket): Promise<readonly TicketKey[]> {
    const known = await keys.list()
    return known.some((key) => key.kid === kid) ? known : keys.newest(kid)
  }

  /** Steps 1 to 6, in this process: what is no ticket of ours never reaches the store of nonces. */
  async function judge(token: string, binding: Binding): Promise<Verdict> {
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

  async function report(scope: Scope, { code, ticket }: Verdict, origin: Origin): Promise<void> {
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
  ): Promise<Verdict> {
    const started = performance.now()
    try {
      const judged = await judge(token, binding)
      const { code, ticket } = judged
      if (code !== 'OK' || ticket === null) {
        await report(scope, judged, origin)
        return judged
      }
      const { id: ticketId, repoId, nonce, exp } = ticket
      const done = await nonces.consume({ tenantId: scope.tenantId, ticketId, repoId, nonce, expMs: exp, nowMs: nowMs(), stamps })
      const ours = done === 'INVALID_SIGNATURE' ? null : ticket
      if (done !== 'OK') await report(scope, { code: done, ticket: ours }, origin)
      signals.emit.mutationExecuted((performance.now() - started) / 1000)
      return { code: done, ticket: ours }
    } catch (error) {
      if (!isOutage(error)) throw error
      return { code: 'STORE_UNAVAILABLE', ticket: null }
    }
  }

  return { look, use, report, rejected: () => rejected }
}
