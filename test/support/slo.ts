import { type AppendAck, type EventLog } from '../../src/datasources/log/log.ts'
import { formatDemonTime, type Nanos } from '../../src/time.ts'

/** Writes an event of a run of tenant `acme` as if it had happened at `at`. */
export function ritualEvent(
  log: EventLog,
  ritualId: string,
  runId: string,
  at: Nanos,
  payload: Record<string, unknown>,
): Promise<AppendAck> {
  const body = { ...payload, ts: formatDemonTime(at), tenantId: 'acme', ritualId, runId }
  return log.append(`demon.ritual.v1.acme.${ritualId}.${runId}.events`, Buffer.from(JSON.stringify(body)))
}
