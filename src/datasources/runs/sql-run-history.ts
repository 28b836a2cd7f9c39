import { gateOf, type GateState } from '../../projections/approvals.ts'
import { readRitualEvent } from '../../projections/events.ts'
import { runModel } from '../../projections/models.ts'
import { foldRun, type RunState } from '../../projections/runs.ts'
import { type Nanos } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type Run, type RunKey } from './runs.ts'
import { type EventRow, eventColumns } from './sql-run-rows.ts'

const BATCH = 1000

/** Folds the run's stored events up to `at` again, a bounded batch at a time, with the fold that the projector uses. */
export async function findRunAt(sql: Sql, scope: Scope, key: RunKey, at: Nanos): Promise<Run | null> {
  const gates = new Map<string, GateState>()
  let run: RunState | null = null
  let after = 0n
  for (;;) {
    scope.signal?.throwIfAborted()
    const rows: EventRow[] = await sql.any<EventRow>(
      `select ${eventColumns} from runs r join run_events e on e.run_seq = r.run_seq and e.tenant_id = $1
       where r.tenant_id = $1 and r.system = $2 and r.ritual_id = $3 and r.run_id = $4 and e.recorded_at_ns <= $5 and e.sequence > $6
       order by e.sequence limit ${BATCH}`,
      [scope.tenantId, key.system, key.ritualId, key.runId, at, after],
      { signal: scope.signal },
    )
    for (const row of rows) {
      const parsed = readRitualEvent(
        {
          ...{ tenantId: row.tenant_id, ritualId: key.ritualId, runId: key.runId, legacy: row.legacy },
          ...{ sequence: row.sequence, recordedAt: row.recorded_at_ns },
        },
        row.payload,
      )
      if (!parsed.readable) continue
      const gateId = gateOf(parsed.event)
      const next = foldRun(run, gateId === null ? null : (gates.get(gateId) ?? null), parsed.event)
      run = next.run
      if (next.gate !== null) gates.set(next.gate.gateId, next.gate)
      after = row.sequence
    }
    if (rows.length < BATCH) return run === null ? null : runModel(run)
  }
}
