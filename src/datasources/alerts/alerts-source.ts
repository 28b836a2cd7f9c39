import { AppError, badUserInput, isOutage } from '../../errors.ts'
import { type Scope } from '../scope.ts'
import { type OwnAlert, listAlerts } from '../slo/sql-slo-states.ts'
import { type Sql } from '../sql/sql.ts'
import { type AlertmanagerClient, type ManagedAlert } from './alertmanager-client.ts'
import { type Alert, type AlertsDataSource, matches, type Matcher, type Silence } from './alerts.ts'
import { listReceived } from './received-alerts.ts'
import { patternOf } from './pattern.ts'

export interface AlertsParts {
  readonly sql: Sql
  /** Null: this deployment has no Alertmanager. */
  readonly client: AlertmanagerClient | null
  /** Alerts without a label `tenant` belong to this tenant. */
  readonly defaultTenant: string
}

const ownLabels = (alert: OwnAlert): Record<string, string> => ({
  alertname: 'SloBurnRate',
  slo: alert.slo,
  tier: alert.tier,
  severity: alert.severity,
  tenant: alert.tenantId,
})

/** Windows order tiers: a faster one that fires keeps the slower ones of the same objective quiet. */
const speed = (alert: OwnAlert): number => alert.factor

const silencing = (labels: Alert['labels'], silences: readonly Silence[]): string[] =>
  silences.filter((silence) => silence.state === 'ACTIVE' && matches(silence.matchers, labels)).map(({ id }) => id)

function fromOwn(alert: OwnAlert, all: readonly OwnAlert[], silences: readonly Silence[]): Alert {
  const labels = ownLabels(alert)
  const faster = all.filter(
    (other) => other.slo === alert.slo && other.endsAt === null && other.state === 'FIRING' && speed(other) > speed(alert),
  )
  const live = alert.endsAt === null
  return {
    id: alert.id,
    tenantId: alert.tenantId,
    origin: 'ORRERY',
    fingerprint: alert.id,
    name: 'SloBurnRate',
    severity: alert.severity,
    state: live ? alert.state : 'INACTIVE',
    slo: alert.slo,
    labels,
    annotations: {
      summary: `The budget of ${alert.slo} burns ${alert.burnLong?.toFixed(1) ?? '?'} times too fast (tier ${alert.tier} fires above ${alert.factor.toFixed(1)}).`,
    },
    startsAt: alert.startsAt,
    endsAt: alert.endsAt,
    updatedAt: alert.updatedAt,
    silencedBy: live ? silencing(labels, silences) : [],
    inhibitedBy: live ? faster.map(({ id }) => id) : [],
    receivers: [],
  }
}

const fromManaged = (alert: ManagedAlert, tenantId: string): Alert => ({
  id: alert.fingerprint,
  tenantId,
  origin: 'ALERTMANAGER',
  fingerprint: alert.fingerprint,
  name: alert.labels['alertname'] ?? '',
  severity: alert.labels['severity'] ?? 'none',
  state: 'FIRING',
  slo: alert.labels['slo'] ?? null,
  labels: alert.labels,
  annotations: alert.annotations,
  startsAt: alert.startsAt,
  // Alertmanager's `endsAt` of a live alert is when it would be forgotten
  endsAt: null,
  updatedAt: alert.updatedAt,
  silencedBy: alert.silencedBy,
  inhibitedBy: alert.inhibitedBy,
  receivers: alert.receivers,
})

const MOST_MATCHERS = 20
const MOST_DAYS = 366n

