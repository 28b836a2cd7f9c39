import { type Nanos } from '../time.ts'

/**
 * Tells the message at a position from one that took its place when the stream was restored to an earlier state: 32 bits of when it was stored.
 * Never 0, which stands for a position that is not known to be that of a message.
 */
export const timeMark = (recordedAt: Nanos): number => Number(BigInt.asUintN(32, recordedAt ^ (recordedAt >> 32n))) || 1
