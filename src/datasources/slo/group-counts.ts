import { ringShapes } from './rings.ts'
import { MAX_GROUPS } from './sli-source.ts'

/** Counts of one group in one slot. */
export interface GroupSlot {
  readonly ring: number
  readonly slot: number
  /** Empty for what did not fit among the groups. */
  readonly group: string
  readonly good: number
  readonly total: number
}

/** Rings in which groups are kept: 5 min over three days, 1 h over thirty days. */
export const groupRings = [1, 2] as const

const LONGEST_NAME = 128
/** Slots of groups that wait for a store that is away; what comes then is counted together. */
const MOST_WAITING = 20 * MAX_GROUPS
const HOUR = 3600

type Counts = { good: number; total: number }

/** Groups of one objective that were counted and not stored yet: the first 1,000 of an hour by name, all others together. */
export class GroupCounts {
  readonly groupBy: string
  readonly #names = new Set<string>()
  readonly #waiting = new Map<string, GroupSlot & Counts>()
  #hour = 0

  constructor(groupBy: string) {
    this.groupBy = groupBy
  }

  add(group: string, atSeconds: number, counts: Readonly<Counts>): void {
    const name = this.#bounded(group, atSeconds)
    for (const ring of groupRings) this.#put({ ring, slot: Math.floor(atSeconds / ringShapes[ring].seconds), group: name, ...counts })
  }

  waiting(): readonly GroupSlot[] {
    return [...this.#waiting.values()]
  }

  take(): readonly GroupSlot[] {
    const taken = this.waiting()
    this.#waiting.clear()
    return taken
  }

  restore({ ring, slot, group, good, total }: GroupSlot): void {
    this.#put({ ring, slot, group, good, total })
  }

  #bounded(group: string, atSeconds: number): string {
    const hour = Math.floor(atSeconds / HOUR)
    if (hour > this.#hour) {
      this.#hour = hour
      this.#names.clear()
    }
    if (this.#names.has(group)) return group
    if (this.#names.size >= MAX_GROUPS || group.length > LONGEST_NAME || this.#waiting.size >= MOST_WAITING) return ''
    this.#names.add(group)
    return group
  }

  #put(given: GroupSlot): void {
    const key = `${given.ring}:${given.slot}:${given.group}`
    const known = this.#waiting.get(key)
    if (known === undefined) this.#waiting.set(key, { ...given })
    else {
      known.good += given.good
      known.total += given.total
    }
  }
}
