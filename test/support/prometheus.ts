import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Starts a program that answers at `/-/ready`, in a folder of its own that already holds what `prepare` puts there. */
async function startReady(
  t: Owner,
  program: string,
  prepare: (dir: string) => void,
  args: (dir: string, port: number) => string[],
): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), `orrery-${program}-`))
  prepare(dir)
  const port = await freePort()
  const child = spawn(programOf(program), args(dir, port), { stdio: 'ignore' })
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

const prometheusArgs = (dir: string, port: number): string[] => [
  `--config.file=${join(dir, 'prometheus.yml')}`,
  `--storage.tsdb.path=${join(dir, 'data')}`,
  `--web.listen-address=127.0.0.1:${port}`,
  '--storage.tsdb.retention.time=5y',
]

const isWanted = (t: Owner, setting: 'PROMETHEUS_URL' | 'ALERTMANAGER_URL'): boolean =>
  shouldRun(t, setting, process.env[setting] !== undefined)

/**
 * A real Prometheus of its own whose past is made of the given series.
 * @returns null when real servers are neither configured nor required
 */
export async function startPrometheus(
  t: Owner,
  series: readonly HistorySeries[],
  { start, end, step }: { start: number; end: number; step: number },
): Promise<string | null> {
  if (!isWanted(t, 'PROMETHEUS_URL')) return null
  const lines: string[] = []
  for (const one of series)
    for (let at = start; at <= end; at += step) {
      const value = one.value(at - start)
      if (value !== null) lines.push(line(one, value, at))
    }
  const prepare = (dir: string) => {
    writeFileSync(join(dir, 'history.txt'), `${lines.join('\n')}\n# EOF\n`)
    execFileSync(programOf('promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'history.txt'), join(dir, 'data')], {
      stdio: 'ignore',
    })
    writeFileSync(join(dir, 'prometheus.yml'), 'global: {}\n')
  }
  return startReady(t, 'prometheus', prepare, prometheusArgs)
}

/**
 * A real Prometheus of its own that takes remote writes and evaluates the given rules each second.
 * @param rules YAML, by file name
 * @returns null when real servers are neither configured nor required
 */
export async function startPrometheusReceiver(
  t: Owner,
  { rules = {}, alertmanagerUrl = null }: { rules?: Readonly<Record<string, string>>; alertmanagerUrl?: string | null } = {},
): Promise<string | null> {
  if (!isWanted(t, 'PROMETHEUS_URL')) return null
  const config = {
    global: { evaluation_interval: '1s' },
    rule_files: ['rules-*.yml'],
    // what rules record now must not keep the past out
    storage: { tsdb: { out_of_order_time_window: '1d' } },
    ...(alertmanagerUrl === null
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] } }),
  }
  const prepare = (dir: string) => {
    // JSON is YAML
    writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config))
    for (const [name, text] of Object.entries(rules)) writeFileSync(join(dir, `rules-${name}.yml`), text)
  }
  return startReady(t, 'prometheus', prepare, (dir, port) => [
    ...prometheusArgs(dir, port),
    '--web.enable-remote-write-receiver',
    '--rules.alert.resend-delay=2s',
  ])
}

/**
 * A real Alertmanager of its own.
 * @param config of the folder that the files in `files` are written to
 */
export async function startAlertmanager(
  t: Owner,
  config: (dir: string) => string,
  files: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  if (!isWanted(t, 'ALERTMANAGER_URL')) return null
  const prepare = (dir: string) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    writeFileSync(join(dir, 'alertmanager.yml'), config(dir))
  }
  return startReady(t, 'alertmanager', prepare, (dir, port) => [
    `--config.file=${join(dir, 'alertmanager.yml')}`,
    `--storage.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ])
}
