import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { decodePayload, encodeFrame, FrameDecoder, MOST_PAYLOAD_BYTES } from '../src/datasources/craton/frames.ts'
import { type Message } from '../src/datasources/craton/messages.ts'
import { WireError } from '../src/datasources/craton/postcard.ts'
import { checkSegments, encodeSegmentRecord, readSegmentRecord } from '../src/datasources/storage/segment.ts'
import { parseMetrics, healthMetrics } from '../src/datasources/craton/metrics.ts'
import { vectorsFolder } from './support/vectors.ts'
import { fuzzFrames } from './support/fuzz-frames.ts'

const folder = vectorsFolder()
const skip = folder === null ? 'the vectors are not here' : false
const file = (name: string): Buffer => readFileSync(join(folder ?? '', name))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

interface Exchange {
  readonly n?: number
  readonly send?: readonly string[]
  readonly recv?: readonly string[]
  readonly what?: string
}

const conversation = (): Exchange[] =>
  file('craton-conversation.jsonl')
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Exchange)

const golden = (): [string, Buffer][] =>
  file('craton-wire.tsv')
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([name, hex]) => (name === undefined || hex === undefined ? [] : [[name, Buffer.from(hex, 'hex')]]))

const decode = (frame: Buffer): Message[] => new FrameDecoder().push(frame)

t.test('every golden frame decodes, and encodes again to the same bytes', { skip }, async (t) => {
  const frames = golden()
  t.equal(frames.length, 17)
  for (const [name, frame] of frames) {
    const [message] = decode(frame)
    if (message === undefined) throw new Error(name)
    t.equal(hexOf(encodeFrame(message)), hexOf(frame), name)
  }
  const append = decode(frames.find(([name]) => name.startsWith('req.append'))?.[1] ?? Buffer.alloc(0))
  t.match(append, [
    { type: 'Request', id: 3n, tenantId: 7n, audit: null, payload: { type: 'AppendEvents', streamId: 30064771073n, expectedOffset: 300n } },
  ])
  t.match(decode(frames.find(([name]) => name === 'res.query')?.[1] ?? Buffer.alloc(0)), [
    {
      payload: {
        type: 'Query',
        columns: ['id', 'n'],
        rows: [
          [
            { type: 'BigInt', value: 1n },
            { type: 'Text', value: 'x' },
          ],
          [{ type: 'BigInt', value: -(2n ** 63n) }, { type: 'Null' }],
        ],
      },
    },
  ])
})

t.test('every frame of a real conversation decodes, and encodes again to the same bytes', { skip }, async (t) => {
  let frames = 0
  for (const { n, send = [], recv = [] } of conversation())
    for (const hex of [...send, ...recv]) {
      if (n !== undefined && n >= 44 && n <= 46) {
        t.throws(() => decode(Buffer.from(hex, 'hex')), WireError, `${n}: what the server refuses, we refuse`)
        continue
      }
      const [message] = decode(Buffer.from(hex, 'hex'))
      if (message === undefined) throw new Error(String(n))
      if (hexOf(encodeFrame(message)) !== hex) t.fail(`exchange ${n} differs`)
      frames += 1
    }
  t.ok(frames >= 100, `${frames} frames`)
})

t.test('frames are cut out of any stream of chunks', { skip }, async (t) => {
  const frames = golden().map(([, frame]) => frame)
  const stream = Buffer.concat(frames)
  for (const size of [1, 3, 13, 14, 15, 64, stream.length]) {
    const decoder = new FrameDecoder()
    const found: Message[] = []
    for (let at = 0; at < stream.length; at += size) found.push(...decoder.push(stream.subarray(at, at + size)))
    t.same(
      found.map((message) => hexOf(encodeFrame(message))),
      frames.map(hexOf),
      `chunks of ${size}`,
    )
    t.notOk(decoder.isAmidst)
  }
})

const frameOf = (payload: Buffer, change: Partial<{ magic: number; version: number; length: number; crc: number }> = {}): Buffer => {
  const header = Buffer.alloc(14)
  header.writeUInt32BE(change.magic ?? 0x56444220, 0)
  header.writeUInt16BE(change.version ?? 5, 4)
  header.writeUInt32BE(change.length ?? payload.length, 6)
  header.writeUInt32BE(change.crc ?? crc32(payload), 10)
  return Buffer.concat([header, payload])
}

