import { type Context } from '../context.ts'
import { type Alert, type AlertFilter, fitsAlert } from '../datasources/alerts/alerts.ts'
import { type AlertState, type SloFilter, type SloReport, type SloStatus, sloStatuses } from '../datasources/slo/slo.ts'
import { type LogMessage } from '../datasources/log/log.ts'
import { announcementFamily } from '../domain-events/announcement.ts'
import { isSubjectToken } from '../projections/events.ts'
import { type Delivery, delivery, type Marker, markerDelivery, positionOf } from './delivery.ts'
import { type HubItem } from './hub.ts'
import { mapStream } from './map-stream.ts'
import { throughOutages } from './projected.ts'
import { type StreamStart } from './start.ts'

export type SloDelivered =
  | {
      readonly __typename: 'SloItem'
      readonly cursor: string
      readonly slo: SloReport
      readonly status: SloStatus
      readonly previousStatus: SloStatus | null
    }
  | Marker
export type AlertDelivered =
  { readonly __typename: 'AlertItem'; readonly cursor: string; readonly alert: Alert; readonly state: AlertState } | Marker

interface StreamOptions {
  readonly start: StreamStart
  readonly strict: boolean
}

type Data = Readonly<Record<string, unknown>>

function dataOf(message: LogMessage): Data {
  const event = announcementFamily.read(message)
  if (event === null) return {}
  const parsed: unknown = JSON.parse(event.payload)
  const data = typeof parsed === 'object' && parsed !== null && 'data' in parsed ? parsed.data : null
  return typeof data === 'object' && data !== null ? { ...data } : {}
}

const textOf = (data: Data, field: string): string | null => (typeof data[field] === 'string' ? data[field] : null)
const statusOf = (text: string | null): SloStatus | null => sloStatuses.find((status) => status === text) ?? null
const stateOf = (text: string | null): AlertState => (text === 'PENDING' || text === 'FIRING' ? text : 'INACTIVE')

/** Announcements of one noun in the caller's tenant. A tenant that no subject can name has none. */
function announcements(ctx: Context, noun: 'slo' | 'alert', { start, strict }: StreamOptions): AsyncIterableIterator<HubItem> {
  const { tenantId } = ctx.scope
  const tenant = isSubjectToken(tenantId) && !tenantId.includes('.') ? tenantId : '-'
  return ctx.live.subscribe({
    field: noun === 'slo' ? 'sloStatusChanged' : 'alertChanged',
    stream: 'orrery',
    after: start.after,
    strict,
    subjects: [`orrery.events.v1.${tenant}.slo.${noun}`],
    signal: ctx.scope.signal ?? new AbortController().signal,
  })
}

const fitsSlo = (
  { definition }: SloReport,
  status: SloStatus,
  { names, services, statuses, sources, nameContains, labels }: SloFilter,
): boolean =>
  (names == null || names.includes(definition.name)) &&
  (services == null || services.includes(definition.service)) &&
  (sources == null || sources.includes(definition.indicator.source)) &&
  (statuses == null || statuses.includes(status)) &&
  (nameContains == null || definition.name.toLowerCase().includes(nameContains.toLowerCase())) &&
  (labels == null || Object.entries(labels).every(([label, value]) => definition.labels[label] === value))

/** Every change of an objective's status, each once and in the order of the log; the objective as it is measured now. */
export function sloStatusChanges(ctx: Context, filter: SloFilter, options: StreamOptions): AsyncIterableIterator<Delivery<SloDelivered>> {
  return mapStream<HubItem, Delivery<SloDelivered>>(announcements(ctx, 'slo', options), async (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, options.start.scope, item, 'orrery')
    const data = dataOf(item.message)
    const name = textOf(data, 'slo')
    const status = statusOf(textOf(data, 'status'))
    if (name === null || status === null || (filter.names != null && !filter.names.includes(name))) return null
    const slo = await throughOutages(ctx, () => ctx.dataSources.slo.find(ctx.scope, name, null))
    if (slo === null || !fitsSlo(slo, status, filter)) return null
    const position = positionOf(item, 'orrery')
    const cursor = ctx.cursors.encode(position, options.start.scope)
    const value: SloDelivered = { __typename: 'SloItem', cursor, slo, status, previousStatus: statusOf(textOf(data, 'previousStatus')) }
    return delivery({ position, cursor, value })
  })
}

/** An alert as its announcement tells of it: it may be gone from every list by the time it is told. */
function announcedAlert(ctx: Context, data: Data, message: LogMessage): Alert {
  const id = textOf(data, 'alertId') ?? ''
  const [slo, tier, severity] = [textOf(data, 'slo'), textOf(data, 'tier'), textOf(data, 'severity') ?? 'none']
  const name = textOf(data, 'name') ?? 'SloBurnRate'
  const at = announcementFamily.read(message)?.at ?? message.recordedAtNs
  const state = stateOf(textOf(data, 'state'))
  const labels = { alertname: name, severity, ...(slo === null ? {} : { slo }), ...(tier === null ? {} : { tier }) }
  return {
    ...{ id, fingerprint: id, tenantId: ctx.scope.tenantId, name, severity, slo, labels, state },
    origin: tier === null ? 'ALERTMANAGER' : 'ORRERY',
    ...{ annotations: {}, startsAt: at, endsAt: state === 'INACTIVE' ? at : null, updatedAt: at },
    ...{ silencedBy: [], inhibitedBy: [], receivers: [] },
  }
}

/** Every change of an alert's state, each once and in the order of the log; the alert as it is listed now, or as it was announced. */
export function alertChanges(ctx: Context, filter: AlertFilter, options: StreamOptions): AsyncIterableIterator<Delivery<AlertDelivered>> {
  return mapStream<HubItem, Delivery<AlertDelivered>>(announcements(ctx, 'alert', options), async (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, options.start.scope, item, 'orrery')
    const data = dataOf(item.message)
    const id = textOf(data, 'alertId')
    if (id === null) return null
    const listed = await throughOutages(ctx, () => ctx.dataSources.alerts.find(ctx.scope, id))
    const alert = listed ?? announcedAlert(ctx, data, item.message)
    const state = stateOf(textOf(data, 'state'))
    if (!fitsAlert({ ...alert, state }, filter)) return null
    const position = positionOf(item, 'orrery')
    const cursor = ctx.cursors.encode(position, options.start.scope)
    return delivery({ position, cursor, value: { __typename: 'AlertItem', cursor, alert, state } })
  })
}
