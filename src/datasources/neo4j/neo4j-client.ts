import neo4j, { type Driver, Neo4jError, type RecordShape, type Session } from 'neo4j-driver'
import { AppError, deadlineExceeded, sourceUnavailable } from '../../errors.ts'

export interface Neo4jOptions {
  readonly uri: string
  readonly user: string
  readonly password: string
  readonly database: string
  readonly timeoutMs: number
  /** Its name in `Query.sources`. */
  readonly source: 'neo4j' | 'summit-neo4j'
}

export type Neo4jRow = Readonly<Record<string, unknown>>
export type Neo4jParameters = Readonly<Record<string, unknown>>

export interface Neo4jCall {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** One finished call, for metrics. */
export interface Neo4jReading {
  readonly source: Neo4jOptions['source']
  readonly operation: 'read' | 'write' | 'command'
  readonly durationMs: number
  readonly failed: boolean
}

export interface Neo4jWriter {
  run(text: string, parameters?: Neo4jParameters): Promise<Neo4jRow[]>
}

/**
 * A Neo4j server. Rows come as plain objects: whole numbers as bigint, temporals as the driver's objects (see `neo4j-values.ts`).
 * Give whole numbers as bigint, because the driver sends JavaScript's numbers as floats. Texts of statements are constants of ours.
 * @throws AppError SOURCE_UNAVAILABLE, DEADLINE_EXCEEDED; Neo4jRefusal for what the statement itself did wrong
 */
export interface Neo4j {
  readonly mode: 'CONNECTED'
  /** Its name in `Query.sources`. */
  readonly source: Neo4jOptions['source']
  /** In a transaction that may not write. */
  read(text: string, parameters?: Neo4jParameters, call?: Neo4jCall): Promise<Neo4jRow[]>
  /** All of `work` or nothing. */
  write<T>(work: (writer: Neo4jWriter) => Promise<T>, call?: Neo4jCall): Promise<T>
  /** A statement that brings its own transactions, or changes the schema. */
  command(text: string, parameters?: Neo4jParameters, call?: Neo4jCall): Promise<Neo4jRow[]>
  ping(timeoutMs: number): Promise<void>
  /** Calls back after every call but pings. */
  observe(listener: (reading: Neo4jReading) => void): void
  close(): Promise<void>
}

/** What the server refused, by its code, such as `Neo.ClientError.Statement.SyntaxError`. */
export class Neo4jRefusal extends Error {
  readonly code: string
  constructor(code: string, cause: unknown) {
    super(`Neo4j refused with ${code}`, { cause })
    this.name = 'Neo4jRefusal'
    this.code = code
  }
}

/** Connects lazily: the server may be down, and may come back. */
export function openNeo4j(options: Neo4jOptions): Neo4j {
  const { uri, user, password, database, source } = options
  const driver: Driver = neo4j.driver(uri, neo4j.auth.basic(user, password), {
    useBigInt: true,
    maxConnectionPoolSize: 20,
    connectionTimeout: Math.min(options.timeoutMs, 5000),
    connectionAcquisitionTimeout: options.timeoutMs,
    // Our own deadlines decide; what the driver would repeat for half a minute has long been answered otherwise.
    maxTransactionRetryTime: 0,
    // What we ask for is bounded: one batch of rows instead of a round trip for each thousand.
    fetchSize: 25_000,
    telemetryDisabled: true,
    userAgent: 'orrery',
  })

  /** The one place where the driver's errors become ours. */
  function translate(error: unknown): unknown {
    if (error instanceof AppError || error instanceof Neo4jRefusal) return error
    if (!(error instanceof Neo4jError)) return error
    if (/^Neo\.ClientError\.Transaction\.TransactionTimedOut/.test(error.code)) return deadlineExceeded('A query to Neo4j', error)
    if (error.code.startsWith('Neo.ClientError.') && !error.code.startsWith('Neo.ClientError.Security'))
      return new Neo4jRefusal(error.code, error)
    return sourceUnavailable(source, error)
  }

  /** A server that hangs frees no promise of the driver's: the deadline is ours. */
  async function within<T>(
    mode: 'READ' | 'WRITE',
    { timeoutMs = options.timeoutMs, signal }: Neo4jCall,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const session = driver.session({ database, defaultAccessMode: mode })
    let timer: NodeJS.Timeout | undefined
    let onAbort: (() => void) | undefined
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(sourceUnavailable(source, new Error(`no answer within ${timeoutMs} ms`))), timeoutMs)
      onAbort = () => reject(signal?.reason)
      signal?.addEventListener('abort', onAbort)
    })
    try {
      return await Promise.race([work(session), limit])
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : translate(error)
    } finally {
      clearTimeout(timer)
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
      // Closing may wait for a server that does not answer: nobody waits for it.
      session.close().catch(() => undefined)
    }
  }

  const listeners: ((reading: Neo4jReading) => void)[] = []
  async function timed<T>(operation: Neo4jReading['operation'], work: Promise<T>): Promise<T> {
    const start = performance.now()
    const tell = (failed: boolean): void => {
      for (const listener of listeners) listener({ source, operation, durationMs: performance.now() - start, failed })
    }
    try {
      const value = await work
      tell(false)
      return value
    } catch (error) {
      tell(true)
      throw error
    }
  }

  const rows = (records: readonly { toObject(): RecordShape }[]): Neo4jRow[] => records.map((record) => record.toObject() as Neo4jRow)
  const limits = ({ timeoutMs = options.timeoutMs }: Neo4jCall) => ({ timeout: timeoutMs })

  return {
    mode: 'CONNECTED',
    source,
    read: (text, parameters = {}, call = {}) =>
      // A transaction of the session's own: one round trip instead of three. The server refuses writes in it all the same.
      timed(
        'read',
        within('READ', call, async (session) => rows((await session.run(text, parameters, limits(call))).records)),
      ),
    write: (work, call = {}) =>
      timed(
        'write',
        within('WRITE', call, (session) =>
          session.executeWrite(
            async (tx) => work({ run: async (text, parameters = {}) => rows((await tx.run(text, parameters)).records) }),
            limits(call),
          ),
        ),
      ),
    command: (text, parameters = {}, call = {}) =>
      timed(
        'command',
        within('WRITE', call, async (session) => rows((await session.run(text, parameters, limits(call))).records)),
      ),
    observe: (listener) => void listeners.push(listener),
    async ping(timeoutMs) {
      await within('READ', { timeoutMs }, async (session) => session.run('RETURN 1'))
    },
    close: () => driver.close(),
  }
}
