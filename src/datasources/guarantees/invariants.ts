import { isDeepStrictEqual } from 'node:util'
import { createHash, randomUUID } from 'node:crypto'
import { type Clock, type Nanos } from '../../time.ts'
import { checkPatch } from '../tickets/canonical-patch.ts'
import { LONGEST_TTL_MS, SHORT_TTL_MS, SKEW_MS } from '../tickets/ticket-rules.ts'
import { type GuaranteeSignals, type InvariantName, invariantNames, type ViolationOutcome, type ViolationSeverity } from './signals.ts'

/** What a rule found, before it is counted. */
export interface Finding {
  readonly severity: ViolationSeverity
  readonly message: string
  /** Never a ticket, a MAC or a nonce. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface Violation extends Finding {
  readonly id: string
  readonly invariant: InvariantName
  readonly outcome: ViolationOutcome
  readonly operation: string
  readonly at: Nanos
  readonly tenantId: string
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Stated rules, as the contract has them (contract: guarantees 7). */
export const invariantRules: Readonly<Record<InvariantName, { description: string; rule: string }>> = {
  ticket_ttl_enforcement: { description: 'A ticket lives for a bounded time.', rule: 'exp > now, exp < now + max_ttl' },
  nonce_uniqueness: { description: 'A nonce is used once in a repository.', rule: 'unique(repo_id, nonce) within ttl_window' },
  canonical_patch_format: { description: 'A patch has one form.', rule: 'patch == canonicalize(patch)' },
  performance_budget_adherence: { description: 'An operation stays within its budget.', rule: 'operation_time <= budget_time' },
  incremental_validation_correctness: { description: 'Incremental and full validation agree.', rule: 'incremental == full' },
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** exp and iat in milliseconds. `issuing` is exact, verification allows the skew of clocks. */
export function checkTtl({ exp, iat }: { exp?: unknown; iat?: unknown }, nowMs: number, issuing = false): Finding[] {
  if (!isNumber(exp) || !isNumber(iat)) return [{ severity: 'error', message: 'exp and iat must be there', details: {} }]
  const findings: Finding[] = []
  if (exp <= nowMs) findings.push({ severity: 'error', message: 'the ticket has expired', details: { expiredMs: nowMs - exp } })
  const most = nowMs + LONGEST_TTL_MS + (issuing ? 0 : SKEW_MS)
  if (exp > most)
    findings.push({
      severity: 'error',
      message: 'the ticket lives too long',
      details: { excessMs: exp - most, maxAllowedExp: most, maxTtlHours: LONGEST_TTL_MS / 3_600_000 },
    })
  if (exp - iat < SHORT_TTL_MS)
    findings.push({ severity: 'warning', message: 'the ticket lives less than a minute', details: { ttlMs: exp - iat } })
  return findings
}

export function checkNonce({
  repoId,
  nonce,
  exp,
  existingExp,
}: {
  repoId?: string
  nonce?: string
  exp?: number
  existingExp: number | null
}): Finding[] {
  if (repoId === undefined || nonce === undefined || exp === undefined)
    return [{ severity: 'error', message: 'repo_id, nonce and exp must be there', details: {} }]
  if (existingExp === null) return []
  return [
    {
      severity: 'error',
      message: 'the nonce was used before',
      details: { repoId, nonceDigest: digestOf(nonce), existingExpTime: existingExp, newExpTime: exp },
    },
  ]
}

export function checkCanonical(patch: string): Finding[] {
  const { isCanonical, originalHash, canonicalHash, lengthDiff, formatIssues } = checkPatch(patch)
  return isCanonical
    ? []
    : [{ severity: 'error', message: 'the patch is not canonical', details: { originalHash, canonicalHash, lengthDiff, formatIssues } }]
}

/** Budgets of operations in ms (contract: guarantees 8). An operation without one is not checked. */
export const operationBudgets: Readonly<Record<string, number>> = {
  ticket_verify: 25,
  full_validate: 400,
  stream_start: 100,
  end_to_end: 750,
}

/** @returns null where the operation has no budget: not checked */
export function checkBudget({
  operation,
  startMs,
  endMs,
}: {
  operation: string
  startMs?: number | null
  endMs?: number | null
}): Finding[] | null {
  const budgetMs = Object.hasOwn(operationBudgets, operation) ? operationBudgets[operation] : undefined
  if (budgetMs === undefined) return null
  // present, not truthy: a start of 0 is a start
  if (startMs == null || endMs == null) return [{ severity: 'warning', message: 'the time was not taken', details: { operation } }]
  const actualTimeMs = endMs - startMs
  if (actualTimeMs <= budgetMs) return []
  const overageMs = actualTimeMs - budgetMs
  const details = { operation, actualTimeMs, budgetMs, overageMs, overagePercent: (overageMs / budgetMs) * 100 }
  const findings: Finding[] = [{ severity: 'error', message: 'the operation took longer than its budget', details }]
  const degradationMultiple = actualTimeMs / budgetMs
  if (degradationMultiple > 2)
    findings.push({ severity: 'error', message: 'severe degradation', details: { ...details, degradationMultiple } })
  return findings
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
const MOST_DIFFERENCES = 50

function differences(left: unknown, right: unknown, path: string, found: string[]): void {
  if (found.length >= MOST_DIFFERENCES || isDeepStrictEqual(left, right)) return
  if (isMap(left) && isMap(right)) {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
      differences(left[key], right[key], path === '' ? key : `${path}.${key}`, found)
    return
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    for (let index = 0; index < Math.max(left.length, right.length); index += 1)
      differences(left[index], right[index], `${path}[${index}]`, found)
    return
  }
  found.push(path === '' ? '$' : path)
}

const cut = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 500)

/** Deep equality: NaN equals itself, dates are compared by their time, an array is no object. */
export function checkIncremental({ input, incremental, full }: { input: unknown; incremental: unknown; full: unknown }): Finding[] {
  if (isDeepStrictEqual(incremental, full)) return []
  const found: string[] = []
  differences(incremental, full, '', found)
  const inputHash = createHash('sha256').update(cut(input)).digest('hex')
  return [
    {
      severity: 'error',
      message: 'incremental and full validation differ',
      details: { inputHash, incremental: cut(incremental), full: cut(full), differences: found },
    },
  ]
}

const RING = 10_000

export interface InvariantReading {
  readonly name: InvariantName
  readonly description: string
  readonly rule: string
  readonly enabled: boolean
  readonly severity: ViolationSeverity
  readonly lastCheckedAt: Nanos | null
}

/** Counts what the rules find; keeps the last 10,000 violations of this process. */
export interface Invariants {
  list(): readonly InvariantReading[]
  /** Notes that a rule was applied, and what it found. @returns whether nothing of severity error was found */
  note(
    name: InvariantName,
    findings: readonly Finding[],
    context: { tenantId: string; operation: string; outcome: ViolationOutcome },
  ): boolean
  /** Newest first. */
  violations(tenantId: string, name: InvariantName): readonly Violation[]
}

export function createInvariants({ clock, signals, enabled }: { clock: Clock; signals: GuaranteeSignals; enabled: boolean }): Invariants {
  const ring: Violation[] = []
  let next = 0
  const checked = new Map<InvariantName, Nanos>()
  return {
    list: () =>
      invariantNames.map((name) => ({
        name,
        ...invariantRules[name],
        enabled,
        severity: 'error',
        lastCheckedAt: checked.get(name) ?? null,
      })),
    note(name, findings, { tenantId, operation, outcome }) {
      if (!enabled) return true
      const at = clock.now()
      checked.set(name, at)
      for (const finding of findings) {
        const violation = { ...finding, id: randomUUID(), invariant: name, outcome, operation, at, tenantId }
        if (ring.length < RING) ring.push(violation)
        else ring[next % RING] = violation
        next += 1
        signals.emit.invariantViolation(name, finding.severity, outcome)
      }
      return findings.every(({ severity }) => severity !== 'error')
    },
    violations: (tenantId, name) =>
      ring
        .filter((violation) => violation.tenantId === tenantId && violation.invariant === name)
        .sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0)),
  }
}
