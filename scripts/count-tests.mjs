// Counts a TAP report: `node scripts/count-tests.mjs results.tap EXIT_CODE` names every failure with what the runner said of it, prints
// `N passed, N failed` and fails unless everything passed. Leaf assertions count, whatever depth they are at; a report without any, or a runner that
// failed, is a failure.
import { existsSync, readFileSync } from 'node:fs'

const diagnosticLines = 40

const [report, exitCode] = process.argv.slice(2)
const lines = report !== undefined && existsSync(report) ? readFileSync(report, 'utf8').split('\n') : []

let passed = 0
let skipped = 0
let depthBefore = 0
/** The subtests around a line: where each began, how deep, and its name. */
const around = []
const failures = []
for (const [at, line] of lines.entries()) {
  const match = /^( *)(?:(not )?ok\b|1\.\.\d|# Subtest: )(.*)$/.exec(line)
  if (match === null) continue
  const depth = match[1].length
  const isResult = /^ *(not )?ok\b/.test(line)
  if (line.startsWith('# Subtest', depth)) {
    while (around.length > 0 && around.at(-1).depth >= depth) around.pop()
    around.push({ at, depth, name: match[3] })
  }
  // a line that sums up deeper ones is no assertion of its own: it follows them, or opens their block
  const sumsUp = depthBefore > depth || line.endsWith('{')
  depthBefore = depth
  if (!isResult) continue
  const fails = match[2] !== undefined
  const begun = around.findLast((one) => one.depth === depth)?.at ?? 0
  // unless nothing below it failed: a file that died has a result and no assertion
  if (sumsUp && !(fails && !failures.some((one) => one.at > begun))) continue
  if (/# (skip|todo)/i.test(match[3])) skipped += 1
  else if (fails) failures.push({ at, depth, path: around.filter((one) => one.depth < depth).map(({ name }) => name) })
  else passed += 1
}

for (const { at, depth, path } of failures) {
  console.log(`\nfailed: ${path.length === 0 ? 'a whole file' : path.join(' > ')}`)
  const end = lines.findIndex((line, index) => index > at && (line.trim() === '...' || /^ *((not )?ok\b|1\.\.\d|# Subtest)/.test(line)))
  for (const line of lines.slice(at, Math.min(end === -1 ? at + 1 : end, at + diagnosticLines))) console.log(line.slice(depth))
}

let failed = failures.length
const required = process.env.ORRERY_REQUIRE_SERVICES === '1'
if (required && skipped > 0) {
  console.log(`${skipped} skipped although the real servers are required`)
  failed += skipped
}
if (exitCode !== '0' && failed === 0) failed = 1
if (passed === 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
