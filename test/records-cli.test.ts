import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { createRecordRelay } from '../src/projections/record-relay.ts'
import { systemClock } from '../src/time.ts'
import { graphql, run, serve, temporaryFolder } from './support/program.ts'
import { vectorsFolder } from './support/vectors.ts'

type Owner = Parameters<typeof run>[0]

async function orrery(t: Owner, url: string, ...args: string[]) {
  const program = run(t, [...args, '--url', url], { LOG_LEVEL: 'silent' })
  const code = await program.ended
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

const linesOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

t.test('records are appended, followed, verified, pinned, exported and imported from the command line', async (t) => {
  const folder = await temporaryFolder(t)
  const server = await serve(t, ['--empty', '--data', join(folder, 'data')])
  const cli = (...args: string[]) => orrery(t, server.url, ...args)
  await graphql(server.url, 'mutation { createRecordStream(input: { name: "orders" }) { __typename } }')

  const appended = await cli('records', 'append', 'orders', 'a', 'bc', '{"k":1}', '--expect', '0')
  t.equal(appended.code, 0, appended.stderr)
  const headHash = 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd'
  t.match(linesOf(appended.stdout), [{ firstOffset: '0', lastOffset: '2', headHash }])
  const conflict = await cli('records', 'append', 'orders', 'late', '--expect', '0')
  t.equal(conflict.code, 1)
  t.match(conflict.stderr, /has 3 records, not 0/)
  const tailed = await cli('records', 'tail', 'orders', '--from', '1', '--count', '2')
  t.match(linesOf(tailed.stdout), [
    { offset: '1', text: 'bc' },
    { offset: '2', text: '{"k":1}' },
  ])
  t.match(linesOf((await cli('records', 'verify', 'orders')).stdout), [{ ok: true, checked: '3', headHash, mode: 'sql' }])
  t.match(linesOf((await cli('records', 'pin', 'orders')).stdout), [{ length: '3', headHash, reason: 'MANUAL' }])
  t.match(linesOf((await cli('records', 'pin', 'orders', '--list')).stdout).at(-1), { length: '3', headHash })

  const records = Array.from({ length: 600 }, (_, index) => ({ text: `record ${index}` }))
  const more = await graphql(
    server.url,
    'mutation($records: [RecordInput!]!) { appendRecords(input: { key: { name: "orders" }, records: $records }) { ... on RecordsAppended { lastOffset } } }',
    { records },
  )
  t.match(more, { data: { appendRecords: { lastOffset: '602' } } })
  const file = join(folder, 'orders.log')
  const exported = await cli('records', 'export', 'orders', '--out', file)
  t.equal(exported.code, 0, exported.stderr)
  t.match(exported.stderr, /exported 603 of 603 records/, 'it says how far it is')
  const length = String(linesOf(exported.stdout)[0]?.['length'])
  t.match(linesOf((await cli('records', 'verify', '--file', file)).stdout), [{ ok: true, checked: length, mode: 'files' }])
  const imported = await cli('records', 'import', 'copy', '--file', file, '--class', 'public')
  t.equal(imported.code, 0, imported.stderr)
  t.match(linesOf(imported.stdout), [{ stream: 'copy', length, headHash: linesOf(exported.stdout)[0]?.['headHash'] }])
  t.equal((await cli('records', 'import', 'copy', '--file', file)).code, 0, 'what is there already is not written again')
  t.match(linesOf((await cli('records', 'verify', 'copy')).stdout), [{ ok: true, checked: length }])

  const bytes = await readFile(file)
  bytes[51] = 0x58
  const forged = join(folder, 'forged.log')
  await writeFile(forged, bytes)
  const refused = await cli('records', 'import', 'bad', '--file', forged)
  t.equal(refused.code, 1)
  t.match(refused.stderr, /checksum/)
  t.match(
    await graphql(server.url, '{ recordStream(key: { name: "bad" }) { id } }'),
    { data: { recordStream: null } },
    'nothing was written',
  )

  const vectors = vectorsFolder()
  if (vectors !== null) {
    const flawed = await cli('records', 'import', 'flawed', '--file', join(vectors, 'craton-segment.bin'))
    t.match(flawed, { code: 1, stderr: /broken at offset 3\. Offset 0 comes where offset 3 should be/ })
    const real = await cli('records', 'import', 'real', '--file', join(vectors, 'craton-server-segment.bin'))
    t.match(linesOf(real.stdout), [{ length: '12', headHash: '58941037e26bef9c40f30db8a86152133a16d8831b53f0e7e13cc62e391cbfbc' }])
  }
  t.match(linesOf((await cli('audit', 'verify')).stdout), [{ ok: true, stream: '_audit' }])
  for (const args of [['records'], ['records', 'dance', 'x'], ['records', 'pin'], ['records', 'import', 'x'], ['audit']])
    t.equal((await cli(...args)).code, 2, args.join(' '))
  const nowhere = await orrery(t, 'http://127.0.0.1:9', 'records', 'verify', 'orders')
  t.match(nowhere, { code: 1, stderr: /There is no server at/ })
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

t.test('kill -9 during 10,000 appends: acknowledged = present, the chain is whole, each append is announced once', async (t) => {
  const data = await temporaryFolder(t)
  const acknowledged = new Map<number, string>()
  const total = 10_000
  let next = 0
  for (let life = 1; next < total; life += 1) {
    const server = await serve(t, ['--empty', '--data', data], { BUDGET_CAPACITY: '0' })
    if (life === 1) await graphql(server.url, 'mutation { createRecordStream(input: { name: "load" }) { __typename } }')
    const killAfter = life < 3 ? 1_500 + life * 1_000 : total
    let here = 0
    let dead = false
    const writer = async () => {
      while (next < total && !dead) {
        const from = next
        next += 10
        const records = Array.from({ length: 10 }, (_, index) => `{ text: "r${from + index}" }`).join(' ')
        try {
          const answer = (await graphql(
            server.url,
            `mutation { it: appendRecords(input: { key: { name: "load" }, records: [${records}] }) { ... on RecordsAppended { firstOffset } } }`,
          )) as { data?: { it?: { firstOffset?: string } } }
          const first = answer.data?.it?.firstOffset
          if (first !== undefined) acknowledged.set(Number(first), `r${from}`)
        } catch {
          dead = true
        }
        here += 10
        if (here >= killAfter && !dead) {
          dead = true
          server.child.kill('SIGKILL')
        }
      }
    }
    await Promise.all(Array.from({ length: 10 }, writer))
    if (dead) {
      await server.ended
      continue
    }
    t.match(await graphql(server.url, '{ recordStream(key: { name: "load" }) { verify { ok reason } } }'), {
      data: { recordStream: { verify: { ok: true } } },
    })
    server.child.kill('SIGTERM')
    t.equal(await server.ended, 0)
  }
  t.ok(acknowledged.size >= 700, `${acknowledged.size} appends acknowledged`)

  const sql = await openPgliteSql({ dataDir: data, timeoutMs: 60_000 })
  t.teardown(() => sql.close())
  // What the last life did not come to tell, its successor does.
  const log = openSqlLog({ sql, clock: systemClock })
  t.teardown(() => log.close())
  const relay = createRecordRelay({ sql, log })
  for (let told = 1; told > 0;) told = await relay.step(new AbortController().signal)
  const { n, length, low, high } = await sql.one<{ n: bigint; length: bigint; low: bigint; high: bigint }>(
    `select count(*) as n, min(r.record_offset) as low, max(r.record_offset) as high, max(s.length) as length from record_streams s join records r on r.stream_key = s.stream_key where s.name = 'load'`,
  )
  t.same([low, high, n], [0n, length - 1n, length], 'no hole')
  let missing = 0
  for (const [offset, text] of acknowledged) {
    const row = await sql.maybeOne<{ payload: Uint8Array }>(
      `select r.payload from record_streams s join records r on r.stream_key = s.stream_key where s.name = 'load' and r.record_offset = $1`,
      [offset],
    )
    if (row === null || Buffer.from(row.payload).toString('utf8') !== text) missing += 1
  }
  t.equal(missing, 0, 'acknowledged = present')
  t.same(await sql.one(`select count(*) as waiting from record_outbox`), { waiting: 0n })
  const events = await sql.any<{ payload: Uint8Array }>(
    `select payload from log_messages where stream = 'orrery' and subject like 'orrery.events.%.storage.record' order by sequence`,
  )
  const ranges = events
    .map(
      ({ payload }) =>
        (JSON.parse(Buffer.from(payload).toString('utf8')) as { data: { stream: string; firstOffset: string; lastOffset: string } }).data,
    )
    .filter(({ stream }) => stream === 'load')
  let expected = 0n
  let wrong = 0
  for (const { firstOffset, lastOffset } of ranges) {
    if (BigInt(firstOffset) !== expected) wrong += 1
    expected = BigInt(lastOffset) + 1n
  }
  t.equal(wrong, 0, 'announced in order, each once')
  t.equal(expected, length)
})
