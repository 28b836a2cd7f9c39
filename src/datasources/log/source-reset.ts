import { AppError } from '../../errors.ts'
import { type LogStream } from './log.ts'

/** The stream is not the one we were following, or it no longer holds what comes next. */
export const sourceReset = (stream: LogStream): AppError =>
  new AppError('CURSOR_EXPIRED', `The stream "${stream}" was replaced, purged or set back: positions in it are no longer valid.`, {
    source: 'log',
    details: { reason: 'SOURCE_RESET' },
  })
