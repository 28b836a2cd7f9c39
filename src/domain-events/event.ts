import { type LogMessage, type LogStream } from '../datasources/log/log.ts'
import { type System } from '../datasources/runs/runs.ts'
import { type Nanos } from '../time.ts'

export const eventDomains = ['RUNS', 'APPROVALS', 'GRAPH', 'STORAGE', 'SLO', 'SYSTEM'] as const
export type Domain = (typeof eventDomains)[number]

/** From harmless to bad: the order of `severityAtLeast`. */
export const severities = ['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const
export type Severity = (typeof severities)[number]

/** The objects that an event is about, by their global ids: what `runId`, `graphId`, `streamId` and `sloId` of a filter are compared with. */
export interface EventRefs {
  readonly run?: string | undefined
  readonly graph?: string | undefined
  readonly stream?: string | undefined
  readonly slo?: string | undefined
}

/** One fact of any domain, as far as all domains are alike. Read from one message of the log, by the same function live and from history. */
export interface DomainEvent {
  /** The family that read it. */
  readonly family: string
  readonly stream: LogStream
  readonly sequence: bigint
  readonly subject: string
  /** As the subject says: the payload is never trusted for that. */
  readonly tenantId: string
  readonly domain: Domain
  readonly system: System
  readonly type: string
  /** Its own time; the log's where it has none that can be read. */
  readonly at: Nanos
  readonly recordedAt: Nanos
  readonly severity: Severity
  /** Short words such as `ritual=deploy`; a filter's label must equal one of them. */
  readonly labels: readonly string[]
  readonly refs: EventRefs
  /** Nodes of `refs.graph` that it changes, by node id: what `downstreamOf` looks at. */
  readonly nodeIds: readonly string[]
  /** The exact text; JSON where the writer wrote JSON. */
  readonly payload: string
}

/**
 * How the messages of one subject family become events. A family is all that a domain has to add for `events`, `timeline` and their filter to
 * know it (docs/add-a-domain.md).
 */
export interface EventFamily {
  /** Such as `runs`; kept in every event it reads. */
  readonly name: string
  readonly stream: LogStream
  /** The subjects whose messages it reads, as NATS patterns; no two families of a stream may overlap. */
  readonly subjects: readonly string[]
  /** The domains its events can be of: a stream that no filter can want is never opened. */
  readonly domains: readonly Domain[]
  /**
   * Pure and total: the same message gives the same event for ever, since history is read again from what was stored.
   * @returns null for a message that is no event; whoever projects the stream keeps it as a dead letter
   */
  read(message: LogMessage): DomainEvent | null
}