t.test('what is no frame of the contract is an error at once, and allocates nothing', async (t) => {
  const info = Buffer.from('0102160530', 'hex')
  const bad: [string, Buffer][] = [
    ['a wrong mark', frameOf(info, { magic: 0x56444221 })],
    ['header version 4', frameOf(info, { version: 4 })],
    ['a wrong checksum', frameOf(info, { crc: 1 })],
    ['4 GiB', frameOf(Buffer.alloc(0), { length: 0xffff_ffff })],
    ['one more than 16 MiB', frameOf(Buffer.alloc(0), { length: MOST_PAYLOAD_BYTES + 1 })],
    ['an unknown tag', frameOf(Buffer.from('01013f', 'hex'))],
    ['an unknown message', frameOf(Buffer.from('03', 'hex'))],
    ['a text that is not UTF-8', frameOf(Buffer.from('0101000001ff', 'hex'))],
    ['a number wider than its field', frameOf(Buffer.from('010101ffffffff0f', 'hex'))],
    ['a length beyond 64 bits', frameOf(Buffer.from('010107ffffffffffffffffff7f', 'hex'))],
    ['a list of 4 billion', frameOf(Buffer.from('010106ffffffff0f', 'hex'))],
    ['bytes behind the message', frameOf(Buffer.from('0101070400', 'hex'))],
    ['a truth value of 2', frameOf(Buffer.from('0101090200', 'hex').subarray(0, 4))],
    ['nothing', frameOf(Buffer.alloc(0))],
    ['16 million events of nothing', frameOf(Buffer.concat([Buffer.from('010106ffffbf07', 'hex'), Buffer.alloc(15_728_640)]))],
  ]
  for (const [name, frame] of bad) t.throws(() => decode(frame), WireError, name)
  const half = new FrameDecoder()
  t.same(half.push(frameOf(info, { length: 1_000 })), [], 'half a frame is no message')
  t.ok(half.isAmidst)
})

t.test('a frame of 1 MiB that comes byte by byte is held as it is, and read', async (t) => {
  const events = Array.from({ length: 1_024 }, () => Buffer.alloc(1_020, 0x61))
  const frame = encodeFrame({ type: 'Response', requestId: 1n, payload: { type: 'ReadEvents', events, nextOffset: null } })
  const decoder = new FrameDecoder()
  const found: Message[] = []
  for (let at = 0; at < frame.length; at += 1) found.push(...decoder.push(frame.subarray(at, at + 1)))
  t.equal(found.length, 1)
  t.match(found, [{ payload: { type: 'ReadEvents', events: { length: 1_024 } } }])
})

t.test('50,000 mutated frames: a message or a wire error, nothing else', { skip }, async (t) => {
  const { decoded, refused } = fuzzFrames({ seeds: golden().map(([, frame]) => frame), count: 50_000, seed: 7 })
  t.equal(decoded + refused, 50_000)
  t.ok(decoded > 0 && refused > 0, `${decoded} decoded, ${refused} refused`)
})

