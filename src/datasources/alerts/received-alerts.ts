import { z } from 'zod'
import { badUserInput } from '../../errors.ts'
import { type Clock, parseNanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { joinIncident } from '../slo/incidents.ts'
import { announce } from '../slo/sql-outbox.ts'
import { type Sql } from '../sql/sql.ts'
import { type Alert } from './alerts.ts'

const labels = z.record(z.string().max(256), z.string().max(4096))
const webhook = z.object({
  version: z.string().optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels.default({}),
        startsAt: z.string().max(64),
        endsAt: z.string().max(64).optional(),
        fingerprint: z.string().min(1).max(128),
      }),
    )
    .max(1000),
})

export interface ReceivedAlerts {
  /**
   * Takes what Alertmanager's webhook sends; the same alert (fingerprint and start) counts once, its end too.
   * @returns how many were new, changed and known
   * @throws AppError BAD_USER_INPUT for a body that is no webhook
   */
  receive(scope: Scope, body: unknown): Promise<{ received: number; created: number; changed: number; duplicates: number }>
}

interface Row {
  readonly fingerprint: string
  readonly starts_at: string
  readonly status: string
  readonly name: string
  readonly labels: string
  readonly annotations: string
  readonly ends_at: string | null
  readonly received_at_ns: bigint
}

function receivedOf(row: Row, tenantId: string): Alert {
  const names = readTexts(row.labels)
  const firing = row.status === 'firing'
  return {
    id: row.fingerprint,
    tenantId,
    origin: 'ALERTMANAGER',
    fingerprint: row.fingerprint,
    name: row.name,
    severity: names['severity'] ?? 'none',
    state: firing ? 'FIRING' : 'INACTIVE',
    slo: names['slo'] ?? null,
    labels: names,
    annotations: readTexts(row.annotations),
    startsAt: parseNanos(row.starts_at) ?? row.received_at_ns,
    // of an alert that fires it is when it would be forgotten
    endsAt: firing ? null : (parseNanos(row.ends_at) ?? row.received_at_ns),
    updatedAt: row.received_at_ns,
    silencedBy: [],
    inhibitedBy: [],
    receivers: [],
  }
}

const readTexts = (text: string): Record<string, string> => labels.catch({}).parse(JSON.parse(text))

/** What was last said of each alert that was pushed to a tenant: those that fire first, then the newest; at most `limit`. */
export async function listReceived(sql: Sql, { tenantId, signal }: Scope, limit = 500): Promise<Alert[]> {
  const rows = await sql.any<Row>(
    `select * from (
       select distinct on (fingerprint) fingerprint, starts_at, status, name, labels, annotations, ends_at, received_at_ns
         from received_alerts where tenant_id = $1 order by fingerprint, received_at_ns desc, starts_at desc) as newest
      order by (status = 'firing') desc, received_at_ns desc, fingerprint limit $2`,
    [tenantId, limit],
    { signal },
  )
  return rows.map((row) => receivedOf(row, tenantId))
}

const severe = new Set(['critical', 'fatal'])

/** Alerts that were pushed to us: kept, announced, and joined to incidents. */
export function createReceivedAlerts({ sql, clock }: { sql: Sql; clock: Clock }): ReceivedAlerts {
  return {
    async receive({ tenantId }, body) {
      const parsed = webhook.safeParse(body)
      if (!parsed.success) throw badUserInput('The body is no webhook of Alertmanager.')
      const { alerts } = parsed.data
      const bad = alerts.find(({ startsAt }) => parseNanos(startsAt) === null)
      if (bad !== undefined) throw badUserInput('An alert has no start.')
      return sql.transaction(async (tx) => {
        const now = clock.now()
        // a month is long enough to know an alert again; alerts that nobody ended are over by then
        await tx.run('delete from received_alerts where tenant_id = $1 and received_at_ns < $2', [tenantId, now - 2_592_000_000_000_000n])
        let created = 0
        let changed = 0
        for (const { fingerprint, startsAt, status, labels: names, annotations, endsAt = null } of alerts) {
          const name = names['alertname'] ?? 'unknown'
          const row = await tx.maybeOne<{ inserted: boolean }>(
            `insert into received_alerts as r (tenant_id, fingerprint, starts_at, status, name, labels, annotations, ends_at, received_at_ns)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (tenant_id, fingerprint, starts_at) do update set status = excluded.status, ends_at = excluded.ends_at, received_at_ns = excluded.received_at_ns
               where r.status <> excluded.status
             returning (xmax = 0) as inserted`,
            [tenantId, fingerprint, startsAt, status, name, JSON.stringify(names), JSON.stringify(annotations), endsAt, now],
          )
          if (row === null) continue
          if (row.inserted) created += 1
          else changed += 1
          const subject = names['slo'] ?? name
          const severity = names['severity'] ?? 'none'
          if (status === 'firing' && severe.has(severity))
            await joinIncident(
              tx,
              { tenantId, subject, alertId: fingerprint, severity: severity === 'fatal' ? 'CRITICAL' : 'HIGH', message: `${name} fires` },
              now,
            )
          await announce(tx, {
            tenantId,
            domain: 'SLO',
            type: status === 'firing' ? 'alert.fired:v1' : 'alert.resolved:v1',
            at: now,
            severity: status === 'resolved' ? 'INFO' : severe.has(severity) ? 'CRITICAL' : 'WARNING',
            labels: [`alertname=${name}`, `severity=${severity}`],
            data: { alertId: fingerprint, slo: names['slo'] ?? null, name, severity, state: status === 'firing' ? 'FIRING' : 'INACTIVE' },
          })
        }
        return { received: alerts.length, created, changed, duplicates: alerts.length - created - changed }
      })
    },
  }
}
