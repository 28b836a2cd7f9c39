import t from 'tap'
import fc from 'fast-check'
import { decodeId, encodeId } from '../src/ids.ts'
import { formatDemonTime, formatNanos, parseNanos } from '../src/time.ts'

t.test('an id gives its natural key back, whatever text is in it', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), (parts) => {
      t.strictSame(decodeId(encodeId('Run', parts)), { type: 'Run', parts })
    }),
  )
})

t.test('a text that is no id of ours is null, never an exception', async (t) => {
  for (const text of [
    '',
    'x',
    '*',
    'a'.repeat(5000),
    Buffer.from('Run:v2:a').toString('base64url'),
    Buffer.from('Run:v1:%zz').toString('base64url'),
  ])
    t.equal(decodeId(text), null, text.slice(0, 20))
})

t.test('times keep their nanoseconds and read as Demon reads them', async (t) => {
  t.equal(formatNanos(parseNanos('2025-11-09T15:59:39.123456789+00:00') ?? 0n), '2025-11-09T15:59:39.123456789Z')
  t.equal(formatNanos(parseNanos('2025-11-09 17:59:39.5+02:00') ?? 0n), '2025-11-09T15:59:39.500Z')
  t.equal(formatDemonTime(parseNanos('2025-11-09T15:59:39Z') ?? 0n), '2025-11-09T15:59:39.000000000+00:00')
  t.equal(formatNanos(parseNanos('2016-12-31T23:59:60.1234567899Z') ?? 0n), '2017-01-01T00:00:00.123456789Z')
  for (const text of ['2025-11-09', '2025-11-09T15:59:39', '2025-02-30T00:00:00Z', '2025-13-01T00:00:00Z', 5, null])
    t.equal(parseNanos(text), null)
})
