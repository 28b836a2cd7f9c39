import { type Context } from '../context.ts'
import { type Approval, type ApprovalFilter } from '../datasources/approvals/approvals.ts'
import { fitsApproval } from '../datasources/approvals/fits-approval.ts'
import { type RitualEvent } from '../projections/events.ts'
import { type Delivery, delivery, type Marker, markerDelivery, positionOf } from './delivery.ts'
import { type HubItem } from './hub.ts'
import { mapStream } from './map-stream.ts'
import { onceProjected } from './projected.ts'
import { ritualEventOf, ritualSubjects, runKeyOf } from './ritual-messages.ts'
import { type StreamStart } from './start.ts'

export type ApprovalDelivered = { readonly __typename: 'ApprovalItem'; readonly cursor: string; readonly approval: Approval } | Marker

export interface ApprovalUpdatesOptions {
  /** Null: nothing can fit, only gaps and phases come. */
  readonly filter: ApprovalFilter | null
  readonly start: StreamStart
  readonly strict: boolean
}

const gateOf = ({ body }: RitualEvent): string | null => {
  if (body.kind === 'approval.requested' || body.kind === 'approval.decided' || body.kind === 'approval.escalated' || body.kind === 'timer')
    return body.gateId
  return null
}

/** A gate after each of its events, as the tables show it once they hold that event: perhaps with later events already in it. */
export function approvalUpdates(
  ctx: Context,
  { filter, start, strict }: ApprovalUpdatesOptions,
): AsyncIterableIterator<Delivery<ApprovalDelivered>> {
  const { tenantId } = ctx.scope
  const concerns = (event: RitualEvent | null): boolean => {
    if (event === null || filter === null || event.tenantId !== tenantId) return false
    const gate = gateOf(event)
    return (
      gate !== null && (filter.gateId == null || filter.gateId === gate) && (filter.ritualId == null || filter.ritualId === event.ritualId)
    )
  }
  const items = ctx.live.subscribe({
    field: 'approvalUpdated',
    stream: 'ritual',
    after: start.after,
    strict,
    subjects: ritualSubjects(tenantId, filter?.ritualId),
    matches: (message) => concerns(ritualEventOf(message)),
    signal: ctx.scope.signal ?? new AbortController().signal,
  })

  return mapStream<HubItem, Delivery<ApprovalDelivered>>(items, async (item) => {
    if (item.kind !== 'MESSAGE') return markerDelivery(ctx, start.scope, item)
    const event = ritualEventOf(item.message)
    const gateId = event === null ? null : gateOf(event)
    if (event === null || gateId === null || filter === null) return null
    const position = positionOf(item)
    const approval = await onceProjected(ctx, position, () => ctx.dataSources.approvals.find(ctx.scope, { ...runKeyOf(event), gateId }))
    if (approval === null || !fitsApproval(approval, filter)) return null
    const cursor = ctx.cursors.encode(position, start.scope)
    return delivery({ position, cursor, value: { __typename: 'ApprovalItem', cursor, approval } })
  })
}
