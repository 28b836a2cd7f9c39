import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { lockDataDir } from '../../src/datasources/sql/pglite-lock.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { runUpkeep } from '../../src/datasources/sql/pglite-upkeep.ts'
import { isAppError } from '../../src/errors.ts'
import { packageRoot } from '../../src/root.ts'
import { eventually } from '../support/eventually.ts'

const timeoutMs = 20_000

const tempDir = async (t: Test): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-embedded-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const lockPath = (dir: string) => join(dir, 'orrery.lock')

interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  readonly ended: Promise<unknown>
}

const child = (t: Test, mode: 'open' | 'write' | 'race', dir: string): Child => {
  const script = join(packageRoot, 'build', 'test', 'support', 'sql-child.js')
  const started = spawn(process.execPath, [script, mode, dir], { stdio: ['pipe', 'pipe', 'inherit'], env: {} })
  t.teardown(() => started.kill('SIGKILL'))
  // A child that has ended hears no more.
  started.stdin.on('error', () => undefined)
  const lines: string[] = []
  createInterface({ input: started.stdout }).on('line', (line) => lines.push(line))
  return { process: started, lines, ended: once(started, 'close') }
}

const refusal = async (dir: string): Promise<string> => {
  try {
    const sql = await openPgliteSql({ dataDir: dir, timeoutMs })
    await sql.close()
    return 'opened'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

t.test('what was written is there after a close, and the lock is gone', async (t) => {
  const dir = await tempDir(t)
  const started = performance.now()
  const first = await openPgliteSql({ dataDir: join(dir, 'deep', 'data'), timeoutMs })
  t.comment(`first start, from the template: ${Math.round(performance.now() - started)} ms`)
  await first.script(`create table kept (word text); insert into kept values ('here')`)
  await first.close()
  t.notOk((await readdir(join(dir, 'deep', 'data'))).includes('orrery.lock'))
  const again = performance.now()
  const second = await openPgliteSql({ dataDir: join(dir, 'deep', 'data'), timeoutMs })
  t.comment(`reopened: ${Math.round(performance.now() - again)} ms`)
  t.strictSame(await second.any('select word from kept'), [{ word: 'here' }])
  await second.close()
})

t.test('a data directory in use is refused, by its name and the owner', async (t) => {
  const dir = await tempDir(t)
  const sql = await openPgliteSql({ dataDir: dir, timeoutMs })
  t.teardown(() => sql.close())
  t.match(await refusal(dir), `The data directory ${dir} is in use by process ${process.pid}.`, 'in the same process')
  const other = child(t, 'open', dir)
  await other.ended
  t.match(other.lines, [`refused: The data directory ${dir} is in use by process ${process.pid}.`], 'and in another one')
  t.strictSame(await sql.one('select 1 as one'), { one: 1 }, 'the owner is not disturbed')
})

t.test('the lock of an owner that is gone is taken over', async (t) => {
  const dir = await tempDir(t)
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'exit')
  const old = new Date(Date.now() - 60_000)
  const leave = (text: string) => writeFile(lockPath(dir), text)
  const lockOf = async (): Promise<string> => {
    try {
      const lock = await lockDataDir(dir)
      await lock.verify()
      await lock.release()
      return 'taken'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  await leave(JSON.stringify({ pid: dead.pid, startedAt: '1', host: hostname() }))
  t.equal(await lockOf(), 'taken', 'a process that ended')
  await leave(JSON.stringify({ pid: process.pid, startedAt: 'another time', host: hostname() }))
  t.equal(await lockOf(), 'taken', 'a number that another process has now')
  await leave('')
  await utimes(lockPath(dir), old, old)
  t.equal(await lockOf(), 'taken', 'killed while it wrote the file')
  await leave(JSON.stringify({ pid: 1, startedAt: '1', host: 'another-host' }))
  t.match(await lockOf(), /in use by process 1 on another-host/, 'an owner elsewhere that still shows itself')
  await utimes(lockPath(dir), old, old)
  t.equal(await lockOf(), 'taken', 'an owner elsewhere that no longer does')
  t.strictSame(await readdir(dir), [], 'nothing is left behind')
})

t.test('of processes that find a dead lock together, one gets the directory', async (t) => {
  const dir = await tempDir(t)
  const rivals = Array.from({ length: 4 }, () => child(t, 'race', dir))
  const say = (line: string) => rivals.forEach(({ process }) => process.stdin?.write(line))
  await eventually(() => rivals.every(({ lines }) => lines.includes('ready')), { withinMs: 60_000 })
  await writeFile(lockPath(dir), JSON.stringify({ pid: 999_999_999, startedAt: '1', host: hostname() }))
  say('go\n')
  await eventually(() => rivals.every(({ lines }) => lines.length > 1), { withinMs: 60_000 })
  const results = rivals.map(({ lines }) => lines[1] ?? '')
  t.equal(results.filter((line) => line === 'locked').length, 1, results.join(', '))
  t.equal(results.filter((line) => line.startsWith('refused')).length, 3)
  for (const { process } of rivals) process.stdin?.end('done\n')
  await Promise.all(rivals.map(({ ended }) => ended))
  t.strictSame(await readdir(dir), [], 'no lock file is left')
})

t.test('kill -9 while writing loses no acknowledged row and leaves no half of a transaction', async (t) => {
  const dir = await tempDir(t)
  for (const round of [1, 2, 3]) {
    const writer = child(t, 'write', dir)
    const acknowledged = () => writer.lines.filter((line) => /^\d+$/.test(line)).map(BigInt)
    await eventually(() => acknowledged().length >= 40 * round, { withinMs: 60_000, everyMs: 2 })
    writer.process.kill('SIGKILL')
    await writer.ended
    const sql = await openPgliteSql({ dataDir: dir, timeoutMs })
    const rows = await sql.any<{ id: bigint; word: string }>('select id, word from acknowledged order by id')
    const found = new Set(rows.map(({ id }) => id))
    t.strictSame(
      acknowledged().filter((id) => !found.has(id) || !found.has(id + 1n)),
      [],
      `round ${round}: ${acknowledged().length} acknowledged transactions, ${rows.length} rows`,
    )
    t.equal(rows.length % 2, 0, 'both rows of a transaction or none')
    t.strictSame(
      await sql.one('select count(*) as n from acknowledged where word >= $1', ['']),
      { n: BigInt(rows.length) },
      'the index agrees',
    )
    await sql.close()
  }
})

t.test('what a killed first start left behind is made anew', async (t) => {
  const dir = await tempDir(t)
  await mkdir(join(dir, 'pglite', 'base'), { recursive: true })
  await writeFile(join(dir, 'pglite', 'PG_VERSION'), '18\n')
  await writeFile(join(dir, 'pglite.making'), '')
  t.equal(await refusal(dir), 'opened')
  t.strictSame((await readdir(dir)).sort(), ['pglite', 'pglite.ready'])
  await writeFile(join(dir, 'pglite', 'PG_VERSION'), '17\n')
  t.match(await refusal(dir), /holds data of PostgreSQL 17; this program embeds PostgreSQL \d+/, 'data of another version is never touched')
  t.match(await readFile(join(dir, 'pglite', 'PG_VERSION'), 'utf8'), '17')
})

t.test('a folder that this program is not known to have made is refused, and left as it is', async (t) => {
  const dir = await tempDir(t)
  const foreign = join(dir, 'pglite', 'notes.txt')
  await mkdir(join(dir, 'pglite'))
  await writeFile(foreign, 'mine')
  t.match(await refusal(dir), /pglite is not known to be a database of this program: .*\.ready is missing/)
  t.equal(await readFile(foreign, 'utf8'), 'mine')
  await rm(foreign)
  t.equal(await refusal(dir), 'opened', 'an empty one is nobody’s')

  // a restore that copied the database without the file beside it
  const whole = await openPgliteSql({ dataDir: dir, timeoutMs })
  await whole.script(`create table kept (word text); insert into kept values ('here')`)
  await whole.close()
  await rm(join(dir, 'pglite.ready'))
  t.match(await refusal(dir), /If it is a whole copy of one, make that file/)
  await writeFile(join(dir, 'pglite.ready'), '')
  const again = await openPgliteSql({ dataDir: dir, timeoutMs })
  t.strictSame(await again.any('select word from kept'), [{ word: 'here' }])
  await again.close()
})

t.test('a statement that hangs costs the thread, not the store', async (t) => {
  const dir = await tempDir(t)
  const sql = await openPgliteSql({ dataDir: dir, timeoutMs: 10_000, hangGraceMs: 200 })
  t.teardown(() => sql.close())
  await sql.script(`create table kept (word text); insert into kept values ('here')`)
  const lost = sql.transaction(async (tx) => {
    await tx.run(`insert into kept values ('uncommitted')`)
    await tx.any('select count(*) from generate_series(1, 100000000000)', [], { timeoutMs: 200 })
  })
  await t.rejects(lost, { code: 'DEADLINE_EXCEEDED' })
  const started = performance.now()
  await eventually(async () => {
    try {
      await sql.ping(1_000)
      return true
    } catch (error) {
      if (isAppError(error)) return false
      throw error
    }
  })
  t.comment(`answers again after ${Math.round(performance.now() - started)} ms`)
  t.strictSame(await sql.any('select word from kept'), [{ word: 'here' }])
  t.equal(await sql.transaction((tx) => tx.run(`insert into kept values ('after')`)), 1)
})

t.test('upkeep bounds the log, clears dead rows and keeps the planner informed', async (t) => {
  const dir = await tempDir(t)
  const sql = await openPgliteSql({ dataDir: dir, timeoutMs })
  t.teardown(() => sql.close())
  t.strictSame(await runUpkeep(sql), [], 'a fresh store needs nothing')
  await sql.script('create table "Odd name" (id bigint primary key, word text)')
  await sql.run(`insert into "Odd name" select n, repeat('x', 500) from generate_series(1, 4000) as n`)
  t.strictSame(await runUpkeep(sql, 1_000_000), ['checkpoint', 'analyze public."Odd name"'])
  t.strictSame(await sql.one(`select reltuples as rows from pg_class where relname = 'Odd name'`), { rows: 4_000 })
  await sql.run('delete from "Odd name" where id > 1000')
  t.strictSame(await runUpkeep(sql), ['vacuum (analyze) public."Odd name"'])
  t.strictSame(await sql.one(`select reltuples as rows from pg_class where relname = 'Odd name'`), { rows: 1_000 })
  t.strictSame(await runUpkeep(sql), [], 'and then there is nothing to do')
})

t.test('a closed store keeps no process alive', async (t) => {
  const opener = child(t, 'open', await tempDir(t))
  await opener.ended
  t.equal(opener.process.exitCode, 0)
  t.strictSame(opener.lines, ['open'])
})

t.test('the template was made by the PGlite that is installed', async (t) => {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }
  const template = JSON.parse(await readFile(join(packageRoot, 'assets', 'pglite-template.json'), 'utf8')) as { pglite: string }
  t.equal(template.pglite, version, 'else: node scripts/build-pglite-template.mjs')
})
