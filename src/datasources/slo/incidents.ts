import { randomUUID } from 'node:crypto'
import { formatNanos, type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { incidentChanged } from './events.ts'
import { announce } from './sql-outbox.ts'
import { seconds } from './windows.ts'

export type IncidentStatus = 'OPEN' | 'INVESTIGATING' | 'RESOLVED'
export type IncidentSeverity = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL'

export interface TimelineEntry {
  readonly at: Nanos
  readonly type: 'ALERT' | 'ACTION' | 'RESOLUTION' | 'ESCALATION'
  readonly message: string
  readonly actor: string | null
}

/** Something that people have to look at: alerts about one subject, from the first to some time after the last was clear. */
export interface Incident {
  readonly id: string
  readonly tenantId: string
  readonly subject: string
  readonly title: string
  readonly status: IncidentStatus
  readonly severity: IncidentSeverity
  readonly startedAt: Nanos
  readonly endedAt: Nanos | null
  readonly alerts: readonly string[]
  readonly timeline: readonly TimelineEntry[]
}

interface Row {
  id: string
  tenant_id: string
  subject: string
  title: string
  status: string
  severity: string
  started_at_ns: bigint
  ended_at_ns: bigint | null
  clear_since_ns: bigint | null
  alerts: string
  timeline: string
}

/** Longer histories lose their middle: the first entries say how it began. */
const MOST_ENTRIES = 200
/** An incident ends when its alerts have been clear so long (contract: guarantees 10). */
export const CLEAR_SECONDS = 300

interface StoredEntry {
  readonly at: string
  readonly type: TimelineEntry['type']
  readonly message: string
  readonly actor: string | null
}

const readJson = (text: string): unknown[] => {
  const parsed: unknown = JSON.parse(text)
  return Array.isArray(parsed) ? parsed : []
}

const isEntry = (value: unknown): value is StoredEntry => typeof value === 'object' && value !== null && 'at' in value && 'type' in value

const incidentOf = (row: Row): Incident => ({
  id: row.id,
  tenantId: row.tenant_id,
  subject: row.subject,
  title: row.title,
  status: row.status === 'RESOLVED' ? 'RESOLVED' : row.status === 'INVESTIGATING' ? 'INVESTIGATING' : 'OPEN',
  severity: row.severity === 'CRITICAL' ? 'CRITICAL' : row.severity === 'MEDIUM' ? 'MEDIUM' : row.severity === 'LOW' ? 'LOW' : 'HIGH',
  startedAt: row.started_at_ns,
  endedAt: row.ended_at_ns,
  alerts: readJson(row.alerts).map(String),
  timeline: readJson(row.timeline)
    .filter(isEntry)
    .map(({ at, ...entry }) => ({ ...entry, at: BigInt(at) })),
})

const columns = 'id, tenant_id, subject, title, status, severity, started_at_ns, ended_at_ns, clear_since_ns, alerts, timeline'

const spell = (entries: readonly TimelineEntry[]): string => {
  const kept = entries.length <= MOST_ENTRIES ? entries : [...entries.slice(0, 20), ...entries.slice(-(MOST_ENTRIES - 20))]
  return JSON.stringify(kept.map((entry) => ({ ...entry, at: entry.at.toString() })))
}

export interface AlertForIncident {
  readonly tenantId: string
  readonly subject: string
  readonly alertId: string
  readonly severity: IncidentSeverity
  readonly message: string
}

const rank: Readonly<Record<IncidentSeverity, number>> = { LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 3 }

/** Opens the incident of a subject, or joins the one that is open. The unique index sees to it that there is one. */
export async function joinIncident(tx: SqlExecutor, alert: AlertForIncident, now: Nanos): Promise<void> {
  const { tenantId, subject, alertId, severity, message } = alert
  const open = await tx.maybeOne<Row>(
    `select ${columns} from incidents where tenant_id = $1 and subject = $2 and ended_at_ns is null for update`,
    [tenantId, subject],
  )
  const entry: TimelineEntry = { at: now, type: 'ALERT', message, actor: null }
  if (open === null) {
    const id = randomUUID()
    await tx.run(
      `insert into incidents (id, tenant_id, subject, title, status, severity, started_at_ns, alerts, timeline, updated_at_ns)
       values ($1, $2, $3, $4, 'OPEN', $5, $6, $7, $8, $6)`,
      [id, tenantId, subject, `${subject}: ${message}`.slice(0, 300), severity, now, JSON.stringify([alertId]), spell([entry])],
    )
    await announce(tx, incidentChanged({ tenantId, id, subject, severity: severity.toLowerCase(), status: 'OPEN' }, 'opened', now))
    return
  }
  const known = incidentOf(open)
  if (known.alerts.includes(alertId) && open.clear_since_ns === null) return
  const raised = rank[severity] > rank[known.severity]
  const timeline = [...known.timeline, ...(known.alerts.includes(alertId) ? [] : [entry])]
  if (raised) timeline.push({ at: now, type: 'ESCALATION', message: `now ${severity.toLowerCase()}`, actor: null })
  await tx.run(
    'update incidents set alerts = $3, timeline = $4, severity = $5, clear_since_ns = null, updated_at_ns = $6 where tenant_id = $1 and id = $2',
    [
      tenantId,
      known.id,
      JSON.stringify([...new Set([...known.alerts, alertId])].slice(-500)),
      spell(timeline),
      raised ? severity : known.severity,
      now,
    ],
  )
}

/** Moves open incidents on: those whose subjects have no alert any more are clear, and end when they have been clear long enough. */
export async function settleIncidents(
  tx: SqlExecutor,
  burning: ReadonlySet<string>,
  now: Nanos,
  clearSeconds = CLEAR_SECONDS,
): Promise<void> {
  const open = await tx.any<Pick<Row, 'id' | 'tenant_id' | 'subject' | 'clear_since_ns'>>(
    'select id, tenant_id, subject, clear_since_ns from incidents where ended_at_ns is null order by started_at_ns limit 1000',
  )
  const isBurning = (row: (typeof open)[number]): boolean => burning.has(JSON.stringify([row.tenant_id, row.subject]))
  const idsOf = (rows: typeof open): string[] => rows.map(({ id }) => id)
  const again = open.filter((row) => isBurning(row) && row.clear_since_ns !== null)
  if (again.length > 0) await tx.run('update incidents set clear_since_ns = null where id = any($1::text[])', [idsOf(again)])
  const quiet = open.filter((row) => !isBurning(row))
  const newlyClear = quiet.filter((row) => row.clear_since_ns === null)
  if (newlyClear.length > 0)
    await tx.run('update incidents set clear_since_ns = $2, updated_at_ns = $2 where id = any($1::text[])', [idsOf(newlyClear), now])
  for (const { id, clear_since_ns: since } of quiet)
    if (since !== null && now - since >= seconds(clearSeconds)) await resolveIncident(tx, { id, since }, now)
}

async function resolveIncident(tx: SqlExecutor, { id, since }: { id: string; since: Nanos }, now: Nanos): Promise<void> {
  const incident = incidentOf(await tx.one<Row>(`select ${columns} from incidents where id = $1 for update`, [id]))
  const timeline = [
    ...incident.timeline,
    { at: now, type: 'RESOLUTION' as const, message: `clear since ${formatNanos(since)}`, actor: null },
  ]
  await tx.run(`update incidents set status = 'RESOLVED', ended_at_ns = $2, timeline = $3, updated_at_ns = $2 where id = $1`, [
    id,
    now,
    spell(timeline),
  ])
  const { tenantId, subject, severity } = incident
  await announce(tx, incidentChanged({ tenantId, id, subject, severity: severity.toLowerCase(), status: 'RESOLVED' }, 'resolved', now))
}

/** Incidents of a tenant, newest first, open ones before all; at most `limit`. */
export async function listIncidents(sql: Sql, { tenantId, signal }: Scope, limit = 500): Promise<Incident[]> {
  const rows = await sql.any<Row>(
    `select ${columns} from incidents where tenant_id = $1 order by (ended_at_ns is null) desc, started_at_ns desc, id desc limit $2`,
    [tenantId, limit],
    { signal },
  )
  return rows.map(incidentOf)
}
