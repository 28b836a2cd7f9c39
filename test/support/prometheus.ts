import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { programOf } from './server-process.ts'
import { type Owner, shouldRun } from './services.ts'
import { eventually } from './eventually.ts'

/** One series: its value at each of the times given to `history`. */
export interface HistorySeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: (secondsSinceStart: number) => number | null
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const line = ({ name, labels }: HistorySeries, value: number, at: number): string =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}=${JSON.stringify(text)}`)
    .join(',')}} ${value} ${at}`

/**
 * A real Prometheus of its own whose past is made of the given series.
 * @returns null when real servers are neither configured nor required
 */
export async function startPrometheus(
  t: Owner,
  series: readonly HistorySeries[],
  { start, end, step }: { start: number; end: number; step: number },
): Promise<string | null> {
  if (!shouldRun(t, 'PROMETHEUS_URL', process.env['PROMETHEUS_URL'] !== undefined)) return null
  const dir = mkdtempSync(join(tmpdir(), 'orrery-prometheus-'))
  const lines: string[] = []
  for (const one of series)
    for (let at = start; at <= end; at += step) {
      const value = one.value(at - start)
      if (value !== null) lines.push(line(one, value, at))
    }
  writeFileSync(join(dir, 'history.txt'), `${lines.join('\n')}\n# EOF\n`)
  execFileSync(programOf('promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'history.txt'), join(dir, 'data')], {
    stdio: 'ignore',
  })
  writeFileSync(join(dir, 'prometheus.yml'), 'global: {}\n')
  const port = await freePort()
  const child = spawn(
    programOf('prometheus'),
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=5y',
    ],
    { stdio: 'ignore' },
  )
  t.teardown(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    rmSync(dir, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true, { withinMs: 60_000, everyMs: 100 })
  return url
}
