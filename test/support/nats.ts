import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test } from 'tap'
import { packageRoot } from '../../src/root.ts'
import { shouldRun } from './services.ts'

/** A NATS server of the test's own, with JetStream on disk. */
export interface NatsServer {
  readonly url: string
  readonly storeDir: string
  /** Ends it in order, and forgets its store unless that was given from outside. */
  stop(): Promise<void>
  /** `kill -9`; the store stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and store. */
  restart(): Promise<void>
  /** It hangs: connections stay open and nothing answers. */
  pause(): void
  resume(): void
}

export interface StartNatsOptions {
  /** Server 2.10, which checks message ids before the expected sequence. */
  readonly old?: boolean
  /** Kept after `stop`. */
  readonly storeDir?: string
}

const script = (): string => process.env['ORRERY_SERVICES'] ?? join(packageRoot, '..', 'shared', 'services', 'services')

function program(old: boolean): string {
  const name = old ? 'nats-old' : 'nats'
  if (old) execFileSync(script(), ['install', name], { stdio: 'ignore' })
  return execFileSync(script(), ['bin', name], { encoding: 'utf8' }).trim()
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    // The server speaks first.
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.setTimeout(500, () => resolve(false))
  }).then((answer) => answer === true)

async function untilAccepting(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline;) {
    if (await accepts(port)) return
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error('nats-server does not accept connections')
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())))

async function startOn(binary: string, port: number, storeDir: string): Promise<ChildProcess> {
  const child = spawn(binary, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', storeDir], { stdio: 'ignore' })
  await untilAccepting(port, child)
  return child
}

/**
 * Starts a private server on a free port. It is stopped at the test's end.
 * @returns null when the program is not on this machine and real servers are not required: the test has said so and should return
 */
export async function startNats(t: Test, { old = false, storeDir: given }: StartNatsOptions = {}): Promise<NatsServer | null> {
  if (!shouldRun(t, 'NATS', process.env['NATS_URL'] !== undefined)) return null
  const binary = program(old)
  const port = await freePort()
  const storeDir = given ?? mkdtempSync(join(tmpdir(), 'orrery-nats-'))
  let child = await startOn(binary, port, storeDir)
  const end = async (signal: NodeJS.Signals) => {
    child.kill('SIGCONT')
    child.kill(signal)
    await ended(child)
  }
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    storeDir,
    async stop() {
      await end('SIGKILL')
      if (given === undefined) rmSync(storeDir, { recursive: true, force: true })
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL')
      child = await startOn(binary, port, storeDir)
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
  t.teardown(() => server.stop())
  return server
}
