import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { createCratonClient } from '../src/datasources/craton/craton-client.ts'
import { type CratonConnection, CratonRefusal, openCratonConnection } from '../src/datasources/craton/craton-connection.ts'
import { createCratonRecordStore } from '../src/datasources/craton/craton-record-store.ts'
import { parseTenants } from '../src/datasources/craton/craton-settings.ts'
import { encodeFrame } from '../src/datasources/craton/frames.ts'
import { chainHashes, hex } from '../src/datasources/storage/record-chain.ts'
import { type RecordStream } from '../src/datasources/storage/storage.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { isAppError } from '../src/errors.ts'
import { systemClock } from '../src/time.ts'
import {
  type Exchange,
  type FrameMischief,
  meaningOf,
  randomCuts,
  readConversation,
  type RecordedPeer,
  type RecordedPeerOptions,
  requestOf,
  responseOf,
  slowBytes,
  startRecordedPeer,
} from './support/craton-recording.ts'
import { startCratonWorld } from './support/craton-world.ts'
import { randomOf } from './support/fuzz-frames.ts'
import { shouldRun } from './support/services.ts'
import { vectorsFolder } from './support/vectors.ts'

const folder = vectorsFolder()
const conversation = folder === null ? [] : readConversation(folder)
const skip = !shouldRun(t, 'ORRERY_SHARED', folder !== null)
const DEADLINE_MS = 20_000

const open = (peer: RecordedPeer): Promise<CratonConnection> =>
  openCratonConnection(
    { host: '127.0.0.1', port: peer.port, tls: null, token: undefined },
    { timeoutMs: DEADLINE_MS, onClosed: () => undefined },
  )

interface Heard {
  readonly n: number
  readonly heard: unknown
  readonly recorded: unknown
}

/** A part of the recording as our codec names it. */
const recordedOf = ({
  request: _request,
  response: _response,
  requestId: _id,
  codeName: _name,
  table,
  ...rest
}: Readonly<Record<string, unknown>>) => (table === undefined ? rest : { ...rest, tableName: table })

/** Says what was recorded, through a connection of ours, and gives what came back in the words of the recorder. */
async function say(connection: CratonConnection, { n, send, recv, meaning }: Exchange): Promise<Heard[]> {
  const answers = recv.flatMap((frame) => responseOf(frame) ?? [])
  const meant = meaning.filter((part) => 'response' in part)
  const calls = send.map(async (frame, index) => {
    const { tenantId, audit, payload, id } = requestOf(frame)
    const expected = answers.find(({ requestId }) => requestId === id)?.payload.type ?? 'Error'
    const recorded = recordedOf(meant[index] ?? {})
    try {
      const { type: _type, ...answer } = await connection.call(payload, expected, { tenantId, audit, timeoutMs: DEADLINE_MS })
      return { n, heard: meaningOf(answer), recorded }
    } catch (error) {
      if (!(error instanceof CratonRefusal)) throw error
      return { n, heard: { code: error.code, message: error.message }, recorded }
    }
  })
  return Promise.all(calls)
}

const sayable = conversation.filter(({ closed, n }) => !closed && n !== 1)
const connections = [...new Set(sayable.map(({ conn }) => conn))]

/** The whole conversation, each recorded socket a connection of ours. */
async function replay(t: Test, options: RecordedPeerOptions & { readonly pipelined?: boolean } = {}): Promise<RecordedPeer> {
  const peer = await startRecordedPeer(t, conversation, options)
  for (const conn of connections) {
    peer.expect(conn)
    const connection = await open(peer)
    const exchanges = sayable.filter((exchange) => exchange.conn === conn)
    const heard: Heard[] = []
    if (options.pipelined === true) heard.push(...(await Promise.all(exchanges.map((exchange) => say(connection, exchange)))).flat())
    else for (const exchange of exchanges) heard.push(...(await say(connection, exchange)))
    for (const { n, heard: ours, recorded } of heard) t.match(ours, recorded, `exchange ${n}`)
    t.ok(connection.isOpen)
    connection.close()
  }
  t.same(peer.strayed, [], 'every byte we sent is the byte that was recorded')
  return peer
}

