import { createLeader, type Leader } from '../datasources/sql/leader.ts'
import { follow, type ProjectionStats, type ProjectorParts } from './follow.ts'
import { type Projection } from './projection.ts'
import { createGraphProjection, defaultRunConvention } from './graph-projection.ts'
import { createRitualProjection } from './ritual-projection.ts'
import { createScaleProjection } from './scale-projection.ts'
import { slowestOfStream } from './slowest-of-stream.ts'
import { createStreamEventsProjection, keptStreams } from './stream-events-projection.ts'

export type { ProjectionStats, ProjectorParts } from './follow.ts'

/** The advisory lock that makes one projector active in a deployment. */
export const projectorLock = 'orrery-projector'

/** @param graphRunProperty the property of a node that names a run */
export const defaultProjections = ({ graphRunProperty = 'runId' } = {}): Projection[] => [
  createRitualProjection(),
  createScaleProjection(),
  createGraphProjection({ convention: { ...defaultRunConvention, runProperty: graphRunProperty } }),
  ...keptStreams.map((stream) => createStreamEventsProjection(stream)),
]

export interface ProjectorOptions extends ProjectorParts {
  readonly projections?: readonly Projection[]
  readonly batchMessages?: number
  readonly batchBytes?: number
  /** How often one that stands by asks for the lock. */
  readonly standbyMs?: number
}

export interface Projector extends Leader {
  stats(): readonly Readonly<ProjectionStats>[]
}

/**
 * Reads the logs in order and applies pure folds to SQL. Each batch commits together with its watermark, so nothing is applied twice and
 * nothing is skipped, whatever dies when; one projector is active per deployment and another takes over within about `standbyMs`.
 */
export function createProjector({ projections = defaultProjections(), standbyMs = 1000, ...options }: ProjectorOptions): Projector {
  const { sql, logger, batchMessages = 2000, batchBytes = 4 * 1024 * 1024 } = options
  const limits = { messages: batchMessages, bytes: batchBytes }
  const followed = projections.map((projection) => ({
    projection,
    stats: emptyStats(projection),
    notifier: options.notifier && slowestOfStream(options.notifier, projection, projections),
  }))
  const leader = createLeader({
    sql,
    lock: projectorLock,
    what: 'projector',
    logger,
    standbyMs,
    async lead(signal, lost) {
      await Promise.all(
        followed.map(({ projection, stats, notifier }) => follow({ ...options, notifier }, projection, { limits, stats, signal, lost })),
      )
    },
  })
  return { ...leader, stats: () => followed.map(({ stats }) => ({ ...stats })) }
}

const emptyStats = ({ name, stream }: Projection): ProjectionStats => ({
  ...{ projection: name, stream, status: 'IDLE', sequence: 0n },
  ...{ applied: 0, batches: 0, deadLetters: 0, resets: 0, missed: 0n },
})
