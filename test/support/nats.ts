import { type ServerProcess, programOf, startServer } from './server-process.ts'
import { type Owner, shouldRun } from './services.ts'

export interface NatsServer extends ServerProcess {
  readonly url: string
}

export interface StartNatsOptions {
  /** Server 2.10, which checks message ids before the expected sequence (contract: demon 3.3). */
  readonly old?: boolean
  /** Kept after `stop`. */
  readonly storeDir?: string
  /** A server without JetStream. */
  readonly withoutJetstream?: boolean
  /** Demanded of every client. */
  readonly login?: { user: string; password: string }
}

/**
 * Starts a private server with JetStream on disk, because Demon's stream names are fixed.
 * @returns null when real servers are neither configured nor required: the test has said so and should return
 */
export async function startNats(
  t: Owner,
  { old = false, storeDir, login, withoutJetstream = false }: StartNatsOptions = {},
): Promise<NatsServer | null> {
  if (!shouldRun(t, 'NATS_URL', process.env['NATS_URL'] !== undefined)) return null
  const server = await startServer(t, {
    program: programOf(old ? 'nats-old' : 'nats', { install: old }),
    args: (port, dir) => [
      '-a',
      '127.0.0.1',
      '-p',
      String(port),
      ...(withoutJetstream ? [] : ['-js', '-sd', dir]),
      ...(login === undefined ? [] : ['--user', login.user, '--pass', login.password]),
    ],
    hello: '',
    storeDir,
  })
  return { ...server, url: `nats://127.0.0.1:${server.port}` }
}
