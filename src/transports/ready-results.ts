import { type ExecutionResult } from 'graphql'
import { type ResultStream } from '../operation/operation.ts'

/** What is sent in one go at most; the last result may reach beyond the bytes. */
const most = { results: 64, bytes: 64 * 1024 }

/** The frame of the result that was waited for, and of all that is there with it. */
export function withReady(first: ExecutionResult, stream: ResultStream, frame: (result: ExecutionResult) => Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  let bytes = 0
  for (let result: ExecutionResult | undefined = first; result !== undefined;) {
    const next = frame(result)
    bytes += next.length
    const isFull = frames.push(next) >= most.results || bytes >= most.bytes
    result = isFull ? undefined : stream.ready?.()
  }
  return frames
}