export function createAlerts({ sql, client, defaultTenant }: AlertsParts): AlertsDataSource {
  const needClient = (): AlertmanagerClient => {
    if (client === null)
      throw new AppError('SOURCE_UNAVAILABLE', 'This deployment has no Alertmanager: set ALERTMANAGER_URL.', {
        source: 'alertmanager',
        retryable: false,
      })
    return client
  }
  const tenantOf = (labels: Readonly<Record<string, string>>): string => labels['tenant'] ?? defaultTenant
  /** Nobody mutes another tenant's alerts. Those without a label `tenant` are the default tenant's: its expression matches the empty text too. */
  const tenantMatcher = ({ tenantId }: Scope): Matcher =>
    tenantId === defaultTenant
      ? { name: 'tenant', value: `${escapePattern(tenantId)}|`, isRegex: true, isEqual: true }
      : { name: 'tenant', value: tenantId, isRegex: false, isEqual: true }
  /** A silence is a tenant's when it names that tenant alone; one that says nothing of tenants (made elsewhere) is the default tenant's. */
  const isOurs = (scope: Scope, silence: Silence): boolean => {
    const named = silence.matchers.filter(({ name }) => name === 'tenant')
    const ours = tenantMatcher(scope)
    if (named.length === 0) return scope.tenantId === defaultTenant
    return named.some(
      ({ value, isRegex, isEqual }) => isEqual && (isRegex ? ours.isRegex && value === ours.value : value === scope.tenantId),
    )
  }

  async function managed({ tenantId, signal }: Scope): Promise<{ alerts: Alert[]; silences: Silence[]; state: 'UP' | 'DOWN' | 'ABSENT' }> {
    if (client === null) return { alerts: [], silences: [], state: 'ABSENT' }
    try {
      const [alerts, silences] = await Promise.all([client.alerts(signal), client.silences(signal)])
      return {
        alerts: alerts.filter(({ labels }) => tenantOf(labels) === tenantId).map((alert) => fromManaged(alert, tenantId)),
        silences,
        state: 'UP',
      }
    } catch (error) {
      if (!isOutage(error)) throw error
      return { alerts: [], silences: [], state: 'DOWN' }
    }
  }

  async function list(scope: Scope) {
    const [own, pushed, theirs] = await Promise.all([listAlerts(sql, scope), listReceived(sql, scope), managed(scope)])
    const listed = new Set(theirs.alerts.map(({ id }) => id))
    // what Alertmanager says itself is newer, and knows who keeps it quiet
    const received = pushed
      .filter(({ id }) => !listed.has(id))
      .map((alert) => (alert.state === 'INACTIVE' ? alert : { ...alert, silencedBy: silencing(alert.labels, theirs.silences) }))
    return {
      alerts: [...own.map((alert) => fromOwn(alert, own, theirs.silences)), ...theirs.alerts, ...received],
      alertmanager: theirs.state,
    }
  }

  return {
    list,
    find: async (scope, id) => (await list(scope)).alerts.find((alert) => alert.id === id) ?? null,
    silences: async (scope) => (await needClient().silences(scope.signal)).filter((silence) => isOurs(scope, silence)),
    async silence(scope, { matchers, startsAt, endsAt, comment, createdBy }) {
      if (matchers.length === 0 || matchers.length > MOST_MATCHERS)
        throw badUserInput(`A silence has 1 to ${MOST_MATCHERS} matchers.`, { path: ['matchers'] })
      if (matchers.some(({ value, isRegex }) => isRegex && patternOf(value) === null))
        throw badUserInput('A matcher is no expression that can be read: RE2 of at most 500 characters.', {
          path: ['matchers'],
        })
      if (matchers.every(({ value, isRegex }) => value === '' || (isRegex && patternOf(value)?.matchesWhole('') === true)))
        throw badUserInput('At least one matcher must not match the empty text.', { path: ['matchers'] })
      if (endsAt <= startsAt) throw badUserInput('A silence ends after it starts.', { path: ['endsAt'] })
      if (endsAt - startsAt > MOST_DAYS * 86_400_000_000_000n) throw badUserInput('A silence lasts at most 366 days.', { path: ['endsAt'] })
      if (comment.trim() === '' || comment.length > 2000) throw badUserInput('Say why, in 1 to 2,000 characters.', { path: ['comment'] })
      const others = matchers.filter(({ name }) => name !== 'tenant')
      const alertmanager = needClient()
      const silence = { matchers: [...others, tenantMatcher(scope)], startsAt, endsAt, comment, createdBy }
      const id = await alertmanager.createSilence(silence, scope.signal)
      const kept = (await alertmanager.silences(scope.signal)).find((one) => one.id === id)
      return kept ?? { id, state: 'ACTIVE', ...silence }
    },
    async expire(scope, id) {
      const alertmanager = needClient()
      const known = (await alertmanager.silences(scope.signal)).find((silence) => silence.id === id && isOurs(scope, silence))
      if (known === undefined) return null
      if (known.state === 'EXPIRED') return known
      await alertmanager.expireSilence(id, scope.signal)
      return (await alertmanager.silences(scope.signal)).find((silence) => silence.id === id) ?? { ...known, state: 'EXPIRED' }
    },
  }
}

/** The text as an expression that matches it alone. */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
