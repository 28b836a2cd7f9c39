// Runs the steps of the Dockerfile by hand in a clean folder, where there is no container engine: every COPY and RUN of both stages, then the
// server as an engine would start it (image-jail.sh: its user, read-only root, no capability, no network), and its HEALTHCHECK.
//   node scripts/image-rehearsal.mjs      as root, takes some minutes; not checked: the base images, layers
import { execSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const work = mkdtempSync(join(tmpdir(), 'orrery-image-'))
const stages = []
const env = {}
const place = (stage, path) => join(stage.folder, path.startsWith('/') ? path : join(stage.workdir, path))

const steps = {
  FROM: (rest) => stages.push({ name: / as (\w+)/i.exec(rest)?.[1] ?? 'last', folder: join(work, `stage-${stages.length}`), workdir: '/' }),
  WORKDIR: (rest, stage) => {
    stage.workdir = rest
    mkdirSync(place(stage, '.'), { recursive: true })
  },
  COPY: (rest, stage) => {
    const words = rest.split(/\s+/)
    const from = words[0].startsWith('--from=') ? stages.find(({ name }) => name === words.shift().slice('--from='.length)) : null
    const target = words.pop()
    for (const source of words) {
      const into = target.endsWith('/') ? join(place(stage, target), source.split('/').at(-1)) : place(stage, target)
      cpSync(from === null ? join(root, source) : join(from.folder, source), into, { recursive: true })
    }
  },
  ENV: (rest) => {
    for (const [, key, value] of rest.matchAll(/(\w+)=(\S+)/g)) env[key] = value
  },
  RUN: (rest, stage) => {
    // folders of the image's root are made below ours; there is no user `node` here
    const command = rest.replaceAll(' /data', ` ${join(stage.folder, 'data')}`).replace(/ && chown .*/, '')
    execSync(command, { cwd: place(stage, '.'), stdio: ['ignore', 2, 2] })
  },
}

const text = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll(/\\\n/g, ' ')
const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
for (const line of lines) {
  const [, instruction, rest] = /^(\w+)\s+(.*)$/.exec(line)
  console.error(`> ${line}`)
  if (steps[instruction] !== undefined) steps[instruction](rest.trim(), stages.at(-1))
}

const image = stages.at(-1)
const settings = { ...env, PATH: process.env.PATH, HOST: '127.0.0.1', NODE_ENV: 'development' }
const server = spawn(
  'sh',
  [join(root, 'scripts', 'image-jail.sh'), image.folder, 'node', '--max-semi-space-size=64', 'dist/cli.js', 'serve'],
  {
    env: settings,
    stdio: ['ignore', 2, 2],
  },
)
/** The program itself: process 1 of its own, and the only child of what made its namespaces. */
const inside = () => spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' }).stdout.trim()
const user = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups']
const check = () =>
  spawnSync('nsenter', ['--target', inside(), '--all', '--root', '--wd', ...user, 'node', 'dist/cli/healthcheck.js'], {
    env: { ...settings, PATH: '/opt:/usr/bin:/bin' },
  }).status === 0
const deadline = Date.now() + 60_000
let healthy = false
while (!healthy && Date.now() < deadline && server.exitCode === null) {
  healthy = check()
  if (!healthy) await new Promise((next) => setTimeout(next, 500))
}
process.kill(Number(inside()), 'SIGTERM')
const code = await new Promise((done) => server.once('exit', done))
const size = execSync(`du -sm ${resolve(image.folder)}`, { encoding: 'utf8' }).split('\t')[0]
rmSync(work, { recursive: true, force: true })
console.log(`image of ${size} MB without its base; health check ${healthy ? 'passed' : 'FAILED'}; ended with ${code} on SIGTERM`)
process.exitCode = healthy && code === 0 ? 0 : 1
