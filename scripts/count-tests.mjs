// Counts a TAP report: `node scripts/count-tests.mjs results.tap EXIT_CODE` prints `N passed, N failed` and fails unless everything passed.
// Leaf assertions count, whatever depth they are at; a report without any, or a runner that failed, is a failure.
import { existsSync, readFileSync } from 'node:fs'

const [report, exitCode] = process.argv.slice(2)
const lines = report !== undefined && existsSync(report) ? readFileSync(report, 'utf8').split('\n') : []

let passed = 0
let failed = 0
let skipped = 0
let depthBefore = 0
for (const line of lines) {
  const match = /^( *)(?:(not )?ok\b|1\.\.\d|# Subtest)(.*)$/.exec(line)
  if (match === null) continue
  const depth = match[1].length
  // a line that sums up deeper ones is no assertion of its own: it follows them, or opens their block
  const sumsUp = depthBefore > depth || line.endsWith('{')
  depthBefore = depth
  if (sumsUp || !/^ *(not )?ok\b/.test(line)) continue
  if (/# (skip|todo)/i.test(match[3])) skipped += 1
  else if (match[2] === undefined) passed += 1
  else failed += 1
}

const required = process.env.ORRERY_REQUIRE_SERVICES === '1'
if (required && skipped > 0) {
  console.log(`${skipped} skipped although the real servers are required`)
  failed += skipped
}
if (exitCode !== '0' && failed === 0) failed = 1
if (passed === 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
