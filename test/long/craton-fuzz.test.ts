import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readConversation } from '../support/craton-recording.ts'
import { fuzzFrames } from '../support/fuzz-frames.ts'
import { shouldRun } from '../support/services.ts'
import { vectorsFolder } from '../support/vectors.ts'

const folder = vectorsFolder()

t.test('1,000,000 mutated frames: no crash, no hang, bounded memory', { timeout: 600_000 }, async (t) => {
  if (!shouldRun(t, 'ORRERY_SHARED', folder !== null)) return
  const golden = readFileSync(join(folder ?? '', 'craton-wire.tsv'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => line.split('\t')[1] ?? [])
    .map((hex) => Buffer.from(hex, 'hex'))
  const seeds = [...golden, ...readConversation(folder ?? '').flatMap(({ send, recv }) => [...send, ...recv])]
  const started = performance.now()
  const before = process.memoryUsage().rss
  let decoded = 0
  let refused = 0
  for (let part = 0; part < 20; part += 1) {
    const outcome = fuzzFrames({ seeds, count: 50_000, seed: 1_000 + part })
    decoded += outcome.decoded
    refused += outcome.refused
  }
  t.equal(decoded + refused, 1_000_000)
  t.comment(`${decoded} decoded, ${refused} refused, ${Math.round(performance.now() - started)} ms`)
  t.ok(process.memoryUsage().rss - before < 200 * 1_048_576, 'memory does not grow with the number of frames')
})
