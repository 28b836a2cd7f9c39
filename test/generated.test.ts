import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/root.ts'

t.test('the generated resolver types are what the schema gives now', async (t) => {
  const check = spawnSync(process.execPath, [join(packageRoot, 'scripts', 'codegen.mjs'), '--check'], { encoding: 'utf8' })
  t.equal(check.status, 0, check.stderr)
})
