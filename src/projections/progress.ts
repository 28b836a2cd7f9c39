import { type LogStream } from '../datasources/log/log.ts'
import { type Nanos } from '../time.ts'

export interface Watermark {
  readonly stream: LogStream
  /** Everything up to and including this sequence is in the tables. */
  readonly sequence: bigint
  readonly epoch: string
  readonly updatedAt: Nanos
}

/** How far the read model is. Works in every process, whether or not the projector runs in it. */
export interface ProjectionProgress {
  watermark(stream: LogStream): Promise<Watermark | null>
  /**
   * Waits until the tables hold `sequence`.
   * @returns true when they do, false when `timeoutMs` passed first (never throws for that)
   */
  waitFor(stream: LogStream, sequence: bigint, options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<boolean>
}
