// `npm test`: builds, then runs tap on the compiled tests; with file names, only those (test/foo.test.ts).
// With ORRERY_TAP_REPORT=FILE the raw results are also written there, for scripts/count-tests.mjs.
import { spawnSync } from 'node:child_process'
const wanted = process.argv.slice(2).map((name) => name.replace(/^(build\/)?test\//, 'build/test/').replace(/\.ts$/, '.js'))
const report = process.env.ORRERY_TAP_REPORT
const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
run('npx', ['tsc', '-p', 'tsconfig.json'])
run('npx', ['tap', ...(report === undefined ? [] : [`--output-file=${report}`, '--reporter=terse']), ...wanted])
