import { AppError } from '../errors.ts'

/** A store is away: it may come back, so a stream waits. */
export const isOutage = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'SOURCE_UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')
