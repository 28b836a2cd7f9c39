import { type LogStream, logStreams } from './log.ts'
import { subjectMatcher } from './subjects.ts'

/** What a stream is made with. Everything not named here is left to the server's defaults, as Demon does. */
export interface StreamSettings {
  readonly name: string
  readonly subjects: readonly string[]
  readonly duplicateWindowMs?: number
  readonly maxMessagesPerSubject?: number
  readonly maxAgeMs?: number
}

export const duplicateWindowMs = 120_000
const dayMs = 86_400_000

/** The deprecated name, used only where it exists and the present one does not (contract: demon 2.2). */
export const deprecatedRitualName = 'DEMON_RITUAL_EVENTS'

/**
 * The streams with exactly Demon's settings (contract: demon 2.1): others would be rewritten by Demon at its next write, or decide
 * which subjects are stored. `orrery` is ours: what it announces is owned by SQL, so a month of it is enough.
 */
export const streamSettings: Readonly<Record<LogStream, StreamSettings>> = {
  ritual: { name: 'RITUAL_EVENTS', subjects: ['demon.ritual.v1.>'], duplicateWindowMs },
  graph: { name: 'GRAPH_COMMITS', subjects: ['demon.graph.v1.*.*.*.commit'], duplicateWindowMs, maxMessagesPerSubject: 10_000 },
  scale: { name: 'SCALE_HINTS', subjects: ['demon.scale.v1.*.hints'], maxAgeMs: 7 * dayMs },
  orrery: { name: 'ORRERY_EVENTS', subjects: ['orrery.>'], duplicateWindowMs, maxAgeMs: 30 * dayMs },
}

const matchers = logStreams.map((stream) => ({ stream, matches: streamSettings[stream].subjects.map(subjectMatcher) }))

/** The stream that stores a subject, or null when none of ours does. */
export const streamOfSubject = (subject: string): LogStream | null =>
  matchers.find(({ matches }) => matches.some((match) => match(subject)))?.stream ?? null
