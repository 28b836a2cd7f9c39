import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'

const program = join(packageRoot, 'build', 'src', 'cli.js')

/** What a test owns until its end. */
interface Owner {
  teardown(work: () => unknown): unknown
}

/** The program as a real child process. */
export interface Program {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves with the exit code (or the signal's name) when it has ended and its output is complete. */
  readonly ended: Promise<number | string>
}

/** The environment without anything that would switch a store on. */
const bareEnvironment = (): Record<string, string> => {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG']
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/** @param cli another build of the program than the one that is tested */
export function run(t: Owner, args: readonly string[], env: Readonly<Record<string, string>> = {}, cli: string = program): Program {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...bareEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => (typeof code === 'number' ? code : String(signal)))
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  return { child, stdout: () => out, stderr: () => errors, ended }
}

type Maybe<T> = T | null | undefined | false

/** Asks until there is an answer and gives it; fails after the deadline with what `explain` says. */
export async function answerOf<T>(read: () => Promise<Maybe<T>> | Maybe<T>, explain?: () => string, timeoutMs = 30_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (value !== null && value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`nothing came within ${timeoutMs} ms ${explain?.() ?? ''}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export interface Serving extends Program {
  readonly url: string
}

export const isReady = async ({ url }: Pick<Serving, 'url'>): Promise<boolean> => (await fetch(`${url}/health/ready`)).status === 200

/** A connected server is up before its stores are prepared: what is asked of it earlier may be refused. */
export const untilReady = async (server: Pick<Serving, 'url' | 'stderr'>, timeoutMs = 60_000): Promise<void> =>
  void (await answerOf(() => isReady(server), server.stderr, timeoutMs))

/** Starts `orrery serve` on a free port and waits until it says where it is. */
export async function serve(
  t: Owner,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cli: string = program,
): Promise<Serving> {
  const started = run(t, ['serve', '--port', '0', ...args], env, cli)
  const url = await answerOf(
    () => {
      if (started.child.exitCode !== null) throw new Error(`the server ended: ${started.stderr()}`)
      return /is up at (http:\S+)/.exec(started.stdout())?.[1]
    },
    started.stderr,
    60_000,
  )
  return { ...started, url }
}

/** A folder that is gone after the test. */
export async function temporaryFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orrery-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

export async function graphql(url: string, query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return (await answer.json()) as GraphqlAnswer
}
