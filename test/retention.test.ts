// What an answer needed must not outlive it: what survives the collections of young objects waits, with all that it refers to, for a full one.
// An object literal with an accessor does that, and so does a WeakMap of long life (see src/context.ts, src/operation/result-text.ts).
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { packageRoot } from '../src/root.ts'

const program = join(packageRoot, 'build', 'test', 'support', 'retention-process.js')

test('an answer leaves nothing behind that only a full collection finds', async (t) => {
  // what the runner of these tests loads into every process would be measured too
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program], { env })
  const { bytes, characters } = JSON.parse(stdout) as { bytes: number; characters: number }
  t.comment(`${bytes} bytes a request, of an answer of ${characters} characters`)
  t.ok(characters > 10_000, 'the answer is worth keeping')
  // a machine that is busy with other things has some answers under way at a collection; all of an answer are 370,000 bytes
  t.ok(bytes < 150_000, `it leaves less than 150,000 bytes: ${bytes}`)
})
