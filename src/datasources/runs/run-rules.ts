import { allowed, denied, type Permission } from '../../auth/permission.ts'
import { denyByScope, type Viewer } from '../../auth/viewer.ts'
import { millisBetween, type Nanos } from '../../time.ts'
import { type Run, terminalStatuses } from './runs.ts'

export const isTerminal = (run: Pick<Run, 'status'>): boolean => terminalStatuses.includes(run.status)

/**
 * May this viewer report something about the run (`runs:write`), or cancel it (`runs:cancel`)? The viewer's rights are judged first, then the run:
 * a run that ended takes no more, one on 6-token subjects cannot be written to (contract: demon 7.2), other systems are read only.
 */
export function runPermission(
  viewer: Viewer,
  run: Pick<Run, 'status' | 'legacy' | 'system'>,
  scope: 'runs:write' | 'runs:cancel',
): Permission {
  const reason = denyByScope(viewer, scope)
  if (reason !== null) return denied(reason)
  if (run.system !== 'DEMON') return denied('READ_ONLY_SOURCE')
  if (isTerminal(run)) return denied('ALREADY_TERMINAL')
  return run.legacy ? denied('LEGACY_SUBJECT') : allowed
}

/** From start to end in ms, or to `now` while the run has not ended; null without a start. A writer's clock that ran back counts as 0. */
export function durationMs(run: Pick<Run, 'startedAt' | 'endedAt'>, now: Nanos): bigint | null {
  if (run.startedAt === null) return null
  const duration = millisBetween(run.startedAt, run.endedAt ?? now)
  return duration < 0n ? 0n : duration
}
