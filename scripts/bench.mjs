// `npm run bench -- NAME [arguments]`: builds, then runs bench/NAME.ts; without a name all of them, one after the other; `--list` says which there are.
// Writes nothing but its tables.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const names = readdirSync('bench')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))

/** What the comment at the head of a benchmark says. */
const summaryOf = (name) => {
  const lines = readFileSync(`bench/${name}.ts`, 'utf8').split('\n')
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  )
  return head.map((line) => line.replace(/^\/\/ ?/, '')).join(' ')
}

// libraries check less there, ours and those we are compared with
const env = { ...process.env, NODE_ENV: 'production' }
const run = (command, args) => spawnSync(command, args, { stdio: 'inherit', env }).status ?? 1

const [name, ...rest] = process.argv.slice(2)
if (name === '--list' || (name !== undefined && !names.includes(name))) {
  for (const each of names) console.log(summaryOf(each))
  process.exit(name === '--list' ? 0 : 2)
}
// the room for young objects that `npm start` gives
const flags = ['--expose-gc', `--max-semi-space-size=${process.env.SEMI_SPACE_MB ?? 64}`]
if (run('npx', ['tsc', '-p', 'tsconfig.json']) !== 0) process.exit(1)
const failed = (name === undefined ? names : [name]).filter((each) => {
  console.log(`\n== ${each}`)
  return run(process.execPath, [...flags, `build/bench/${each}.js`, ...rest]) !== 0
})
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`)
process.exit(failed.length === 0 ? 0 : 1)
