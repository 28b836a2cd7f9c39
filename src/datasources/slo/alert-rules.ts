import { type Nanos } from '../../time.ts'
import { burnsNow } from './assess.ts'
import { type AlertState, type BurnTier, type SloStatus } from './slo.ts'
import { seconds } from './windows.ts'

/** A status is told when it has lasted so long; an alert ends when its condition has been clear so long. */
export interface Hysteresis {
  readonly holdSeconds: number
  readonly clearSeconds: number
}

export const hysteresis: Hysteresis = { holdSeconds: 20, clearSeconds: 60 }

/** Below this share of the factor a firing condition counts as clear: on the edge it neither fires nor ends. */
const CLEAR_BELOW = 0.9

export interface StatusState {
  readonly status: SloStatus
  readonly since: Nanos
  readonly candidate: SloStatus | null
  readonly candidateSince: Nanos | null
}

/** @returns the next state, and the status it left when it changed */
export function nextStatus(
  known: StatusState | null,
  seen: SloStatus,
  now: Nanos,
  { holdSeconds }: Hysteresis,
): { state: StatusState; left: SloStatus | null; changed: boolean } {
  const settled = (status: SloStatus, since: Nanos): StatusState => ({ status, since, candidate: null, candidateSince: null })
  if (known === null) return { state: settled(seen, now), left: null, changed: true }
  if (seen === known.status)
    return { state: known.candidate === null ? known : settled(known.status, known.since), left: null, changed: false }
  const since = known.candidate === seen ? (known.candidateSince ?? now) : now
  if (now - since < seconds(holdSeconds)) return { state: { ...known, candidate: seen, candidateSince: since }, left: null, changed: false }
  return { state: settled(seen, since), left: known.status, changed: true }
}

export interface LiveAlert {
  readonly state: Exclude<AlertState, 'INACTIVE'>
  readonly since: Nanos
  readonly startsAt: Nanos
  readonly clearSince: Nanos | null
}

type Condition = 'BURNS' | 'CLEAR' | 'BETWEEN' | 'UNMEASURED'

function conditionOf(tier: BurnTier): Condition {
  // a source that does not answer freezes the alert; silence of the measured does not burn
  if (tier.long.events === null || tier.short.events === null) return 'UNMEASURED'
  if (burnsNow(tier)) return 'BURNS'
  const least = Math.min(tier.long.burnRate ?? 0, tier.short.burnRate ?? 0)
  return least < tier.factor * CLEAR_BELOW || tier.guarded ? 'CLEAR' : 'BETWEEN'
}

/** What becomes of a tier's alert; null = there is none (any more). */
export function nextAlert(
  known: LiveAlert | null,
  tier: BurnTier,
  forSeconds: number,
  now: Nanos,
  { clearSeconds }: Hysteresis,
): LiveAlert | null {
  const condition = conditionOf(tier)
  if (known === null) {
    if (condition !== 'BURNS') return null
    return { state: forSeconds > 0 ? 'PENDING' : 'FIRING', since: now, startsAt: now, clearSince: null }
  }
  if (condition === 'UNMEASURED' || condition === 'BETWEEN') return known.clearSince === null ? known : { ...known, clearSince: null }
  if (condition === 'BURNS') {
    const ripe = known.state === 'PENDING' && now - known.since >= seconds(forSeconds)
    if (ripe) return { ...known, state: 'FIRING', since: now, clearSince: null }
    return known.clearSince === null ? known : { ...known, clearSince: null }
  }
  if (known.state === 'PENDING') return null
  const clearSince = known.clearSince ?? now
  return now - clearSince >= seconds(clearSeconds) ? null : { ...known, clearSince }
}
