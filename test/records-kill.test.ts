import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { packageRoot } from '../src/root.ts'
import { checkKilled, killablePlaces, killedScope, openKilled } from './support/records-killed.ts'

const program = join(packageRoot, 'build', 'test', 'support', 'append-process.js')
const TOTAL = 10_000
/** A life ends when so many were acknowledged in it; the last one writes the rest. */
const KILL_AFTER = [1_700, 2_300, 900]

/** Lets a process write and kills it amid its writing. @returns the number that its successor begins at */
async function live(place: string, from: number, killAfter: number, acknowledged: Map<number, string>): Promise<number> {
  const child = spawn(process.execPath, [program, place, String(from), String(TOTAL)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let here = 0
  let highest = from
  for await (const line of createInterface({ input: child.stdout })) {
    const [offset = '', text = ''] = line.split(' ')
    acknowledged.set(Number(offset), text)
    highest = Math.max(highest, Number(text.slice(1)))
    here += 1
    if (here === killAfter) child.kill('SIGKILL')
  }
  await closed
  // what was on its way may or may not be there: none of it is asked for again
  return highest + 20
}

for (const [name, find] of Object.entries(killablePlaces))
  t.test(
    `kill -9 during 10,000 appends, ${name}: acknowledged = present, the chain is whole, no hole, each announced once`,
    { timeout: 300_000 },
    async (t) => {
      const place = await find(t)
      if (place === null) return
      const fresh = await openKilled(place)
      await migrate(fresh)
      await fresh.close()
      const acknowledged = new Map<number, string>()
      let next = 0
      for (const killAfter of [...KILL_AFTER, Infinity]) next = await live(place, next, killAfter, acknowledged)
      t.ok(next >= TOTAL && acknowledged.size > TOTAL - 100, `${acknowledged.size} appends acknowledged`)
      const sql = await openKilled(place)
      t.teardown(() => sql.close())
      await checkKilled(t, { sql, tenantId: killedScope.tenantId, acknowledged })
    },
  )
