import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Test } from 'tap'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { eventually } from './eventually.ts'
import { programOf, type ServerProcess, startServer } from './server-process.ts'
import { shouldRun } from './services.ts'

export interface PostgresServer extends ServerProcess {
  readonly url: string
}

const isRoot = process.getuid?.() === 0
/** PostgreSQL refuses to run as root. `setpriv` becomes the program, so that signals reach it. */
const asPostgres = (program: string, args: string[]): [string, string[]] =>
  isRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]] : [program, args]

/** A protocol 3.0 start-up message; whatever the server says to it shows that it is there. */
const STARTUP = '\0\0\0\x15\0\x03\0\0user\0orrery\0\0'

const childrenOf = (pid: string): string[] => {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', pid], { encoding: 'utf8' }).split(/\s+/).filter(Boolean)
  } catch {
    return []
  }
}

/**
 * Starts a private server, to be killed and hung at will; its sessions hang with it.
 * @returns null when real servers are neither configured nor required: the test has said so and should return
 */
export async function startPostgres(t: Test): Promise<PostgresServer | null> {
  if (!shouldRun(t, 'DATABASE_URL', process.env['DATABASE_URL'] !== undefined)) return null
  const program = programOf('postgres')
  const dir = mkdtempSync(join(tmpdir(), 'orrery-postgres-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const data = join(dir, 'data')
  if (isRoot) execFileSync('chown', ['postgres:', dir])
  const [initdb, initdbArgs] = asPostgres(join(dirname(program), 'initdb'), [
    '-D',
    data,
    '-U',
    'orrery',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ])
  execFileSync(initdb, initdbArgs, { stdio: 'ignore' })
  const settings = (port: number) =>
    [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=50'].flatMap((setting) => [
      '-c',
      setting,
    ])
  const [command] = asPostgres(program, [])
  const server = await startServer(t, {
    program: command,
    args: (port) => asPostgres(program, ['-D', data, ...settings(port)])[1],
    hello: STARTUP,
    storeDir: dir,
  })
  const url = `postgresql://orrery@127.0.0.1:${server.port}/postgres`
  const signalSessions = (signal: 'SIGSTOP' | 'SIGCONT'): void => {
    const [postmaster = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    for (const pid of childrenOf(postmaster)) process.kill(Number(pid), signal)
  }
  const untilReady = async (): Promise<void> => {
    const sql = openPostgresSql({ url, poolSize: 1, timeoutMs: 1_000 })
    await eventually(
      () =>
        sql.ping(1_000).then(
          () => true,
          () => false,
        ),
      { withinMs: 20_000 },
    )
    await sql.close()
  }
  await untilReady()
  return {
    ...server,
    url,
    async restart() {
      await server.restart()
      await untilReady()
    },
    pause() {
      server.pause()
      signalSessions('SIGSTOP')
    },
    resume() {
      signalSessions('SIGCONT')
      server.resume()
    },
  }
}
