import { AppError } from '../errors.ts'
import { streamSettings } from '../datasources/log/demon-streams.ts'
import { type EventLog, type LogStream, type LogStreamState } from '../datasources/log/log.ts'
import { pause } from '../pause.ts'
import { type Projection } from './projection.ts'
import { createProjector, defaultProjections, type ProjectorOptions } from './projector.ts'
import { projectionTransactions } from './transactions.ts'
import { readMark, resetProjection } from './watermarks.ts'

export interface RebuildOptions extends ProjectorOptions {
  /** Names of the projections to build anew (default: all whose stream exists and still holds what they were made of). */
  readonly only?: readonly string[]
  /** Builds anew even though the log no longer holds all the messages, so that what only the tables know is lost. */
  readonly force?: boolean
  readonly signal?: AbortSignal
  /** Called a few times a second. */
  readonly onProgress?: (progress: { readonly projection: string; readonly sequence: bigint; readonly target: bigint }) => void
}

/** `kept` says why a projection was left as it was, or is null when it was built anew up to `sequence`. */
export interface RebuildResult {
  readonly projection: string
  readonly sequence: bigint
  readonly kept: string | null
}

interface Plan {
  readonly projection: Projection
  readonly state: LogStreamState
  /** What the log no longer holds, in words, or null when it holds all that the tables were made of. */
  readonly lost: string | null
}

/** Whether its own settings make a stream drop messages: that it did is its normal life, and no reason to leave the others unbuilt. */
const dropsByDesign = (stream: LogStream): boolean =>
  streamSettings[stream].maxAgeMs !== undefined || streamSettings[stream].maxMessagesPerSubject !== undefined

/**
 * Empties the projections and fills them from the first message on; gives the same tables, byte for byte. All are looked at before any is
 * emptied. Those of a stream that drops messages by its settings, and has, keep their tables. The projector's lock decides who replays: this
 * process, or the one that is active already, which notices that its watermark moved.
 * @throws AppError CONFLICT, and nothing was touched, when the log no longer holds what the tables of a stream without limits, or of `only`,
 * were made of (unless `force`); SOURCE_UNAVAILABLE
 */
export async function rebuild({ only, force = false, signal, onProgress, ...options }: RebuildOptions): Promise<RebuildResult[]> {
  const projections = options.projections ?? defaultProjections()
  const plans = await Promise.all(
    projections.filter(({ name }) => only?.includes(name) ?? true).map((projection) => planOf(options, projection)),
  )
  const found = plans.filter((plan) => plan !== null)
  const refused = force
    ? []
    : found.filter(({ projection, lost }) => lost !== null && (only !== undefined || !dropsByDesign(projection.stream)))
  if (refused.length > 0)
    throw new AppError('CONFLICT', `${refused.map(describe).join(' ')} What they made would be lost; nothing was changed.`)
  const building = found.filter(({ lost }) => force || lost === null)
  const targets = new Map<Projection, bigint>()
  for (const plan of building) targets.set(plan.projection, await empty(options, plan))
  if (targets.size === 0) return results()
  // all of them: the lock may come to this process, and the others have to go on meanwhile
  const projector = createProjector({ ...options, projections })
  projector.start()
  try {
    for (const [projection, target] of targets) await reached(projection, target)
  } finally {
    await projector.stop()
  }
  return results()

  function results(): RebuildResult[] {
    return found.map(({ projection, lost }) => {
      const sequence = targets.get(projection)
      return { projection: projection.name, sequence: sequence ?? 0n, kept: sequence === undefined ? lost : null }
    })
  }

  async function reached(projection: Projection, target: bigint): Promise<void> {
    const never = new AbortController().signal
    for (;;) {
      signal?.throwIfAborted()
      const mark = await readMark(options.sql, projection)
      onProgress?.({ projection: projection.name, sequence: mark?.sequence ?? 0n, target })
      if (mark !== null && mark.sequence >= target) return
      await pause(100, signal ?? never)
    }
  }
}

const describe = ({ projection, lost }: Plan): string => `${projection.name}: ${lost}.`

/** What a rebuild would do to one projection, or null when its stream does not exist. */
async function planOf({ sql, log }: ProjectorOptions, projection: Projection): Promise<Plan | null> {
  const state = await log.state(projection.stream)
  if (state === null) return null
  const mark = await readMark(sql, projection)
  const dropped = state.lastSequence - state.messages
  const loses = dropped > 0n && mark?.epoch === state.epoch && mark.sequence > 0n
  return { projection, state, lost: loses ? `${state.name} no longer holds ${dropped} of its ${state.lastSequence} messages` : null }
}

/** Empties one projection; gives where its replay has to arrive. */
async function empty({ sql, log, clock }: ProjectorOptions, { projection, state }: Plan): Promise<bigint> {
  const transactions = projectionTransactions({ sql, clock })
  await transactions.run((tx) => resetProjection(tx, projection, state.epoch, clock.now()))
  return lastHeld(log, projection.stream, state)
}

/** A stream may end in messages that were deleted; a replay comes as far as the last one held. */
async function lastHeld(log: EventLog, stream: LogStream, state: LogStreamState): Promise<bigint> {
  if (state.messages === 0n) return 0n
  let sequence = state.lastSequence
  while (sequence >= state.firstSequence && (await log.get(stream, sequence)) === null) sequence -= 1n
  return sequence
}
