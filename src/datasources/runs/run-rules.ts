import { type Permission, allowed, denied } from '../../auth/permission.ts'
import { type Viewer, denyByScope } from '../../auth/viewer.ts'
import { type Run, terminalStatuses } from './runs.ts'

/** What `Run.viewerCanCancel` says: the viewer's right first, then the run's state. Only Demon's log takes events, on 7-token subjects. */
export function canCancel(viewer: Viewer, run: Pick<Run, 'system' | 'legacy' | 'status'>): Permission {
  const reason = denyByScope(viewer, 'runs:cancel')
  if (reason !== null) return denied(reason)
  if (run.system !== 'DEMON') return denied('READ_ONLY_SOURCE')
  if (terminalStatuses.includes(run.status)) return denied('ALREADY_TERMINAL')
  return run.legacy ? denied('LEGACY_SUBJECT') : allowed
}
