// A process of its own over an embedded data directory: `sql-child.js open|write|race DIR`. Speaks to the test in lines.
import { lockDataDir } from '../../src/datasources/sql/pglite-lock.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'

const [mode, dataDir = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const answer = (): Promise<unknown> => new Promise((resolve) => process.stdin.once('data', resolve))

async function race(): Promise<void> {
  say('ready')
  await answer()
  const lock = await lockDataDir(dataDir)
  await lock.verify()
  say('locked')
  await answer()
  await lock.release()
}

async function useStore(): Promise<void> {
  const sql = await openPgliteSql({ dataDir, timeoutMs: 10_000 })
  say('open')
  if (mode === 'open') return sql.close()
  await sql.script('create table if not exists acknowledged (id bigint primary key, word text not null, unique (word))')
  const { next } = await sql.one<{ next: bigint }>('select coalesce(max(id) + 1, 0) as next from acknowledged')
  for (let id = next; ; id += 2n) {
    await sql.transaction(async (tx) => {
      await tx.run('insert into acknowledged values ($1, $2)', [id, `word ${id} `.repeat(20)])
      await tx.run('insert into acknowledged values ($1, $2)', [id + 1n, `word ${id + 1n} `.repeat(20)])
    })
    say(String(id))
  }
}

try {
  await (mode === 'race' ? race() : useStore())
} catch (error) {
  say(`refused: ${error instanceof Error ? error.message : String(error)}`)
}
process.stdin.destroy()
