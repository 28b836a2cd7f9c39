import { type AlertState } from '../slo/slo.ts'
import { type Scope } from '../scope.ts'
import { type Nanos } from '../../time.ts'
import { patternOf } from './pattern.ts'

/** An alert, wherever it was raised: by our own evaluator, or by Prometheus and seen by Alertmanager, which shows it or has pushed it to us. */
export interface Alert {
  readonly id: string
  readonly tenantId: string
  readonly origin: 'ORRERY' | 'ALERTMANAGER'
  readonly fingerprint: string
  readonly name: string
  readonly severity: string
  readonly state: AlertState
  /** Name of the objective it is about, as its label `slo` says. */
  readonly slo: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: Nanos
  readonly endsAt: Nanos | null
  readonly updatedAt: Nanos | null
  /** Ids of the silences that keep it quiet. */
  readonly silencedBy: readonly string[]
  /** Fingerprints of the alerts that keep it quiet. */
  readonly inhibitedBy: readonly string[]
  readonly receivers: readonly string[]
}

export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

export interface Silence {
  readonly id: string
  readonly state: 'ACTIVE' | 'PENDING' | 'EXPIRED'
  readonly matchers: readonly Matcher[]
  readonly startsAt: Nanos
  readonly endsAt: Nanos
  readonly createdBy: string
  readonly comment: string
}

export interface AlertFilter {
  readonly states?: readonly AlertState[] | null
  readonly severities?: readonly string[] | null
  readonly names?: readonly string[] | null
  readonly slo?: string | null
  readonly muted?: boolean | null
  readonly labels?: Readonly<Record<string, unknown>> | null
}

export interface AlertList {
  readonly alerts: readonly Alert[]
  /** Whether Alertmanager had its say; ABSENT = this deployment has none. */
  readonly alertmanager: 'UP' | 'DOWN' | 'ABSENT'
}

/** Alerts joined to silences and inhibitions. */
export interface AlertsDataSource {
  /** All of a tenant: those that live, and the last that ended of ours and of those pushed to us. Never throws because Alertmanager is down. */
  list(scope: Scope): Promise<AlertList>
  find(scope: Scope, id: string): Promise<Alert | null>
  /** @throws AppError SOURCE_UNAVAILABLE (source "alertmanager") */
  silences(scope: Scope): Promise<readonly Silence[]>
  /**
   * @returns the silence as Alertmanager keeps it
   * @throws AppError SOURCE_UNAVAILABLE, BAD_USER_INPUT (no matcher, ends before it starts, or Alertmanager refuses it)
   */
  silence(
    scope: Scope,
    silence: { matchers: readonly Matcher[]; startsAt: Nanos; endsAt: Nanos; comment: string; createdBy: string },
  ): Promise<Silence>
  /** @returns null when there is no such silence for this tenant; @throws AppError SOURCE_UNAVAILABLE */
  expire(scope: Scope, id: string): Promise<Silence | null>
}

/**
 * Alertmanager's rule: all matchers hold; an expression must match the whole value; a missing label is empty.
 * An expression that cannot be read here silences nothing here, negated or not.
 */
export const matches = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every(({ name, value, isRegex, isEqual }) => {
    const actual = labels[name] ?? ''
    if (!isRegex) return (actual === value) === isEqual
    const pattern = patternOf(value)
    return pattern !== null && pattern.matchesWhole(actual) === isEqual
  })

export const isMuted = (alert: Alert): boolean => alert.silencedBy.length > 0 || alert.inhibitedBy.length > 0

export const fitsAlert = (alert: Alert, { states, severities, names, slo, muted, labels }: AlertFilter): boolean =>
  (states == null || states.includes(alert.state)) &&
  (severities == null || severities.includes(alert.severity)) &&
  (names == null || names.includes(alert.name)) &&
  (slo == null || alert.slo === slo) &&
  (muted == null || isMuted(alert) === muted) &&
  (labels == null || Object.entries(labels).every(([name, value]) => alert.labels[name] === value))
