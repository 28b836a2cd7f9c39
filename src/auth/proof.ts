import { type Logger } from '../logger.ts'
import { type Clock } from '../time.ts'
import { type Viewer } from './viewer.ts'

/** Whether the time of the viewer's proof is over. */
export const hasEnded = ({ expiresAtSeconds }: Pick<Viewer, 'expiresAtSeconds'>, clock: Clock): boolean =>
  expiresAtSeconds !== null && clock.now() >= BigInt(expiresAtSeconds) * 1_000_000_000n

/** Whether the viewer's proof was withdrawn before its time; a store that is away withdraws nothing. */
export async function isWithdrawn({ stillHolds }: Viewer, log: Pick<Logger, 'warn'>): Promise<boolean> {
  try {
    return stillHolds !== undefined && !(await stillHolds())
  } catch (error) {
    log.warn({ err: error }, 'a key could not be looked at again')
    return false
  }
}
