// `npm start`: builds when the sources are newer than the last build, then runs the server in this very process, so that signals reach it.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const program = join(root, 'dist', 'cli.js')
// written after a build that went through: a build that was cut short is done again
const stamp = join(root, 'dist', '.built')

const changedAt = (path) => statSync(path).mtimeMs

function newestSource() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name))
  return Math.max(
    ...[...files, join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json'), join(root, 'package-lock.json')].map(changedAt),
  )
}

function build() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) {
    console.error('The packages are not installed: run `npm ci` first.')
    process.exit(1)
  }
  console.error('Building (only after a change)...')
  // types are checked by `npm run build` and by CI: who starts the server only waits for the code
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--noCheck'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stamp, '')
}

// an image carries dist/ and no sources
const hasSources = existsSync(join(root, 'src')) && existsSync(join(root, 'tsconfig.build.json'))
if (hasSources && (!existsSync(program) || !existsSync(stamp) || changedAt(stamp) < newestSource())) build()

process.argv = [process.execPath, program, ...process.argv.slice(2)]
await import(program)
