import { AppError } from '../errors.ts'
import { type EventLog, type LogStream, type LogStreamState } from '../datasources/log/log.ts'
import { pause } from '../pause.ts'
import { type Projection } from './projection.ts'
import { createProjector, defaultProjections, type ProjectorOptions } from './projector.ts'
import { projectionTransactions } from './transactions.ts'
import { readMark, resetProjection } from './watermarks.ts'

export interface RebuildOptions extends ProjectorOptions {
  /** Builds anew even though the log no longer holds the oldest messages, so that what only the tables know is lost. */
  readonly force?: boolean
  readonly signal?: AbortSignal
  /** Called a few times a second. */
  readonly onProgress?: (progress: { readonly projection: string; readonly sequence: bigint; readonly target: bigint }) => void
}

export interface RebuildResult {
  readonly projection: string
  readonly sequence: bigint
}

/**
 * Empties the projections and fills them from the first message on; gives the same tables, byte for byte. The projector's lock decides who
 * replays: this process, or the one that is active already, which notices that its watermark moved.
 * @throws AppError CONFLICT when the log no longer holds what the tables were made of (unless `force`), SOURCE_UNAVAILABLE
 */
export async function rebuild({ force = false, signal, onProgress, ...options }: RebuildOptions): Promise<RebuildResult[]> {
  const projections = options.projections ?? defaultProjections()
  const targets = await Promise.all(projections.map((projection) => prepare(options, projection, force)))
  const projector = createProjector({ ...options, projections })
  projector.start()
  try {
    for (const target of targets) if (target !== null) await reached(target)
  } finally {
    await projector.stop()
  }
  return targets.flatMap((target) => (target === null ? [] : [{ projection: target.projection.name, sequence: target.sequence }]))

  async function reached({ projection, sequence }: { projection: Projection; sequence: bigint }): Promise<void> {
    const never = new AbortController().signal
    for (;;) {
      signal?.throwIfAborted()
      const mark = await readMark(options.sql, projection)
      onProgress?.({ projection: projection.name, sequence: mark?.sequence ?? 0n, target: sequence })
      if (mark !== null && mark.sequence >= sequence) return
      await pause(100, signal ?? never)
    }
  }
}

/** Empties one projection; gives where its replay has to arrive, or null when its stream does not exist. */
async function prepare(
  { sql, log, clock }: ProjectorOptions,
  projection: Projection,
  force: boolean,
): Promise<{ projection: Projection; sequence: bigint } | null> {
  const state = await log.state(projection.stream)
  if (state === null) return null
  const mark = await readMark(sql, projection)
  if (!force && mark?.epoch === state.epoch && mark.sequence > 0n && state.firstSequence > 1n) {
    throw new AppError('CONFLICT', `${state.name} no longer holds messages before ${state.firstSequence}; what they made would be lost.`)
  }
  const transactions = projectionTransactions({ sql, clock })
  await transactions.run((tx) => resetProjection(tx, projection, state.epoch, clock.now()))
  return { projection, sequence: await lastHeld(log, projection.stream, state) }
}

/** A stream may end in messages that were deleted; a replay comes as far as the last one held. */
async function lastHeld(log: EventLog, stream: LogStream, state: LogStreamState): Promise<bigint> {
  if (state.messages === 0n) return 0n
  let sequence = state.lastSequence
  while (sequence >= state.firstSequence && (await log.get(stream, sequence)) === null) sequence -= 1n
  return sequence
}
