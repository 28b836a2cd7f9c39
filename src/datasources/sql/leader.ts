import { type Logger } from '../../logger.ts'
import { pause } from '../../pause.ts'
import { type Sql, type SqlLease } from './sql.ts'

export interface LeaderOptions {
  readonly sql: Pick<Sql, 'tryLock'>
  /** Name of the lock; of all processes that ask for it one leads. */
  readonly lock: string
  /** What is led, as the log names it. */
  readonly what: string
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** How often one that stands by asks for the lock. */
  readonly standbyMs?: number
  /** The work. `signal` ends it; `lost` tells that the lock went and somebody else may lead already. */
  readonly lead: (signal: AbortSignal, lost: AbortSignal) => Promise<void>
}

/** Work that one process of a deployment does at a time. */
export interface Leader {
  /** Begins to lead as soon as the lock is free. */
  start(): void
  /** Ends the work and lets the next one take over. */
  stop(): Promise<void>
  /** Whether this process holds the lock. */
  isActive(): boolean
}

/** Leads while it holds an advisory lock; when the holder dies another takes over within about `standbyMs`. A store that is away is waited for. */
export function createLeader({ sql, lock, what, logger, standbyMs = 1000, lead }: LeaderOptions): Leader {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let active = false

  async function hold(lease: SqlLease): Promise<void> {
    active = true
    logger.info({}, `${what}: this process leads`)
    try {
      await lead(AbortSignal.any([stopping.signal, lease.lost]), lease.lost)
    } finally {
      active = false
      if (lease.lost.aborted) logger.warn({}, `${what}: this process lost its lock`)
      else await lease.release()
    }
  }

  async function run(): Promise<void> {
    let failing = false
    while (!stopping.signal.aborted) {
      try {
        const lease = await sql.tryLock(lock)
        if (lease !== null) await hold(lease)
        failing = false
      } catch (error) {
        if (!failing && !stopping.signal.aborted) logger.warn({ err: error }, `${what} waits for its store`)
        failing = true
      }
      await pause(standbyMs, stopping.signal)
    }
  }

  return {
    start() {
      running ??= run()
    },
    async stop() {
      stopping.abort()
      await running
    },
    isActive: () => active,
  }
}
