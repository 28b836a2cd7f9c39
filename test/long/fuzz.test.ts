import { performance } from 'node:perf_hooks'
import t from 'tap'
import { buildSchema } from '../../src/app.ts'
import { seedSample } from '../../bench/support/seed.ts'
import { createDocumentMaker, dice, seeded, soup, tear } from '../support/random-documents.ts'
import { backings, liveServer } from '../support/live-server.ts'

const documents = Number(process.env['FUZZ_DOCUMENTS'] ?? 10_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
/** Far more than any of them may take on a busy machine: what takes longer blocks everybody. */
const mostMs = 10_000

/** The closed list of design section 10. */
const codes = [
  ...['BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'],
  ...['COST_LIMIT_EXCEEDED', 'THROTTLED', 'SOURCE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CURSOR_EXPIRED', 'UNSUPPORTED'],
  ...['PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED'],
]

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

t.test(
  `${documents} random documents (seed ${seed}): every answer is a result or a code, none a failure of ours`,
  { timeout: 0 },
  async (t) => {
    const [backing] = await backings(t, ['embedded'])
    if (backing === undefined) throw new Error('no stores')
    await seedSample(backing.sql)
    const { app } = await liveServer(t, backing, { withoutProjector: true, env: { DEFAULT_TENANT: 'demo', WRITE_TIMEOUT_MS: '50' } })
    const by = dice(seeded(seed))
    const make = createDocumentMaker(buildSchema(), by)
    const seen = new Map<string, number>()
    const wrong: { why: string; query: string }[] = []
    let slowest = 0

    for (let number = 0; number < documents && wrong.length < 20; number++) {
      const shape = by.roll(20)
      const valid = make(shape < 2 ? 'mutation' : shape < 3 ? 'subscription' : 'query')
      const query = by.chance(0.25) ? tear(valid, by) : by.chance(0.03) ? soup(by) : valid
      const from = performance.now()
      const { statusCode, body } = await app.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query, variables: by.chance(0.2) ? { flag: by.pick([true, false, null, 1, 'x', {}]) } : undefined },
      })
      const tookMs = performance.now() - from
      slowest = Math.max(slowest, tookMs)
      const answer = JSON.parse(body) as Answer
      const answered = (answer.errors ?? []).map(({ extensions }) => extensions?.code ?? 'none')
      for (const code of answered.length === 0 ? ['a result'] : new Set(answered)) seen.set(code, (seen.get(code) ?? 0) + 1)
      const unknown = answered.find((code) => !codes.includes(code))
      if (statusCode >= 500 && !answered.some((code) => code === 'SOURCE_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED'))
        wrong.push({ why: `status ${statusCode}`, query })
      else if (unknown !== undefined) wrong.push({ why: `${unknown}: ${answer.errors?.[answered.indexOf(unknown)]?.message}`, query })
      else if (answer.data === undefined && answered.length === 0) wrong.push({ why: 'neither data nor errors', query })
      else if (tookMs > mostMs) wrong.push({ why: `${Math.round(tookMs)} ms`, query })
    }
    t.comment(`slowest ${Math.round(slowest)} ms; ${[...seen].map(([code, count]) => `${code} ${count}`).join(', ')}`)
    t.strictSame(wrong, [])
    t.equal((await app.inject('/health/live')).statusCode, 200)
    t.equal(app.pipeline.active(), 0, 'nothing is left open')
  },
)
