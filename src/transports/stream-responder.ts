import { type FastifyReply, type FastifyRequest } from 'fastify'
import { type ExecutionResult } from 'graphql'
import { type Pipeline, type Prepared, type ResultStream } from '../operation/operation.ts'
import { type StreamResponder } from './http.ts'
import { multipartFraming } from './multipart.ts'
import { isFinal } from '../operation/result-text.ts'
import { createPresence, type Presence } from '../presence.ts'
import { sseFraming } from './sse-framing.ts'
import { withReady } from './ready-results.ts'
import { openStreamWriter, type StreamWriter } from './stream-writer.ts'

export interface StreamTiming {
  readonly heartbeatMs: number
  /** How long a reader may leave full buffers unread. */
  readonly stallMs: number
}

export const defaultStreamTiming: StreamTiming = { heartbeatMs: 12_000, stallMs: 15_000 }

export interface Responder {
  readonly respond: StreamResponder
  stats(): { readonly streams: number; readonly slow: number }
  /** Ends every stream such that its reader comes back. New requests are still answered, and ended at once. */
  drain(): void
}

/** One stream per response, as events (SSE) or parts (multipart): the same pipeline, another frame. Always 200: clients retry anything else. */
export function createStreamResponder(pipeline: Pipeline, given: Partial<StreamTiming> = {}): Responder {
  const timing = { ...defaultStreamTiming, ...given }
  const ends = new Set<() => void>()
  let slow = 0
  let draining = false

  const results = async (prepared: Prepared): Promise<ResultStream | ExecutionResult> => {
    if (prepared.kind === 'REFUSED') return prepared.result
    const { operation } = prepared
    return operation.type === 'subscription' ? pipeline.subscribe(operation) : pipeline.execute(operation)
  }

  return {
    async respond(kind: 'sse' | 'multipart', _request: FastifyRequest, reply: FastifyReply, prepared: Prepared) {
      const framing = kind === 'sse' ? sseFraming : multipartFraming
      const writer = await openStreamWriter(reply, { contentType: framing.contentType, stallMs: timing.stallMs, onSlow: () => slow++ })
      const stop = createPresence()
      const end = (): void => stop.leave()
      ends.add(end)
      writer.onClose(end)
      const beat = setInterval(() => void writer.write(framing.heartbeat), timing.heartbeatMs).unref()
      try {
        await writer.write(framing.open)
        if (draining) end()
        const opened = await results(prepared)
        if (!(Symbol.asyncIterator in opened)) await writer.write(framing.next(opened))
        else if (!(await copy(opened, writer, framing.next, stop))) return writer.end(framing.restart)
        writer.end(framing.complete)
      } finally {
        clearInterval(beat)
        ends.delete(end)
      }
    },
    stats: () => ({ streams: ends.size, slow }),
    drain() {
      draining = true
      for (const end of [...ends]) end()
    },
  }
}

/** @returns whether the stream came to its own end; false when it was stopped, or the reader left */
export async function copy(
  stream: ResultStream,
  writer: Pick<StreamWriter, 'write'>,
  frame: (result: ExecutionResult) => Buffer,
  reader: Presence,
): Promise<boolean> {
  const forget = reader.onLeave(() => void stream.return?.())
  try {
    for await (const result of stream) {
      const frames = isFinal(result) ? [frame(result)] : withReady(result, stream, frame)
      const [only] = frames
      if (!(await writer.write(frames.length === 1 && only !== undefined ? only : Buffer.concat(frames)))) return false
      if (isFinal(result)) return true
    }
    return !reader.left
  } finally {
    forget()
  }
}
