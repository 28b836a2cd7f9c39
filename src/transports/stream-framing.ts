import { type ExecutionResult } from 'graphql'

/** How a transport writes a stream of results. */
export interface Framing {
  readonly contentType: string
  /** Comes first. */
  readonly open: string
  readonly heartbeat: string
  next(result: ExecutionResult): string
  /** The stream is over for good. */
  readonly complete: string
  /** This server stops: the client shall come back and resume. */
  readonly restart: string
}
