import { type Announcement } from '../../domain-events/announcement.ts'
import { type Severity } from '../../domain-events/event.ts'
import { encodeId } from '../../ids.ts'
import { isSubjectToken } from '../../projections/events.ts'
import { type Nanos } from '../../time.ts'
import { type OwnAlert } from './sql-slo-states.ts'
import { type SloReport, type SloStatus } from './slo.ts'

/** Whether a tenant can be named by a subject: others get no announcements. */
export const isAnnounced = (tenantId: string): boolean => isSubjectToken(tenantId) && !tenantId.includes('.')

const severityOfStatus: Readonly<Record<SloStatus, Severity>> = {
  MEETING: 'INFO',
  AT_RISK: 'WARNING',
  BREACHED: 'ERROR',
  NO_DATA: 'INFO',
  STALE: 'WARNING',
  INSUFFICIENT_COVERAGE: 'INFO',
}

const sloRef = (tenantId: string, name: string) => ({ slo: encodeId('Slo', [tenantId, name]) })

export const statusChanged = ({ definition, status, reasons, budget }: SloReport, left: SloStatus | null, now: Nanos): Announcement => ({
  tenantId: definition.tenantId,
  domain: 'SLO',
  type: 'slo.changed:v1',
  at: now,
  severity: severityOfStatus[status],
  labels: [`slo=${definition.name}`, `service=${definition.service}`],
  refs: sloRef(definition.tenantId, definition.name),
  data: {
    slo: definition.name,
    service: definition.service,
    status,
    previousStatus: left,
    reasons: reasons.map(({ code }) => code),
    remainingRatio: budget.remainingRatio,
  },
})

export const alertChanged = (alert: OwnAlert, now: Nanos): Announcement => {
  const ended = alert.endsAt !== null
  return {
    tenantId: alert.tenantId,
    domain: 'SLO',
    type: ended ? 'alert.resolved:v1' : alert.state === 'PENDING' ? 'alert.pending:v1' : 'alert.fired:v1',
    at: now,
    severity: ended ? 'INFO' : alert.severity === 'page' ? 'CRITICAL' : 'WARNING',
    labels: [`slo=${alert.slo}`, `tier=${alert.tier}`],
    refs: sloRef(alert.tenantId, alert.slo),
    data: {
      alertId: alert.id,
      slo: alert.slo,
      tier: alert.tier,
      severity: alert.severity,
      state: ended ? 'INACTIVE' : alert.state,
      burnRate: alert.burnLong,
      factor: alert.factor,
    },
  }
}

export const incidentChanged = (
  incident: { tenantId: string; id: string; subject: string; severity: string; status: string },
  type: 'opened' | 'resolved',
  now: Nanos,
): Announcement => ({
  tenantId: incident.tenantId,
  domain: 'SLO',
  type: `incident.${type}:v1`,
  at: now,
  severity: type === 'resolved' ? 'INFO' : incident.severity === 'critical' ? 'CRITICAL' : 'ERROR',
  labels: [`subject=${incident.subject}`],
  data: { incidentId: incident.id, subject: incident.subject, severity: incident.severity, status: incident.status },
})
