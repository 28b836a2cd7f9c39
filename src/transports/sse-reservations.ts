import { type FastifyReply } from 'fastify'
import { callerKey, type Viewer } from '../auth/viewer.ts'
import { type Pipeline, type Prepared } from '../operation/operation.ts'
import { createPresence, type Presence } from '../presence.ts'
import { operationFrames, sseFraming } from './sse-framing.ts'
import { copy, type StreamTiming } from './stream-responder.ts'
import { type Chunk, openStreamWriter, type StreamWriter } from './stream-writer.ts'

/** One stream that carries several operations: reserved by PUT, open from its GET until that ends. */
export interface Reservation {
  readonly viewer: Viewer
  isOpen(): boolean
  /** Writes to the response until it closes. */
  serve(reply: FastifyReply): Promise<void>
  /** Takes an id for an operation that is about to be prepared. */
  take(id: string): Presence | 'TAKEN' | 'FULL'
  /** @param client what `take` gave: an id may have been ended and taken again meanwhile */
  run(id: string, client: Presence, prepared: Prepared): void
  end(id: string): void
}

export interface Reservations {
  /** @param address where a caller without a name comes from @returns false when there are too many, of this caller or in all */
  add(token: string, viewer: Viewer, address: string): boolean
  find(token: string): Reservation | null
  size(): number
  drain(): void
}

const maxReserved = 10_000
/** Of one caller: nobody can take the others' places. */
const maxReservedByOne = 1000
/** How long a stream may be reserved without being open. */
const unusedMs = 30_000

export function createReservations(pipeline: Pipeline, options: { maxOperations: number; timing: StreamTiming }): Reservations {
  const reserved = new Map<string, ReturnType<typeof createReservation>>()
  const byCaller = new Map<string, number>()
  return {
    add(token, viewer, address) {
      const caller = callerKey(viewer, () => address)
      const own = byCaller.get(caller) ?? 0
      if (reserved.size >= maxReserved || own >= maxReservedByOne) return false
      const onEnd = (): void => {
        reserved.delete(token)
        const left = (byCaller.get(caller) ?? 1) - 1
        if (left === 0) byCaller.delete(caller)
        else byCaller.set(caller, left)
      }
      reserved.set(token, createReservation(pipeline, { ...options, viewer, onEnd }))
      byCaller.set(caller, own + 1)
      return true
    },
    find: (token) => reserved.get(token) ?? null,
    size: () => reserved.size,
    drain() {
      for (const reservation of [...reserved.values()]) reservation.drain()
    },
  }
}

interface ReservationOptions {
  readonly viewer: Viewer
  readonly maxOperations: number
  readonly timing: StreamTiming
  readonly onEnd: () => void
}

function createReservation(
  pipeline: Pipeline,
  { viewer, maxOperations, timing, onEnd }: ReservationOptions,
): Reservation & { drain(): void } {
  const operations = new Map<string, Presence>()
  let writer: StreamWriter | null = null
  let begun = false
  let over = false
  let whenOpen: (() => void)[] = []

  const finish = (): void => {
    if (over) return
    over = true
    clearTimeout(unused)
    for (const operation of operations.values()) operation.leave()
    operations.clear()
    for (const wake of whenOpen) wake()
    onEnd()
  }
  const unused = setTimeout(finish, unusedMs).unref()

  /** Results wait for the stream to be opened; until then nothing is pulled. */
  const opened = (): Promise<void> => (writer !== null || over ? Promise.resolve() : new Promise((resolve) => whenOpen.push(resolve)))

  const write = async (chunk: Chunk): Promise<boolean> => {
    await opened()
    return writer !== null && !over && writer.write(chunk)
  }

  const deliver = async (id: string, prepared: Prepared, operation: Presence): Promise<void> => {
    const frames = operationFrames(id)
    await opened()
    const answer =
      prepared.kind === 'REFUSED'
        ? prepared.result
        : await (prepared.operation.type === 'subscription' ? pipeline.subscribe(prepared.operation) : pipeline.execute(prepared.operation))
    const done =
      Symbol.asyncIterator in answer
        ? await copy(answer, { write }, frames.next, operation)
        : !operation.left && (await write(frames.next(answer)))
    if (done) await write(frames.complete)
    // the id may have been taken again meanwhile
    if (operations.get(id) === operation) operations.delete(id)
  }

  return {
    viewer,
    isOpen: () => begun,
    async serve(reply) {
      begun = true
      clearTimeout(unused)
      const response = await openStreamWriter(reply, {
        contentType: sseFraming.contentType,
        stallMs: timing.stallMs,
        onSlow: () => undefined,
      })
      const beat = setInterval(() => void response.write(sseFraming.heartbeat), timing.heartbeatMs).unref()
      response.onClose(() => {
        clearInterval(beat)
        finish()
      })
      await response.write(sseFraming.open)
      writer = response
      for (const wake of whenOpen) wake()
      whenOpen = []
    },
    take(id) {
      if (operations.has(id)) return 'TAKEN'
      if (operations.size >= maxOperations) return 'FULL'
      const operation = createPresence()
      if (over) operation.leave()
      else operations.set(id, operation)
      return operation
    },
    run(id, client, prepared) {
      const operation = operations.get(id)
      if (operation === undefined || operation !== client) return
      // neither side rejects: the pipeline answers with a result, a closed response with false
      void deliver(id, prepared, operation)
    },
    end(id) {
      operations.get(id)?.leave()
      operations.delete(id)
    },
    drain() {
      writer?.end(sseFraming.restart)
      finish()
    },
  }
}
