// `npm test`: builds, then runs tap on the compiled tests; with file names, only those (test/foo.test.ts).
import { spawnSync } from 'node:child_process'
const wanted = process.argv.slice(2).map((name) => name.replace(/^(build\/)?test\//, 'build/test/').replace(/\.ts$/, '.js'))
const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
run('npx', ['tsc', '-p', 'tsconfig.json'])
run('npx', ['tap', ...wanted])