t.test('numbers survive the wire up to their edges', async (t) => {
  for (const id of [0n, 1n, 127n, 128n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    const frame = encodeFrame({ type: 'Request', id, tenantId: id, audit: null, payload: { type: 'StreamInfo', streamId: id } })
    t.match(decode(frame), [{ id, tenantId: id, payload: { streamId: id } }])
  }
  for (const value of [0n, -1n, 1n, -(2n ** 63n), 2n ** 63n - 1n]) {
    const payload = { type: 'Query', columns: ['a'], rows: [[{ type: 'BigInt', value }]] } as const
    t.match(decode(encodeFrame({ type: 'Response', requestId: 1n, payload })), [{ payload }])
  }
  t.throws(() => encodeFrame({ type: 'Request', id: 2n ** 64n, tenantId: 1n, audit: null, payload: { type: 'Sync' } }), RangeError)
  t.throws(() => decodePayload(Buffer.alloc(0)), WireError)
})

t.test('the segments of a real server are read, and the flaw of the one that outlived a restart is named', { skip }, async (t) => {
  const flawed = checkSegments([file('craton-segment.bin')])
  t.match(flawed, { ok: false, checked: 3n, firstBrokenOffset: 3n, reason: /Offset 0 comes where offset 3 should be/ })
  t.equal(flawed.headHash, 'f4546c530e5df77283a7b2358c455b8212d1ba5f316531b3485193dcfb68f7dd')
  const expected = JSON.parse(file('craton-server-expected.json').toString('utf8')) as {
    headHash: string
    chain: { at: number; offset: string; payloadBase64: string; prevHash: string }[]
  }
  const segment = file('craton-server-segment.bin')
  const records: { at: number; offset: string; payloadBase64: string; prevHash: string }[] = []
  const whole = checkSegments([segment], {}, ({ at, offset, payload, previousHash }) =>
    records.push({ at, offset: offset.toString(), payloadBase64: Buffer.from(payload).toString('base64'), prevHash: hexOf(previousHash) }),
  )
  t.match(whole, { ok: true, checked: 12n, headHash: expected.headHash })
  t.same(
    records,
    expected.chain.map(({ at, offset, payloadBase64, prevHash }) => ({ at, offset, payloadBase64, prevHash })),
  )
  const written: Buffer[] = []
  checkSegments([segment], {}, ({ offset, kind, payload, previousHash }) =>
    written.push(encodeSegmentRecord({ offset, kind, payload }, offset === 0n ? null : previousHash)),
  )
  t.equal(hexOf(Buffer.concat(written)), hexOf(segment), 'what we write is what the server writes')
})

t.test('damage of a segment is found at its record and told apart', { skip }, async (t) => {
  const segment = file('craton-server-segment.bin')
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(segment)
    copy[at] = value
    return copy
  }
  t.match(checkSegments([segment.subarray(0, 2_640)]), { ok: false, checked: 11n, firstBrokenOffset: 11n, reason: /torn/ })
  t.match(checkSegments([changed(106 + 50, 0x58)]), { ok: false, firstBrokenOffset: 1n, reason: /checksum/ })
  t.match(checkSegments([changed(210, 0)]), { ok: false, firstBrokenOffset: 2n, reason: /start mark/ })
  const forged = changed(106 + 50, 0x58)
  const record = forged.subarray(106, 202)
  forged.writeUInt32LE(crc32(record), 202)
  t.match(
    checkSegments([forged]),
    { ok: false, firstBrokenOffset: 2n, reason: /link names another hash/ },
    'a checksum made right again: the next link tells',
  )
  const huge = changed(106 + 49, 0x7f)
  t.match(checkSegments([huge]), { ok: false, firstBrokenOffset: 1n, reason: /claims/ })
  t.match(checkSegments([Buffer.concat([segment.subarray(0, 106), segment.subarray(210)])]), { ok: false, firstBrokenOffset: 1n })
})

t.test('compressed payloads: LZ4 is read, what cannot be read is said', async (t) => {
  const record = (compression: number, payload: Buffer) => {
    const bytes = encodeSegmentRecord({ offset: 0n, kind: 0, payload }, null)
    bytes[45] = compression
    const end = bytes.length - 8
    bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end)
    return bytes
  }
  // size 20, then: 1 literal `a`, a match of 14 at distance 1, 5 literals
  const lz4 = Buffer.concat([Buffer.from([20, 0, 0, 0, 0x1a, 0x61, 1, 0, 0x50]), Buffer.from('aaaaa')])
  const read = readSegmentRecord(record(1, lz4), 0)
  t.equal(read.kind === 'RECORD' && Buffer.from(read.record.payload).toString('utf8'), 'a'.repeat(20))
  t.match(readSegmentRecord(record(2, Buffer.from('zstd')), 0), { kind: 'BROKEN', reason: /compressed/ })
  t.match(readSegmentRecord(record(1, Buffer.from([255, 255, 255, 127, 0])), 0), { kind: 'BROKEN', reason: /compressed/ })
})

t.test('metrics of every generation are read; what is absent is null', { skip }, async (t) => {
  const real = healthMetrics(parseMetrics(file('craton-metrics.txt').toString('utf8')))
  t.match(real, { connectionsActive: 1, connectionsTotal: 2, isLeader: null, committedOffset: null, replicationLagSeconds: null })
  for (const prefix of ['vdb_', 'craton_', 'kimberlite_', 'kmb_']) {
    const text = `# HELP x\n${prefix}is_leader 1\n${prefix}committed_offset 1200\n${prefix}view_number{a="b\\"c"} 3\n${prefix}replication_lag_seconds 0.5 1700000000\nother 1\n\ngarbage line here\n`
    t.match(healthMetrics(parseMetrics(text)), {
      isLeader: true,
      committedOffset: 1200n,
      viewNumber: 3n,
      replicationLagSeconds: 0.5,
      connectionsActive: null,
    })
  }
  t.ok(existsSync(join(folder ?? '', 'craton-metrics.txt')))
})
