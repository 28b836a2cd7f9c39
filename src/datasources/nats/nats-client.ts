import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { type JetStreamClient, type JetStreamManager, JetStreamApiError, jetstream } from '@nats-io/jetstream'
import {
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
  connect,
  createInbox,
  credsAuthenticator,
  errors,
  nanos,
} from '@nats-io/transport-node'
import { AppError, badUserInput, sourceUnavailable, UnusableSourceError } from '../../errors.ts'
import { raceLimits } from '../waiting.ts'
import { pause } from '../../pause.ts'

export { createInbox, nanos }
export type { Msg, NatsConnection }

/** What the live connection offers. Valid until the connection breaks. Later adapters (KV buckets) build on `js`. */
export interface NatsAccess {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
}

export interface CallLimits {
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

export interface NatsClientOptions {
  readonly url: string
  readonly credsPath: string | undefined
  /** Deadline of a call that gives none. */
  readonly timeoutMs: number
}

/** One connection for the whole process, made in the background and remade for ever. */
export interface NatsClient {
  isUp(): boolean
  /** Settles when the first attempt to connect has succeeded or failed. */
  readonly firstAttempt: Promise<void>
  /** The server's version; null before the first connection. */
  version(): string | null
  /** Why the newest attempt to connect failed: for logs, never for clients. */
  lastError(): unknown
  /** Called at every change; gives a function that ends it. */
  watch(listener: (up: boolean) => void): () => void
  /**
   * One piece of work on the connection, ended by its deadline, by `signal`, or at once when the connection breaks.
   * @throws AppError SOURCE_UNAVAILABLE with source "log"; JetstreamRefusal for what the server refused
   */
  use<T>(work: (access: NatsAccess) => Promise<T>, limits?: CallLimits): Promise<T>
  close(): Promise<void>
}

/** What JetStream itself answered instead of doing as asked, by its error number. */
export class JetstreamRefusal extends Error {
  readonly code: number
  constructor(code: number, cause: unknown) {
    super(`JetStream refused with error ${code}`, { cause })
    this.name = 'JetstreamRefusal'
    this.code = code
  }
}

export const refusals = {
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  wrongLastSequenceUnknown: 10164,
  nameInUse: 10058,
  subjectsOverlap: 10065,
  filterOutsideStream: 10093,
} as const

/** The one place where the driver's errors become ours. No responders and timeouts both mean that nobody answered. */
function translate(error: unknown): unknown {
  if (error instanceof AppError || error instanceof JetstreamRefusal) return error
  if (error instanceof errors.InvalidArgumentError && error.message.includes('max_payload'))
    return badUserInput('This is more than the event log accepts in one message.')
  // 503 is JetStream without a leader or still starting: the same as no answer.
  if (error instanceof JetStreamApiError && error.status !== 503) return new JetstreamRefusal(error.code, error)
  return sourceUnavailable('log', error)
}

const secondsMs = 1000
const retryMs = { first: 100, last: 2 * secondsMs }

/** The address as the driver wants it: it does not read credentials or `tls:` out of an address. */
function connectionOptions({ url, credsPath, timeoutMs }: NatsClientOptions): ConnectionOptions {
  const { protocol, username, password } = new URL(url)
  const user = decodeURIComponent(username)
  return {
    servers: [url.replace(/\/\/[^@/]*@/, '//')],
    name: 'orrery',
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    pingInterval: 5 * secondsMs,
    maxPingOut: 2,
    ...(protocol === 'tls:' ? { tls: {} } : {}),
    ...(user === '' ? {} : password === '' ? { token: user } : { user, pass: decodeURIComponent(password) }),
    // Read at every attempt, so that rotated credentials are taken up.
    ...(credsPath === undefined ? {} : { authenticator: credsAuthenticator(() => readFileSync(credsPath)) }),
  }
}

/** Aborted when the connection breaks. Every call in flight listens, so their number says nothing about a leak. */
function breaker(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

/** The oldest server that keeps what we ask of it: earlier ones ignore several filters of one consumer without a word. */
const oldest = { major: 2, minor: 10 }

/** @throws UnusableSourceError for a server that is too old */
export function assertNatsVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return
  throw new UnusableSourceError('log', `NATS ${version} is too old: ${oldest.major}.${oldest.minor} or later is needed.`)
}

interface Link {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
}

/**
 * Starts to connect and returns at once.
 * @param options.timeoutMs also bounds one attempt to connect
 */
export function openNatsClient(options: NatsClientOptions): NatsClient {
  const closing = new AbortController()
  const listeners = new Set<(up: boolean) => void>()
  let link: Link | null = null
  let up = false
  let down = breaker()
  let serverVersion: string | null = null
  let lastError: unknown = null

  let attempted = () => {}
  const firstAttempt = new Promise<void>((resolve) => (attempted = resolve))

  const setUp = (now: boolean) => {
    if (now === up) return
    up = now
    if (now) down = breaker()
    else down.abort()
    for (const listener of [...listeners]) listener(now)
  }

  async function follow(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'close') setUp(false)
      if (status.type === 'error') lastError = status.error
      if (status.type === 'reconnect') {
        serverVersion = nc.info?.version ?? serverVersion
        setUp(true)
      }
    }
  }

  /** The driver reconnects by itself, but not before its first success, and not after it has given up. */
  async function stayConnected(): Promise<void> {
    for (let waitMs = retryMs.first; !closing.signal.aborted; waitMs = Math.min(waitMs * 2, retryMs.last)) {
      try {
        const nc = await connect(connectionOptions(options))
        if (closing.signal.aborted) return await nc.close()
        try {
          assertNatsVersion(nc.info?.version ?? '')
        } catch (error) {
          await nc.close()
          throw error
        }
        const js = jetstream(nc, { timeout: options.timeoutMs })
        link = { nc, js, jsm: await js.jetstreamManager(false) }
        serverVersion = nc.info?.version ?? null
        waitMs = retryMs.first
        const ended = nc.closed()
        const watching = follow(nc)
        setUp(true)
        attempted()
        lastError = (await ended) ?? lastError
        await watching
      } catch (error) {
        lastError = error
      }
      setUp(false)
      attempted()
      await pause(waitMs, closing.signal)
    }
  }
  const connection = stayConnected()

  return {
    isUp: () => up,
    firstAttempt,
    version: () => serverVersion,
    lastError: () => lastError,
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async use(work, { timeoutMs = options.timeoutMs, signal } = {}) {
      if (!up || link === null)
        throw lastError instanceof UnusableSourceError ? lastError : sourceUnavailable('log', lastError ?? undefined)
      try {
        return await raceLimits(work(link), { timeoutMs, signal, broken: down.signal })
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason
        throw translate(error)
      }
    },
    async close() {
      closing.abort()
      await link?.nc.close()
      await connection
      listeners.clear()
    },
  }
}
