import { type ExecutionResult } from 'graphql'

/** How a transport writes a stream of results. */
export interface Framing {
  readonly contentType: string
  /** Comes first. */
  readonly open: string
  readonly heartbeat: string
  /** One result; readers share the bytes. */
  next(result: ExecutionResult): Buffer
  /** The stream is over for good. */
  readonly complete: string
  /** This server stops: the client shall come back and resume. */
  readonly restart: string
}

/** Makes the frame of a result once however many readers share it. */
export function sharedFrames(make: (result: ExecutionResult) => string): (result: ExecutionResult) => Buffer {
  const frames = new WeakMap<ExecutionResult, Buffer>()
  return (result) => {
    const known = frames.get(result)
    if (known !== undefined) return known
    const frame = Buffer.from(make(result))
    frames.set(result, frame)
    return frame
  }
}
