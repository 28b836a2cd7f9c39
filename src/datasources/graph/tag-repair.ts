import { type FastifyBaseLogger } from 'fastify'
import { pause } from '../../pause.ts'
import { type GraphCommands } from './commands.ts'

export interface TagRepairParts {
  readonly graphCommands: Pick<GraphCommands, 'repairTags'>
  /** Only the deployment's active worker repairs. */
  readonly active: () => boolean
  readonly logger: Pick<FastifyBaseLogger, 'info' | 'warn'>
  readonly signal: AbortSignal
  readonly everyMs?: number
}

/** A writer that is alive writes its event within moments: only entries older than this count as left behind. */
const SETTLED_MS = 10_000

/** Now and then writes the events of tags whose writer died between bucket and event. (contract: demon 8.6) */
export async function keepTagsRepaired({ graphCommands, active, logger, signal, everyMs = 30_000 }: TagRepairParts): Promise<void> {
  for (await pause(Math.min(everyMs, SETTLED_MS), signal); !signal.aborted; await pause(everyMs, signal)) {
    if (!active()) continue
    try {
      const repaired = await graphCommands.repairTags(SETTLED_MS)
      if (repaired > 0) logger.info({ tags: repaired }, 'events of tags were written that their writers had not')
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'tags could not be compared with their events')
    }
  }
}
