import { AppError } from '../../errors.ts'
import { type Clock } from '../../time.ts'
import {
  type CallOptions,
  type CratonAddress,
  type CratonConnection,
  CratonRefusal,
  lost,
  openCratonConnection,
} from './craton-connection.ts'
import { type Beginning, beginningOf, epochName, isMoreExact, mayBeOne } from './craton-epoch.ts'
import { type RequestPayload, type ResponseOf, type ResponsePayload } from './messages.ts'

export type ServerInfo = ResponseOf<'GetServerInfo'>

/** A life of the server: it forgets names, lengths and keys when it restarts (contract: craton 6.6). */
export interface CratonEpoch {
  /** Names this life; others may have named it a little differently, see `sameEpoch`. */
  readonly name: string
}

export interface CratonClientOptions {
  readonly address: CratonAddress
  readonly clock: Clock
  readonly poolSize: number
  readonly timeoutMs: number
  /** Accept the server though it does not say that it is 0.8 or 0.9. */
  readonly pinnedVersion: string | undefined
}

/**
 * A pool of connections to one Craton or Kimberlite server.
 * @throws AppError SOURCE_UNAVAILABLE with source "craton"; `details.written` tells whether the request may have been done: NO or UNKNOWN
 */
export interface CratonClient {
  /** @throws CratonRefusal for an error that the server answered */
  call<Type extends ResponsePayload['type']>(
    payload: RequestPayload,
    expects: Type,
    options: Pick<CallOptions, 'tenantId' | 'audit' | 'signal'> & { readonly timeoutMs?: number },
  ): Promise<ResponseOf<Type>>
  /** What the server says about itself. */
  info(timeoutMs?: number): Promise<ServerInfo>
  /** The present life of the server, connecting first if need be. */
  epoch(): Promise<CratonEpoch>
  /** The life that was seen last; null before the first connection. */
  lastEpoch(): CratonEpoch | null
  /** Something only a restart explains was seen, such as a stream that has become shorter. */
  noteAmnesia(): void
  close(): Promise<void>
}

const IDLE_MS = 60_000
const RETRY_MS = { first: 100, last: 5_000 }
export function createCratonClient({ address, clock, poolSize, timeoutMs, pinnedVersion }: CratonClientOptions): CratonClient {
  const connections = new Set<CratonConnection>()
  const usedAt = new Map<CratonConnection, number>()
  let connecting: Promise<CratonConnection> | null = null
  let retryMs = RETRY_MS.first
  let retryAt = 0
  let lastFailure: unknown = null
  let known: (CratonEpoch & { readonly beginning: Beginning; readonly amnesias: number }) | null = null
  let closed = false

  const sweeper = setInterval(() => {
    const now = performance.now()
    for (const connection of connections) if (connection.inFlight === 0 && now - (usedAt.get(connection) ?? 0) > IDLE_MS) connection.close()
  }, IDLE_MS / 2)
  sweeper.unref()

  /** Asks the server about itself, and sees whether it is still the one we knew. */
  async function ask(connection: CratonConnection, limitMs: number): Promise<ServerInfo> {
    const sentAt = clock.now()
    const info = await connection.call({ type: 'GetServerInfo' }, 'GetServerInfo', { tenantId: 1n, timeoutMs: limitMs })
    const beginning = beginningOf(info.uptimeSecs, { sentAt, receivedAt: clock.now() })
    if (known === null || !mayBeOne(known.beginning, beginning)) known = { beginning, amnesias: 0, name: epochName(beginning, 0) }
    // The most exact answer is the one to hold the next against; the name stays.
    else if (isMoreExact(beginning, known.beginning)) known = { ...known, beginning }
    return info
  }

  async function connect(): Promise<CratonConnection> {
    if (closed) throw lost(false, new Error('the client is closed'))
    if (performance.now() < retryAt) throw lost(false, lastFailure)
    const connection: { opened: CratonConnection | null } = { opened: null }
    try {
      const opened = await openCratonConnection(address, {
        timeoutMs,
        onClosed() {
          if (connection.opened === null) return
          connections.delete(connection.opened)
          usedAt.delete(connection.opened)
        },
      })
      connection.opened = opened
      const info = await ask(opened, timeoutMs)
      if (!/^0\.[89]\./.test(info.buildVersion) && pinnedVersion !== info.buildVersion)
        throw lost(false, new Error(`server version ${info.buildVersion} is not known: say CRATON_VERSION=${info.buildVersion} to try it`))
      if (closed) throw lost(false, new Error('the client is closed'))
      connections.add(opened)
      retryMs = RETRY_MS.first
      retryAt = 0
      return opened
    } catch (error) {
      connection.opened?.close()
      lastFailure = error
      retryAt = performance.now() + retryMs
      retryMs = Math.min(retryMs * 2, RETRY_MS.last)
      throw error instanceof CratonRefusal ? refusalError(error) : lost(false, error)
    }
  }

  async function take(): Promise<CratonConnection> {
    const [idlest] = [...connections].filter(({ isOpen }) => isOpen).sort((left, right) => left.inFlight - right.inFlight)
    if (idlest !== undefined && (idlest.inFlight === 0 || connections.size >= poolSize)) return idlest
    connecting ??= connect().finally(() => (connecting = null))
    if (idlest === undefined) return connecting
    // Another connection serves the calls after this one: nobody waits for it, so nobody would hear that it could not be made.
    connecting.catch(() => undefined)
    return idlest
  }

  const client: CratonClient = {
    async call(payload, expects, options) {
      const connection = await take()
      usedAt.set(connection, performance.now())
      return connection.call(payload, expects, { timeoutMs, ...options })
    },
    async info(limitMs = timeoutMs) {
      const connection = await take()
      usedAt.set(connection, performance.now())
      return ask(connection, limitMs)
    },
    async epoch() {
      await take()
      if (known === null) throw lost(false, new Error('the server did not say when it started'))
      return known
    },
    lastEpoch: () => known,
    noteAmnesia() {
      if (known === null) return
      const { beginning } = known
      const amnesias = known.amnesias + 1
      known = { beginning, amnesias, name: epochName(beginning, amnesias) }
    },
    async close() {
      closed = true
      clearInterval(sweeper)
      for (const connection of [...connections]) connection.close()
      await connecting?.catch(() => undefined)
    },
  }
  return client
}

/** What a refusal of the server is for our callers (contract: craton 13). */
export function refusalError(error: unknown): unknown {
  if (!(error instanceof CratonRefusal)) return error
  const { code } = error
  if (code === 3)
    return new AppError('UNAUTHENTICATED', 'The storage server does not accept our credentials.', { source: 'craton', cause: error })
  if (code === 4 || code === 5 || code === 6)
    return new AppError('NOT_FOUND', 'The storage server does not know this stream; it forgets its streams when it restarts.', {
      cause: error,
    })
  if ([2, 7, 8, 9, 10, 30].includes(code))
    return new AppError('BAD_USER_INPUT', 'The storage server does not accept this.', { cause: error })
  if (code === 16 || code === 29) return new AppError('CONFLICT', 'Somebody else was first.', { cause: error })
  if (code === 14) return new AppError('THROTTLED', 'The storage server asks us to wait.', { source: 'craton', cause: error })
  if (code === 15) return new AppError('SOURCE_UNAVAILABLE', 'The storage server is not the leader.', { source: 'craton', cause: error })
  return new AppError('INTERNAL_SERVER_ERROR', 'The storage server failed.', { source: 'craton', cause: error })
}
