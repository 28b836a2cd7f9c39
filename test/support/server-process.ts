import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
import { eventually } from './eventually.ts'
import { type Owner } from './services.ts'

/** A real server of the test's own, to be killed and hung at will. */
export interface ServerProcess {
  readonly port: number
  readonly storeDir: string
  /** Ends it and forgets its store, unless that was given from outside. */
  stop(): Promise<void>
  /** `kill -9`; the store stays. */
  kill(): Promise<void>
  /** Starts it (again) on the same port and store. */
  restart(): Promise<void>
  /** It hangs: connections stay open and nothing answers. */
  pause(): void
  resume(): void
}

const servicesScript = (): string => process.env['ORRERY_SERVICES'] ?? join(packageRoot, '..', 'shared', 'services', 'services')

/** The path of a server's program on this machine, as the services script knows it. */
export function programOf(name: string, { install = false } = {}): string {
  if (install) execFileSync(servicesScript(), ['install', name], { stdio: 'ignore' })
  return execFileSync(servicesScript(), ['bin', name], { encoding: 'utf8' }).trim()
}

const firstPort = 10_000
/** Above lie those from which the system takes the clients' ends of connections: one of them could sit there when a killed server comes back. */
const lastPort = 32_767

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(firstPort, lastPort)
    if (await isFree(port)) return port
  }
}

/** Sends `hello` (some servers speak first) and waits for any answer. */
const answers = (port: number, hello: string | Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(hello))
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', () => settle(true))
    socket.once('error', () => settle(false))
    socket.setTimeout(500, () => settle(false))
  })

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())))

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** A signal to stop reaches the threads of a process one after the other. */
function isStopped(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).every((task) => /\) T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8')))
}

export interface ServerProgram {
  readonly program: string
  readonly args: (port: number, storeDir: string) => string[]
  readonly hello: string | Uint8Array
  readonly storeDir?: string | undefined
}

/** Starts a server on a free port and waits until it answers. Stopped at the test's end. */
export async function startServer(t: Owner, { program, args, hello, storeDir: given }: ServerProgram): Promise<ServerProcess> {
  const port = await freePort()
  const storeDir = given ?? mkdtempSync(join(tmpdir(), 'orrery-server-'))
  const start = async (): Promise<ChildProcess> => {
    let started = spawn(program, args(port, storeDir), { stdio: 'ignore' })
    const isUp = (): Promise<boolean> | boolean => {
      // after a kill, what the one before left behind (sessions that still hold shared memory) can make it give up: try again
      if (started.exitCode !== null) started = spawn(program, args(port, storeDir), { stdio: 'ignore' })
      return answers(port, hello)
    }
    await eventually(isUp, { withinMs: 60_000, everyMs: 30 })
    return started
  }
  let child = await start()
  // A test that crashes runs no teardown.
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const kill = async () => {
    child.kill('SIGKILL')
    await ended(child)
  }
  const server: ServerProcess = {
    port,
    storeDir,
    kill,
    async stop() {
      await kill()
      process.off('exit', killAtExit)
      if (given === undefined) rmSync(storeDir, { recursive: true, force: true })
    },
    async restart() {
      await kill()
      child = await start()
    },
    pause() {
      child.kill('SIGSTOP')
      for (const deadline = Date.now() + 5_000; !isStopped(child.pid) && Date.now() < deadline;) Atomics.wait(sleeper, 0, 0, 1)
    },
    resume: () => void child.kill('SIGCONT'),
  }
  t.teardown(() => server.stop())
  return server
}
