import { type ServerProcess, programOf, startServer } from './server-process.ts'
import { type Owner, shouldRun } from './services.ts'

export interface RedisServer extends ServerProcess {
  readonly url: string
}

/**
 * Starts a private Redis, to be killed and hung.
 * @param more arguments, such as `--maxmemory-policy`
 * @returns null when real servers are neither configured nor required: the test has said so and should return
 */
export async function startRedis(t: Owner, more: readonly string[] = []): Promise<RedisServer | null> {
  if (!shouldRun(t, 'REDIS_URL', process.env['REDIS_URL'] !== undefined)) return null
  const server = await startServer(t, {
    program: programOf('redis'),
    args: (port, dir) => ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--appendonly', 'yes', ...more],
    hello: 'PING\r\n',
  })
  return { ...server, url: `redis://127.0.0.1:${server.port}` }
}
