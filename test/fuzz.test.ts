import t from 'tap'
import { askAnything, fuzz, fuzzedApp } from './support/fuzz.ts'

/** What random documents have brought to light: each of these was a failure of ours once. */
const found = [
  'subscription ($flag: Boolean = true) { runUpdated @include(if: $flag) { status } runEvents { __typename } }',
  '{ recordStream(key: { name: "\\u0000" }) { store } }',
  '{ recordStreams { nodes { record(offset: 9223372036854775807) { id } } } }',
  `mutation { addCorrection(input: { name: "a", startsAt: "2026-01-01T00:00:00Z", endsAt: "2026-01-02T00:00:00Z", reason: "r", idempotencyKey: "k" }) {
    __typename } }`,
]

t.test('random documents: every answer is a result or a code, none a failure of ours', { timeout: 240_000 }, async (t) => {
  const app = await fuzzedApp(t)
  for (const query of found) t.equal((await askAnything(app, { query })).wrong, null, query)
  await fuzz(t, app, { documents: 400, seed: 20 })
})
