import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
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

  const kept = join(folder, 'pins.jsonl')
  await writeFile(kept, (await cli('records', 'pin', 'orders', '--list')).stdout)
  t.match(linesOf((await cli('records', 'verify', 'orders', '--pins', kept)).stdout), [{ ok: true, keptPins: Number }])
  t.equal((await cli('records', 'verify', '--file', file, '--pins', kept)).code, 0)
  const foreign = join(folder, 'foreign.jsonl')
  await writeFile(foreign, `${JSON.stringify({ length: '3', headHash: '0'.repeat(64) })}\n`)
  const longer = join(folder, 'longer.jsonl')
  await writeFile(longer, `${JSON.stringify({ length: '604', headHash })}\n`)
  for (const target of [['orders'], ['--file', file]]) {
    t.match(await cli('records', 'verify', ...target, '--pins', foreign), { code: 1, stderr: /rewritten at or before offset 2/ })
    t.match(await cli('records', 'verify', ...target, '--pins', longer), { code: 1, stderr: /tail was cut/ })
  }
  t.equal((await cli('records', 'verify', 'orders', '--pins', file)).code, 2)

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
  const unclear = [['records'], ['records', 'dance', 'x'], ['records', 'pin'], ['records', 'import', 'x'], ['audit']]
  t.same(await Promise.all(unclear.map(async (args) => (await cli(...args)).code)), [2, 2, 2, 2, 2])
  const nowhere = await orrery(t, 'http://127.0.0.1:9', 'records', 'verify', 'orders')
  t.match(nowhere, { code: 1, stderr: /There is no server at/ })
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})
