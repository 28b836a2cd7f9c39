import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

export interface LoadOptions {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly connections?: number
  readonly seconds: number
  /** So many requests a second, whether or not answers come; as fast as answers come when left out. */
  readonly perSecond?: number
  /** CPU time that the server has used so far, in µs; of this process when left out. */
  readonly cpuMicros?: () => Promise<number>
}

export interface Load {
  readonly perSecond: number
  readonly p50Ms: number
  /** Of 97.5 %. */
  readonly p97Ms: number
  readonly p99Ms: number
  /** What the server's process spent on one request: unlike the rate, hardly changed by whatever else the machine does. */
  readonly cpuMs: number
}

interface Report {
  readonly requests: { readonly total: number }
  readonly latency: { readonly p50: number; readonly p97_5: number; readonly p99: number }
  readonly duration: number
  readonly non2xx: number
  readonly errors: number
  readonly timeouts: number
}

const program = createRequire(import.meta.url).resolve('autocannon')

const ownCpuMicros = async (): Promise<number> => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Posts one body over and over from a process of its own. */
export async function load({
  url,
  body,
  headers = {},
  connections = 8,
  seconds,
  perSecond: rate,
  cpuMicros = ownCpuMicros,
}: LoadOptions): Promise<Load> {
  const given = Object.entries({ 'content-type': 'application/json', accept: 'application/json', ...headers })
  const args = ['--json', '--no-progress', '-m', 'POST', '-c', String(connections), '-d', String(seconds), '-b', body]
  if (rate !== undefined) args.push('-R', String(rate))
  for (const [name, value] of given) args.push('-H', `${name}=${value}`)
  const client = spawn(process.execPath, [program, ...args, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const before = await cpuMicros()
  const { requests, latency, duration, errors, timeouts, non2xx } = JSON.parse(await text(client.stdout)) as Report
  const used = (await cpuMicros()) - before
  if (errors + timeouts + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} refusals`)
  return {
    perSecond: requests.total / duration,
    p50Ms: latency.p50,
    p97Ms: latency.p97_5,
    p99Ms: latency.p99,
    cpuMs: used / 1000 / requests.total,
  }
}
