import { setImmediate as nextTurn } from 'node:timers/promises'
import { type StepPosition } from '../subscriptions/delivery.ts'
import { type Emission } from './event-source.ts'

/** What a member of a group gets next. */
export type Shared =
  | { readonly kind: 'EMISSION'; readonly emission: Emission }
  /** The member was too slow, or left: go on alone from the last emission. */
  | { readonly kind: 'DETACHED' }
  | { readonly kind: 'FAILED'; readonly error: unknown }
  | { readonly kind: 'ENDED' }

export interface Membership {
  next(): Promise<Shared>
  leave(): void
}

export interface SharedExecution {
  /**
   * Joins the group of a key at a position that the caller has caught up to.
   * @param source the caller's own source: becomes the group's when there is none yet, else is returned (closed)
   * @returns null when the group is past that position by more than it remembers: go on alone and try again
   */
  join(key: string, at: StepPosition, source: AsyncIterableIterator<Emission>): Membership | null
  groups(): number
}

interface Group {
  readonly source: AsyncIterableIterator<Emission>
  readonly members: Set<Member>
  /** The newest emissions, for members that are slightly behind. */
  recent: Emission[]
  /** Where the oldest of `recent` begins. */
  remembersFrom: StepPosition
  /** Where the group is. */
  reached: StepPosition
}

interface Member {
  readonly queue: Shared[]
  readonly after: StepPosition
  /** It has got something: whatever comes next is new for it. */
  started: boolean
  wake: ((shared: Shared) => void) | null
  open: boolean
}

export interface SharingOptions {
  /** Emissions that may wait for one member before it has to go on alone. */
  readonly queueSize: number
}

const remembered = 64

/** Executes once per event for all who ask the same with the same rights (platform 4.5). */
export function createSharedExecution({ queueSize }: SharingOptions): SharedExecution {
  const groups = new Map<string, Group>()

  const give = (member: Member, shared: Shared): void => {
    if (!member.open) return
    const { wake } = member
    if (wake !== null) {
      member.wake = null
      wake(shared)
    } else member.queue.push(shared)
  }

  /** At first a member may be offered what it has had from its own source. A gap starts a new count: the stream may have been set back. */
  const isNewFor = (member: Member, { at }: Emission): boolean =>
    member.started ||
    at === null ||
    at.kind === 'GAP' ||
    at.position.epoch !== member.after.epoch ||
    at.position.sequence > member.after.sequence

  /** @returns whether much is waiting for a member now */
  const spread = (group: Group, emission: Emission): boolean => {
    let crowded = false
    if (emission.at !== null) {
      group.reached = emission.at.position
      if (emission.at.kind === 'GAP') {
        group.recent = []
        group.remembersFrom = emission.at.position
      } else group.recent.push(emission)
      if (group.recent.length > remembered) group.remembersFrom = group.recent.shift()?.at?.position ?? group.remembersFrom
    }
    for (const member of group.members) {
      if (!isNewFor(member, emission)) continue
      member.started = true
      if (member.queue.length < queueSize) give(member, { kind: 'EMISSION', emission })
      else {
        group.members.delete(member)
        give(member, { kind: 'DETACHED' })
      }
      crowded ||= member.queue.length >= queueSize / 2
    }
    return crowded
  }

  const run = async (key: string, group: Group): Promise<void> => {
    let last: Shared = { kind: 'ENDED' }
    try {
      while (group.members.size > 0) {
        const step = await group.source.next()
        if (step.done === true) break
        // A burst comes faster than anything is sent: who reads well gets a turn before it counts as slow.
        if (spread(group, step.value)) await nextTurn()
      }
    } catch (error) {
      last = { kind: 'FAILED', error }
    }
    if (groups.get(key) === group) groups.delete(key)
    await group.source.return?.()
    for (const member of group.members) give(member, last)
  }

  const canFollow = (group: Group, at: StepPosition): boolean =>
    at.epoch === group.reached.epoch && at.epoch === group.remembersFrom.epoch && at.sequence >= group.remembersFrom.sequence

  const add = (key: string, group: Group, at: StepPosition): Membership => {
    const member: Member = { queue: [], after: at, wake: null, open: true, started: false }
    for (const emission of group.recent) if (isNewFor(member, emission)) member.queue.push({ kind: 'EMISSION', emission })
    group.members.add(member)
    return {
      next() {
        const waiting = member.queue.shift()
        if (waiting !== undefined) return Promise.resolve(waiting)
        return new Promise((resolve) => (member.wake = resolve))
      },
      leave() {
        give(member, { kind: 'DETACHED' })
        member.open = false
        group.members.delete(member)
        if (group.members.size > 0 || groups.get(key) !== group) return
        groups.delete(key)
        void group.source.return?.()
      },
    }
  }

  return {
    join(key, at, source) {
      const known = groups.get(key)
      if (known !== undefined) {
        if (!canFollow(known, at)) return null
        void source.return?.()
        return add(key, known, at)
      }
      const group: Group = { source, members: new Set(), recent: [], remembersFrom: at, reached: at }
      groups.set(key, group)
      const membership = add(key, group, at)
      void run(key, group)
      return membership
    },
    groups: () => groups.size,
  }
}
