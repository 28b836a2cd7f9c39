import { type DomainEvent } from '../../domain-events/event.ts'
import { createEventReader } from '../../domain-events/families.ts'
import { type CompiledFilter } from '../../domain-events/filter.ts'
import { ritualDomainEvent } from '../../domain-events/ritual-family.ts'
import { decodeId } from '../../ids.ts'
import { readRitualEvent } from '../../projections/events.ts'
import { keptStreams, type KeptStream, streamEventsTable } from '../../projections/stream-events-projection.ts'
import { type Nanos } from '../../time.ts'
import { type LogStream } from '../log/log.ts'
import { type Parameters } from '../sql-keyset.ts'

/** How one stream's events are read from its table. Its alias is `e`, and it has `sequence`, `tenant_id` and `recorded_at_ns`. */
export interface TimelineStream {
  readonly stream: LogStream
  /** Whose watermark says how far the table is. */
  readonly projection: string
  readonly table: string
  readonly columns: string
  readonly from: string
  /** Conditions that every event of the filter meets: the rest is asked of each row. */
  conditions(filter: CompiledFilter, params: Parameters): string[]
  event(tenantId: string, row: object): DomainEvent | null
}

interface RitualRow {
  readonly sequence: bigint
  readonly recorded_at_ns: Nanos
  readonly legacy: boolean
  readonly payload: string
  readonly ritual_id: string
  readonly run_id: string
}

const ritual: TimelineStream = {
  stream: 'ritual',
  projection: 'runs',
  table: 'run_events',
  columns: 'e.sequence, e.recorded_at_ns, e.legacy, e.payload, r.ritual_id, r.run_id',
  from: 'run_events e join runs r on r.run_seq = e.run_seq',
  conditions({ domains, types, runId }, params) {
    const found: string[] = []
    if (types !== null) found.push(`e.type = any(${params.add([...types])}::text[])`)
    if (!domains.has('RUNS')) found.push("e.type like 'approval.%'")
    if (!domains.has('APPROVALS')) found.push("e.type not like 'approval.%'")
    const [system, tenantId, ritualId, run] = runId === null ? [] : (decodeId(runId)?.parts ?? [])
    if (system !== undefined && tenantId !== undefined && ritualId !== undefined && run !== undefined) {
      const key = [tenantId, system, ritualId, run].map((part) => params.add(part)).join(', ')
      // the tenant of the scope is asked for as well: another tenant's run is not there
      found.push(
        `e.run_seq = (select k.run_seq from runs k where (k.tenant_id, k.system, k.ritual_id, k.run_id) = (${key}) and k.tenant_id = e.tenant_id)`,
      )
    }
    return found
  },
  event(tenantId, row) {
    const { sequence, recorded_at_ns, legacy, payload, ritual_id, run_id } = row as RitualRow
    const origin = { tenantId, ritualId: ritual_id, runId: run_id, legacy, sequence, recordedAt: recorded_at_ns }
    const parsed = readRitualEvent(origin, payload)
    return parsed.readable ? ritualDomainEvent(parsed) : null
  },
}

interface KeptRow {
  readonly sequence: bigint
  readonly recorded_at_ns: Nanos
  readonly subject: string
  readonly payload: string
}

const readEvent = createEventReader()

const kept = (stream: KeptStream): TimelineStream => ({
  stream,
  projection: `${stream}_timeline`,
  table: streamEventsTable(stream),
  columns: 'e.sequence, e.recorded_at_ns, e.subject, e.payload',
  from: `${streamEventsTable(stream)} e`,
  conditions: () => [],
  event(_tenantId, row) {
    const { sequence, recorded_at_ns, subject, payload } = row as KeptRow
    return readEvent({ stream, sequence, subject, messageId: null, payload: Buffer.from(payload), recordedAtNs: recorded_at_ns })
  },
})

/** In the order in which events that were stored at one moment are shown. */
export const timelineStreams: readonly TimelineStream[] = [ritual, ...keptStreams.map(kept)]
