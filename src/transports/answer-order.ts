import { type Socket } from 'node:net'
import { type FastifyReply } from 'fastify'

/** Answers of a connection that wait for those before them, by what to do when it is gone: Node tells only the one whose turn it is. */
const waiting = new WeakMap<Socket, Set<() => void>>()

function whileWaiting(socket: Socket, onGone: () => void): () => void {
  const known = waiting.get(socket)
  const listeners = known ?? new Set()
  listeners.add(onGone)
  if (known === undefined) {
    waiting.set(socket, listeners)
    socket.once('close', () => {
      for (const listener of [...listeners]) listener()
    })
  }
  return () => void listeners.delete(onGone)
}

/** Calls back once, when an answer has been sent or nobody waits for it any more; at once if that is so already. */
export function onceOver({ raw, request }: FastifyReply, listener: () => void): void {
  const { socket } = request.raw
  if (raw.destroyed || socket.destroyed) return listener()
  if (raw.socket !== null) return void raw.once('close', listener)
  const forget = whileWaiting(socket, listener)
  raw.once('socket', () => {
    forget()
    raw.once('close', listener)
  })
}

/**
 * Answers leave in the order of their requests, which a client may send before it has the answers to earlier ones: a stream begins when it is its turn.
 * @returns false when the connection is gone
 */
export function itsTurn(reply: FastifyReply): Promise<boolean> {
  const { raw } = reply
  if (raw.socket !== null) return Promise.resolve(true)
  return new Promise((resolve) => {
    raw.once('socket', () => resolve(true))
    onceOver(reply, () => resolve(false))
  })
}