t.test('our connection says all of a recorded conversation byte for byte, and understands every answer', { skip }, async (t) => {
  const peer = await replay(t)
  // what the server refuses at the header cannot be said by a connection of ours
  for (const { n, conn, send } of conversation.filter(({ closed }) => closed)) {
    peer.expect(conn)
    const socket = connect(peer.port, '127.0.0.1')
    socket.write(send[0] ?? '')
    const ended = once(socket, 'close')
    socket.resume()
    await ended
    t.equal(socket.bytesRead, 0, `exchange ${n}: closed without a reply`)
  }
  t.same(
    [...peer.replayed].sort((left, right) => left - right),
    conversation.map(({ n }) => n),
    'nothing of it was left out',
  )
})

const benign: Readonly<Record<string, RecordedPeerOptions & { pipelined?: boolean }>> = {
  'slow bytes': { deliver: slowBytes },
  'random cuts': { deliver: randomCuts(randomOf(11)) },
  'replies out of order': { reorder: (answers) => answers.toReversed() },
  'every request at once': { pipelined: true },
}
for (const [name, options] of Object.entries(benign))
  t.test(`the recorded conversation with ${name} comes out the same`, { skip }, async (t) => void (await replay(t, options)))

const changed =
  (change: (frame: Buffer) => void): FrameMischief =>
  (frame) => {
    const copy = Buffer.from(frame)
    change(copy)
    return copy
  }
const malign: Readonly<Record<string, { how: FrameMischief; close?: boolean }>> = {
  'a wrong CRC': { how: changed((frame) => frame.writeUInt32BE(1, 10)) },
  'a wrong version': { how: changed((frame) => frame.writeUInt16BE(4, 4)) },
  'a wrong mark': { how: changed((frame) => frame.writeUInt32BE(0x50475351, 0)) },
  'a 4 GiB length': { how: changed((frame) => frame.writeUInt32BE(0xffff_ffff, 6)) },
  'a wrong request id': {
    how(frame) {
      const response = responseOf(frame)
      return response === null ? frame : encodeFrame({ ...response, requestId: response.requestId + 1_000n })
    },
  },
  'a close amid the frame': { how: (frame) => frame.subarray(0, frame.length - 2), close: true },
  'a close after the header': { how: (frame) => frame.subarray(0, 14), close: true },
  'a close instead': { how: () => Buffer.alloc(0), close: true },
}
/** The first part of the conversation, one request after the other. */
const first = sayable.filter(({ conn, n }) => conn === 'a' && n < 22)

async function sayAll(connection: CratonConnection, exchanges: readonly Exchange[]): Promise<unknown[]> {
  const failures: unknown[] = []
  for (const exchange of exchanges) await say(connection, exchange).catch((error: unknown) => failures.push(error))
  return failures
}

for (const [name, spoilt] of Object.entries(malign))
  t.test(
    `the conversation with ${name}: a coded error at once, nothing sent after it, and a new connection goes on`,
    { skip },
    async (t) => {
      const before = process.memoryUsage().arrayBuffers
      for (const { n } of first) {
        const peer = await startRecordedPeer(t, conversation, { spoil: { n, ...spoilt } })
        const connection = await open(peer)
        const [failure, ...later] = await sayAll(
          connection,
          first.filter((exchange) => exchange.n <= n + 2),
        )
        t.ok(isAppError(failure, 'SOURCE_UNAVAILABLE') && failure.details['written'] === 'UNKNOWN', `exchange ${n}: it may have been done`)
        t.ok(later.every((error) => isAppError(error, 'SOURCE_UNAVAILABLE') && error.details['written'] === 'NO'))
        t.notOk(connection.isOpen)
        const again = await open(peer)
        t.same(await sayAll(again, first), [])
        again.close()
        t.same(peer.strayed, [])
      }
      t.ok(process.memoryUsage().arrayBuffers - before < 64 * 1_048_576, 'nothing was allocated by a number of the peer')
    },
  )

