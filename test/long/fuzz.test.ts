import t from 'tap'
import { fuzz, fuzzedApp } from '../support/fuzz.ts'

const documents = Number(process.env['FUZZ_DOCUMENTS'] ?? 20_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

t.test(
  `${documents} random documents (seed ${seed}): every answer is a result or a code, none a failure of ours`,
  { timeout: 0 },
  async (t) => fuzz(t, await fuzzedApp(t), { documents, seed }),
)
