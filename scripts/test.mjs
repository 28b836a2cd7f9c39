// `npm test`: builds, then runs tap on the compiled tests; with file names, only those (test/foo.test.ts). `--long` runs the long forms in test/long.
import { spawnSync } from 'node:child_process'
const given = process.argv.slice(2)
const long = given.includes('--long') || given.some((name) => name.includes('test/long/'))
const files = given.filter((name) => name !== '--long')
const named = files.map((name) => name.replace(/^(build\/)?test\//, 'build/test/').replace(/\.ts$/, '.js'))
const wanted = long ? ['--timeout=3600', ...(named.length === 0 ? ['build/test/long/*.test.js'] : named)] : named
const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
run('npx', ['tsc', '-p', 'tsconfig.json'])
run('npx', ['tap', ...wanted])
