import { type FastifyReply } from 'fastify'
import { itsTurn } from './answer-order.ts'
import { gatherWrites } from './gathered-writes.ts'
import { createDrain } from './stalled-writer.ts'

export type Chunk = string | Buffer

/** The body of a response that goes on. */
export interface StreamWriter {
  /** Sends a chunk and waits until there is room for the next. @returns false when the reader is gone */
  write(chunk: Chunk): Promise<boolean>
  end(chunk: string): void
  onClose(listener: () => void): void
}

export interface StreamWriterOptions {
  readonly contentType: string
  readonly stallMs: number
  readonly onSlow: () => void
}

/** Takes the response from Fastify, with the headers that hooks have set, and waits until it is its turn. A reader that leaves full buffers unread too long is cut off. */
export async function openStreamWriter(reply: FastifyReply, { contentType, stallMs, onSlow }: StreamWriterOptions): Promise<StreamWriter> {
  const { raw } = reply
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  // `no-transform` and the proxy's own word for it: whoever buffers a stream holds it back
  raw.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  if (!(await itsTurn(reply))) raw.destroy()
  // between two events nothing has to move
  raw.socket?.setNoDelay(true).setTimeout(0)
  const drain = createDrain({
    writable: raw,
    isFull: () => raw.writableNeedDrain,
    stallMs,
    onStall() {
      onSlow()
      raw.destroy()
    },
  })
  raw.once('close', () => drain.dispose())

  return {
    async write(chunk) {
      if (raw.destroyed || raw.writableEnded) return false
      let room = true
      const { socket } = raw
      if (socket === null) return false
      // the socket and not the response: that one does not say when what it gathered has left
      gatherWrites(socket, () => (room = raw.write(chunk)))
      return room || drain.ready()
    },
    end(chunk) {
      if (!raw.destroyed && !raw.writableEnded) raw.end(chunk)
    },
    onClose(listener) {
      if (raw.destroyed) listener()
      else raw.once('close', listener)
    },
  }
}
