import { isAppError } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { type RecordStore } from '../storage/storage.ts'
import { seconds } from './windows.ts'

/** Appends to one stream that began in one minute, and how they ended. */
export interface AppendSlot {
  readonly tenantId: string
  readonly stream: string
  readonly at: Nanos
  readonly accepted: number
  readonly refused: number
}

/** How appends ended, until it is stored. */
export interface AppendCounts {
  count(tenantId: string, stream: string, accepted: boolean): void
  take(): AppendSlot[]
  /** Puts back what could not be stored. */
  restore(slots: readonly AppendSlot[]): void
}

const MINUTE: Nanos = seconds(60)
/** A store that is away for long costs the oldest counts, not all memory. */
const MOST_WAITING = 50_000

export function createAppendCounts({ clock }: { clock: Clock }): AppendCounts {
  const waiting = new Map<string, AppendSlot>()

  function add(slot: AppendSlot): void {
    const key = JSON.stringify([slot.tenantId, slot.stream, slot.at.toString()])
    const known = waiting.get(key)
    const sum = { accepted: slot.accepted + (known?.accepted ?? 0), refused: slot.refused + (known?.refused ?? 0) }
    waiting.set(key, { ...slot, ...sum })
    const [oldest] = waiting.keys()
    if (waiting.size > MOST_WAITING && oldest !== undefined) waiting.delete(oldest)
  }

  return {
    count(tenantId, stream, accepted) {
      const now = clock.now()
      add({ tenantId, stream, at: now - (now % MINUTE), accepted: accepted ? 1 : 0, refused: accepted ? 0 : 1 })
    },
    take() {
      const slots = [...waiting.values()]
      waiting.clear()
      return slots
    },
    restore: (slots) => slots.forEach(add),
  }
}

/** What was asked for rightly and not stored: what a client did wrong spends no budget. */
const isRefusal = (error: unknown): boolean =>
  !isAppError(error) || ['SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'THROTTLED', 'CONFLICT', 'INTERNAL_SERVER_ERROR'].includes(error.code)

/** A store of records whose appends are counted: stored, or refused (somebody else was first, too many wait, the store is away). */
export const countedAppends = <S extends RecordStore>(store: S, counts: AppendCounts): S => ({
  ...store,
  async append(scope, stream, request) {
    try {
      const done = await store.append(scope, stream, request)
      counts.count(scope.tenantId, stream.name, done.outcome === 'APPENDED')
      return done
    } catch (error) {
      if (isRefusal(error)) counts.count(scope.tenantId, stream.name, false)
      throw error
    }
  },
})