t.test(
  'our store, asked through its port, gets the recorded answers: streams, appends, conflicts, reads, and the restart that forgets',
  { skip },
  async (t) => {
    const world = await startCratonWorld(t, conversation)
    const sql = await openPgliteSql({ dataDir: null, timeoutMs: DEADLINE_MS })
    t.teardown(() => sql.close())
    await migrate(sql)
    const client = createCratonClient({
      address: { host: '127.0.0.1', port: world.port, tls: null, token: undefined },
      clock: systemClock,
      poolSize: 1,
      timeoutMs: DEADLINE_MS,
      pinnedVersion: undefined,
    })
    t.teardown(() => client.close())
    const store = createCratonRecordStore({
      ...{ client, sql, clock: systemClock, tenants: parseTenants(['demo=7']), streams: [], sidecars: [], dataDir: undefined },
      limits: { eventBytes: 900, batchBytes: 4_000_000 },
      pollMs: { first: 20, last: 200 },
    })
    const scope = { tenantId: 'demo' }
    const append = (stream: RecordStream, expectedOffset: bigint, ...payloads: string[]) =>
      store.append(scope, stream, { payloads: payloads.map((payload) => Buffer.from(payload)), expectedOffset, idempotency: null })
    const textsOf = async (stream: RecordStream, from: bigint, to: bigint) =>
      (await store.read(scope, stream, { from, to })).map(({ payload }) => Buffer.from(payload).toString('utf8'))
    const create = async (name: string, dataClass: 'PHI' | 'PCI') =>
      (await store.create(scope, { name, dataClass, retentionDays: null })).stream

    const orders = await create('orders', 'PHI')
    t.match(orders, { streamId: 30064771073n, dataClass: 'PHI' })
    t.equal((await create('payments', 'PCI')).streamId, 30064771074n)
    t.match(await store.extentOf(scope, orders), { length: 0n })
    t.match(await append(orders, 0n, 'a', 'bc'), { outcome: 'APPENDED', firstOffset: 0n, lastOffset: 1n })
    t.match(await append(orders, 0n, 'late'), { outcome: 'OFFSET_CONFLICT', expected: 0n, actual: 2n })
    t.match(await append(orders, 9n, 'early'), { outcome: 'OFFSET_CONFLICT', expected: 9n, actual: 2n })
    t.match(await append(orders, 2n, '{"k":1}'), { outcome: 'APPENDED', firstOffset: 2n })
    t.match(await append(orders, 3n, '{"k":1}'), { outcome: 'APPENDED', firstOffset: 3n })
    t.match(await store.extentOf(scope, orders), { length: 4n })
    t.same(await textsOf(orders, 0n, 10n), ['a', 'bc', '{"k":1}', '{"k":1}'])
    t.same(await textsOf(orders, 1n, 2n), ['bc'], 'what was read is remembered')
    const hashes = chainHashes(
      null,
      0,
      ['a', 'bc', '{"k":1}', '{"k":1}'].map((payload) => Buffer.from(payload)),
    )
    t.match(await store.verify(scope, orders, { from: null, to: null }), {
      ok: true,
      checked: 4n,
      mode: 'wire',
      headHash: hex(hashes[3] ?? Buffer.alloc(0)),
    })
    t.match(await append(orders, 4n, 'live4', 'live5'), { outcome: 'APPENDED', firstOffset: 4n, lastOffset: 5n })
    t.match(await store.status(), { status: 'UP', version: '0.8.0', clusterMode: 'Clustered' })
    const before = world.asked.length
    await t.rejects(append(orders, 6n, 'z'.repeat(4_005)), { code: 'BAD_USER_INPUT' })
    t.equal(world.asked.length, before, 'what a real server stores and then reports as Error 12 is not sent')

    const epoch = (await store.find(scope, 'orders'))?.epoch ?? null
    world.restart()
    await t.rejects(store.extentOf(scope, orders))
    await t.rejects(store.extentOf(scope, orders), { code: 'NOT_FOUND' }, 'lengths were reset')
    t.notOk(store.sameEpoch(epoch, (await store.find(scope, 'orders'))?.epoch ?? null), 'a new life of the server')
    await t.rejects(append(orders, 6n, 'more'), { code: 'CONFLICT', message: /restarted/ })
    const payments = await create('payments', 'PCI')
    t.equal(payments.streamId, 30064771073n, 'another name has the id of orders now')
    await t.rejects(
      append(payments, 0n, 'after-restart'),
      { code: 'CONFLICT', message: /earlier life/ },
      'and is not written over old bytes',
    )
    t.same(world.unknown, [], 'the recording had an answer to everything we asked')
    for (const n of [1, 3, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 25, 47, 49]) t.ok(world.replayed.has(n), `exchange ${n}`)
  },
)
