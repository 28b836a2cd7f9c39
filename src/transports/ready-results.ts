import { type ExecutionResult } from 'graphql'
import { type ResultStream } from '../operation/operation.ts'

/** The result that was waited for and all that is there with it, as long as `hasRoom` for more. */
export function withReady(first: ExecutionResult, stream: ResultStream, hasRoom: (results: number) => boolean): readonly ExecutionResult[] {
  const results = [first]
  while (hasRoom(results.length)) {
    const more = stream.ready?.()
    if (more === undefined) break
    results.push(more)
  }
  return results
}
