import { type Decision, type Escalation } from '../datasources/approvals/approvals.ts'

/** 64-bit numbers travel as text inside JSON columns. */
type Stored<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] extends bigint | null ? string | null : T[K] }
type StoredEscalation = Omit<Stored<Escalation>, 'history'> & { history: Stored<Escalation['history'][number]>[] }

const stringify = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))

/** Column `approvals.later_terminals`. */
export const writeDecisions = (decisions: readonly Decision[]): string =>
  stringify(decisions.map(({ kind, approver, note, reason, at, sequence }) => ({ kind, approver, note, reason, at, sequence })))

/** Reads what `writeDecisions` wrote. */
export function readDecisions(column: string): Decision[] {
  const stored: Stored<Decision>[] = JSON.parse(column)
  return stored.map((decision) => ({ ...decision, at: BigInt(decision.at), sequence: BigInt(decision.sequence) }))
}

/** Column `approvals.escalation`. */
export function writeEscalation(escalation: Escalation | null): string | null {
  if (escalation === null) return null
  const { currentLevel, totalLevels, nextEscalationAt, emergencyOverride, history } = escalation
  const steps = history.map(({ fromLevel, toLevel, at, reason }) => ({ fromLevel, toLevel, at, reason }))
  return stringify({ currentLevel, totalLevels, nextEscalationAt, emergencyOverride, history: steps })
}

/** Reads what `writeEscalation` wrote. */
export function readEscalation(column: string | null): Escalation | null {
  if (column === null) return null
  const stored: StoredEscalation = JSON.parse(column)
  return {
    ...stored,
    nextEscalationAt: stored.nextEscalationAt === null ? null : BigInt(stored.nextEscalationAt),
    history: stored.history.map((step) => ({ ...step, at: BigInt(step.at) })),
  }
}
