import { actorOf } from '../auth/actor.ts'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { type Alert, type AlertFilter, fitsAlert, isMuted, type Matcher } from '../datasources/alerts/alerts.ts'
import { cutPage } from '../datasources/memory-page.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { seconds } from '../datasources/slo/windows.ts'
import { badUserInput, isAppError } from '../errors.ts'
import {
  type AlertFilter as AlertFilterInput,
  type Resolvers,
  type ResolversParentTypes,
  type SilenceAlertInput,
} from '../generated/resolver-types.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { answering, type Locate, notAllowed, notFound } from './refusals.ts'

type Answer = ResolversParentTypes['SilenceResult']
const locate: Locate = (field) => ['input', field]

export function alertFilter(input: AlertFilterInput | null | undefined): AlertFilter {
  const { labels, ...filter } = input ?? {}
  if (labels == null) return filter
  if (typeof labels !== 'object' || Array.isArray(labels))
    throw badUserInput('`labels` is an object of texts.', { path: ['filter', 'labels'] })
  return { ...filter, labels: Object.fromEntries(Object.entries(labels)) }
}

/** Alerts of the caller's tenant; when Alertmanager does not answer, ours are there and the answer says so. */
async function alertsOf(ctx: Context): Promise<readonly Alert[]> {
  const { alerts, alertmanager } = await ctx.dataSources.alerts.list(ctx.scope)
  if (alertmanager !== 'ABSENT')
    ctx.sourceUse.note('alertmanager', { asOf: alertmanager === 'UP' ? ctx.clock.now() : null, status: alertmanager })
  return alerts
}

const rank = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']

const Query: Resolvers['Query'] = {
  alerts: (_parent, { filter, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const wanted = alertFilter(filter)
      const found = (await alertsOf(ctx)).filter((alert) => fitsAlert(alert, wanted))
      const owner = { list: 'alerts', order: 'STARTS_DESC', tenantId: ctx.scope.tenantId }
      return toCountedConnection(
        cutPage(owner, found, ({ startsAt, id }) => [-startsAt, id], pageRequest(page)),
        async () => found.length,
      )
    }),
  incidents: (_parent, { filter, ...page }, ctx) =>
    reading(ctx, null, async () => {
      const { statuses, severityAtLeast, subject } = filter ?? {}
      const found = (await ctx.dataSources.incidents.list(ctx.scope)).filter(
        (incident) =>
          (statuses == null || statuses.includes(incident.status)) &&
          (severityAtLeast == null || rank.indexOf(incident.severity) >= rank.indexOf(severityAtLeast)) &&
          (subject == null || incident.subject === subject),
      )
      const owner = { list: 'incidents', order: 'OPEN_FIRST', tenantId: ctx.scope.tenantId }
      // open ones lie before all that ended, whenever they began
      const key = ({ endedAt, startedAt }: (typeof found)[number]): bigint =>
        endedAt === null ? -startedAt - 4_000_000_000_000_000_000n : -startedAt
      return toCountedConnection(
        cutPage(owner, found, (incident) => [key(incident), incident.id], pageRequest(page)),
        async () => found.length,
      )
    }),
  silences: (_parent, _args, ctx) => reading(ctx, null, async () => [...(await ctx.dataSources.alerts.silences(ctx.scope))]),
}

const sloNamed = (ctx: Context, name: string | null) => (name === null ? null : ctx.loaders.slo().find(name, null))

function endOf({ endsAt, durationSeconds }: SilenceAlertInput, startsAt: bigint): bigint {
  if ((endsAt == null) === (durationSeconds == null)) throw badUserInput('Give `endsAt` or `durationSeconds`.', { path: ['endsAt'] })
  return endsAt ?? startsAt + seconds(durationSeconds ?? 0)
}

async function matchersOf(ctx: Context, { alert, matchers }: SilenceAlertInput): Promise<readonly Matcher[] | null> {
  if ((alert == null) === (matchers == null)) throw badUserInput('Give `alert` or `matchers`.', { path: ['alert'] })
  if (matchers != null)
    return matchers.map(({ isRegex, isEqual, ...matcher }) => ({ ...matcher, isRegex: isRegex ?? false, isEqual: isEqual ?? true }))
  const found = await ctx.dataSources.alerts.find(ctx.scope, alert ?? '')
  if (found === null) return null
  return Object.entries(found.labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }))
}

const Mutation: Resolvers['Mutation'] = {
  silenceAlert: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'alerts:silence')
      if (denied !== null) return notAllowed(denied, 'alerts:silence')
      const startsAt = input.startsAt ?? ctx.clock.now()
      const endsAt = endOf(input, startsAt)
      const matchers = await matchersOf(ctx, input)
      if (matchers === null) return notFound('There is no such alert in this tenant.', ['input', 'alert'])
      const asked = { matchers, startsAt, endsAt, comment: input.comment, createdBy: ctx.viewer.actorId }
      const silence = await ctx.dataSources.alerts.silence(ctx.scope, asked)
      return { __typename: 'SilenceAccepted', silence, clientMutationId: input.clientMutationId }
    }),
  expireSilence: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'alerts:silence')
      if (denied !== null) return notAllowed(denied, 'alerts:silence')
      const silence = await ctx.dataSources.alerts.expire(ctx.scope, input.silence)
      if (silence === null) return notFound('There is no such silence in this tenant.', ['input', 'silence'])
      return { __typename: 'SilenceAccepted', silence, clientMutationId: input.clientMutationId }
    }),
}

/** Alerts, silences and incidents. */
export const alerts: Resolvers = {
  Query,
  Mutation,
  Slo: {
    alerts: async ({ definition }, _args, ctx) => {
      const { alerts, alertmanager } = await ctx.dataSources.alerts.list(ctx.scope)
      if (alertmanager === 'DOWN') {
        ctx.sourceUse.note('alertmanager', { asOf: null, status: 'DOWN' })
        return null
      }
      return alerts.filter((alert) => alert.slo === definition.name && alert.state !== 'INACTIVE')
    },
  },
  Alert: {
    muted: isMuted,
    slo: (alert, _args, ctx) => sloNamed(ctx, alert.slo),
    silencedBy: async ({ silencedBy }, _args, ctx) => {
      if (silencedBy.length === 0) return []
      try {
        return (await ctx.loaders.silences()).filter(({ id }) => silencedBy.includes(id))
      } catch (error) {
        if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
        return []
      }
    },
  },
  Incident: { slo: ({ subject }, _args, ctx) => sloNamed(ctx, subject), alertIds: ({ alerts }) => alerts },
  TimelineEntry: { actor: ({ actor }) => (actor === null ? null : actorOf(actor)) },
  AlertConnection: { totalCount: (connection) => connection.count() },
  IncidentConnection: { totalCount: (connection) => connection.count() },
  SilenceResult: { __resolveType: (result) => result.__typename },
  SloDelivery: { __resolveType: (delivered) => delivered.__typename },
  AlertDelivery: { __resolveType: (delivered) => delivered.__typename },
}
