import { setImmediate as nextTurn } from 'node:timers/promises'
import { type StepPosition } from '../subscriptions/delivery.ts'
import { isSameLife } from '../subscriptions/hub.ts'
import { type ReadyIterator } from '../subscriptions/settling-iterator.ts'
import { type Emission } from './event-source.ts'
import { resultBytes } from './result-text.ts'

/** What a member of a group gets next. */
export type Shared =
  | { readonly kind: 'EMISSION'; readonly emission: Emission }
  /** The member was too slow, or left: go on alone from the last emission. */
  | { readonly kind: 'DETACHED' }
  | { readonly kind: 'FAILED'; readonly error: unknown }
  | { readonly kind: 'ENDED' }

export interface Membership {
  next(): Promise<Shared>
  /** The next emission if it is there already. Not while a `next` is waited for. */
  ready(): Emission | undefined
  leave(): void
}

export interface SharedExecution {
  /**
   * Joins the group of a key at a position that the caller has caught up to.
   * @param source the caller's own source: becomes the group's when there is none yet, else is returned (closed)
   * @returns null when the group is past that position by more than it remembers: go on alone and try again
   */
  join(key: string, at: StepPosition, source: ReadyIterator<Emission>): Membership | null
  groups(): number
}

interface Group {
  readonly source: ReadyIterator<Emission>
  readonly members: Set<Member>
  /** The newest emissions, each once for all members, and the number of the first of them. */
  emissions: Emission[]
  first: number
  /** Where newcomers can begin: after the last gap, or with the oldest of `emissions`. */
  newcomersFrom: number
  remembersFrom: StepPosition
  /** Where the group is. */
  reached: StepPosition
  /** What the emissions hold together. */
  bytes: number
  /** Emissions since members last had a turn, and what they hold. */
  sinceTurn: number
  bytesSinceTurn: number
}

interface Member {
  /** The number of the emission that comes next. */
  next: number
  readonly after: StepPosition
  /** It has got something: whatever comes next is new for it. */
  started: boolean
  wake: ((shared: Shared) => void) | null
  /** What comes after the last emission. */
  last: Shared | null
  left: boolean
}

export interface SharingOptions {
  /** Emissions that a group remembers: a member that is further behind has to go on alone. */
  readonly queueSize: number
  /** What they may hold together; the newest one is kept whatever its size. */
  readonly queueBytes: number
}

/** Its text is what every member sends. */
const sizeOf = ({ result }: Emission): number => (result === null ? 0 : resultBytes(result).length)

const detached: Shared = { kind: 'DETACHED' }

/** At first a member may be offered what it has had from its own source. A gap starts a new count: the stream may have been set back. */
const isNewFor = (member: Member, { at }: Emission): boolean =>
  member.started ||
  at === null ||
  at.kind === 'GAP' ||
  !isSameLife(at.position, member.after) ||
  at.position.sequence > member.after.sequence

/** Executes once per event for all who ask the same with the same rights (platform 4.5). */
export function createSharedExecution({ queueSize, queueBytes }: SharingOptions): SharedExecution {
  const groups = new Map<string, Group>()

  const endMember = (group: Group, member: Member, last: Shared): void => {
    group.members.delete(member)
    member.last ??= last
    member.wake?.(last)
    member.wake = null
  }

  const take = (group: Group, member: Member): Emission | undefined => {
    while (!member.left && member.next >= group.first) {
      const emission = group.emissions[member.next - group.first]
      if (emission === undefined) return undefined
      member.next++
      if (!isNewFor(member, emission)) continue
      member.started = true
      return emission
    }
    return undefined
  }

  /** Once a turn, so that a burst costs each member one awakening. */
  const rouse = (group: Group): void => {
    group.sinceTurn = 0
    group.bytesSinceTurn = 0
    for (const member of group.members) {
      if (member.next < group.first) endMember(group, member, detached)
      else if (member.wake !== null) {
        const emission = take(group, member)
        if (emission === undefined) continue
        member.wake({ kind: 'EMISSION', emission })
        member.wake = null
      }
    }
  }

  const forgetOldest = (group: Group): void => {
    const dropped = group.emissions.shift()
    if (dropped === undefined) return
    group.bytes -= sizeOf(dropped)
    group.first++
    if (group.newcomersFrom >= group.first) return
    group.newcomersFrom = group.first
    group.remembersFrom = dropped.at?.position ?? group.remembersFrom
  }

  const keep = (group: Group, emission: Emission): void => {
    const size = sizeOf(emission)
    group.emissions.push(emission)
    group.bytes += size
    group.bytesSinceTurn += size
    if (emission.at !== null) group.reached = emission.at.position
    if (emission.at?.kind === 'GAP') {
      group.newcomersFrom = group.first + group.emissions.length
      group.remembersFrom = emission.at.position
    }
    while (group.emissions.length > queueSize || (group.bytes > queueBytes && group.emissions.length > 1)) forgetOldest(group)
  }

  const run = async (key: string, group: Group): Promise<void> => {
    let last: Shared = { kind: 'ENDED' }
    try {
      while (group.members.size > 0) {
        const step = await group.source.next()
        if (step.done === true) break
        keep(group, step.value)
        if (group.sinceTurn++ === 0) setImmediate(rouse, group)
        // a burst comes faster than anything is sent: who reads well gets a turn before it counts as slow
        if (group.sinceTurn >= queueSize / 2 || group.bytesSinceTurn >= queueBytes / 2) await nextTurn()
      }
    } catch (error) {
      last = { kind: 'FAILED', error }
    }
    rouse(group)
    if (groups.get(key) === group) groups.delete(key)
    await group.source.return?.()
    for (const member of group.members) endMember(group, member, last)
  }

  const canFollow = (group: Group, at: StepPosition): boolean =>
    isSameLife(at, group.reached) && isSameLife(at, group.remembersFrom) && at.sequence >= group.remembersFrom.sequence

  const add = (key: string, group: Group, at: StepPosition): Membership => {
    const member: Member = { next: group.newcomersFrom, after: at, wake: null, started: false, last: null, left: false }
    group.members.add(member)
    return {
      ready: () => take(group, member),
      next() {
        const emission = take(group, member)
        if (emission !== undefined) return Promise.resolve({ kind: 'EMISSION', emission })
        if (member.last === null && member.next < group.first) endMember(group, member, detached)
        if (member.last !== null) return Promise.resolve(member.last)
        return new Promise((resolve) => (member.wake = resolve))
      },
      leave() {
        member.left = true
        endMember(group, member, detached)
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
      const group: Group = {
        source,
        members: new Set(),
        emissions: [],
        first: 0,
        newcomersFrom: 0,
        remembersFrom: at,
        reached: at,
        bytes: 0,
        sinceTurn: 0,
        bytesSinceTurn: 0,
      }
      groups.set(key, group)
      const membership = add(key, group, at)
      void run(key, group)
      return membership
    },
    groups: () => groups.size,
  }
}
