import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
import { answerOf, temporaryFolder } from './program.ts'
import { type Owner, shouldRun } from './services.ts'

const at = (...path: string[]) => join(packageRoot, ...path)

/** What the Dockerfile says is run: ENTRYPOINT with CMD, HEALTHCHECK, and the settings of ENV. */
export function imageCommands(): { start: string[]; healthcheck: string[]; env: Record<string, string> } {
  const text = readFileSync(at('Dockerfile'), 'utf8').replaceAll(/\\\n/g, ' ')
  const list = (pattern: RegExp): string[] => JSON.parse(pattern.exec(text)?.[1] ?? '[]') as string[]
  const [, settings = ''] = /^ENV (.*)$/m.exec(text) ?? []
  return {
    start: [...list(/^ENTRYPOINT (\[.*\])$/m), ...list(/^CMD (\[.*\])$/m)],
    healthcheck: list(/^HEALTHCHECK .*CMD (\[.*\])$/m),
    env: Object.fromEntries([...settings.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
  }
}

/** The folders of the image's last stage: the tested build, what is beside it, and production packages only. */
function layOut(folder: string): void {
  const app = join(folder, 'app')
  mkdirSync(join(folder, 'data'), { recursive: true })
  cpSync(at('build', 'src'), join(app, 'dist'), { recursive: true })
  for (const part of ['package.json', 'LICENSE', 'schema', 'migrations', 'assets']) cpSync(at(part), join(app, part), { recursive: true })
  const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>
  }
  for (const [path, { dev }] of Object.entries(packages))
    if (path !== '' && dev !== true)
      // a package's own packages are entries of their own: some of them are for development only
      cpSync(at(path), join(app, path), { recursive: true, filter: (source) => !source.slice(at(path).length).includes('node_modules') })
}

/** The image's program as a container engine would run it, as far as that goes without one. */
export interface Jailed {
  /** Runs a command of the image's user beside the server. */
  exec(command: readonly string[]): SpawnSyncReturns<string>
  output(): string
  /** As `docker stop` does; gives the exit code. */
  stop(): Promise<number | null>
}

/** @returns null where this user may not make namespaces: the test has said so and should return */
export async function startJailed(t: Owner, settings: Readonly<Record<string, string>>): Promise<Jailed | null> {
  const may = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0
  if (!shouldRun(t, 'The right to make namespaces', may)) return null
  const folder = await temporaryFolder(t)
  layOut(folder)
  const { start, env } = imageCommands()
  const child = spawn('sh', [at('scripts', 'image-jail.sh'), folder, ...start], {
    env: { PATH: process.env['PATH'], ...env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await answerOf(
    () => /is up at/.test(text),
    () => text,
    60_000,
  )
  // `unshare` waits for the program, which is process 1 of its own
  const server = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' }).trim()
  return {
    output: () => text,
    exec: (command) =>
      spawnSync(
        'nsenter',
        [
          '--target',
          server,
          '--all',
          '--root',
          '--wd',
          'setpriv',
          '--reuid=1000',
          '--regid=1000',
          '--clear-groups',
          '--bounding-set=-all',
          // what the test runner tells its own processes names files that are not in here
          ...['env', '-u', 'NODE_OPTIONS'],
          ...command,
        ],
        { encoding: 'utf8', env: { PATH: '/opt:/usr/bin:/bin', ...env, ...settings } },
      ),
    async stop() {
      process.kill(Number(server), 'SIGTERM')
      return ended
    },
  }
}
