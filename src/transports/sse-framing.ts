import { type ExecutionResult } from 'graphql'
import { cursorOf, resultBytes, resultText } from '../operation/result-text.ts'
import { type Framing, sharedFrames } from './stream-framing.ts'

/** How long a client waits before it comes back, in ms. */
const retryMs = 1000

/** Distinct connections of graphql-sse, with what its protocol leaves out: `id:` and `retry:`. Heartbeats are comments: its client takes no other event. */
export const sseFraming: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  open: `retry: ${retryMs}\n:\n\n`,
  heartbeat: ':\n\n',
  next: sharedFrames((result) => {
    const cursor = cursorOf(result)
    return `${cursor === null ? '' : `id: ${cursor}\n`}event: next\ndata: ${resultText(result)}\n\n`
  }),
  complete: 'event: complete\ndata:\n\n',
  // no `complete`: the client takes it for a broken connection, which it is, and comes back
  restart: `retry: ${retryMs}\n:\n\n`,
}

const endOfOperation = Buffer.from('}\n\n')

/** Messages of one operation among several on one stream. Without `id:`: one position cannot stand for several streams. */
export function operationFrames(id: string): { next(result: ExecutionResult): Buffer; readonly complete: string } {
  const start = Buffer.from(`event: next\ndata: {"id":${JSON.stringify(id)},"payload":`)
  return {
    next: (result) => Buffer.concat([start, resultBytes(result), endOfOperation]),
    complete: `event: complete\ndata: {"id":${JSON.stringify(id)}}\n\n`,
  }
}
