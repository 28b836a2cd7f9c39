import { performance } from 'node:perf_hooks'
import { type FastifyInstance } from 'fastify'
import { type Test } from 'tap'
import { buildSchema } from '../../src/app.ts'
import { errorCodes } from '../../src/errors.ts'
import { backings, liveServer } from './live-server.ts'
import { createDocumentMaker, dice, seeded, soup, tear } from './random-documents.ts'

/** Far more than any of them may take on a busy machine: what takes longer blocks everybody. */
const mostMs = 10_000

/** The closed list, without the one that says that we failed. */
const codes: readonly string[] = errorCodes.filter((code) => code !== 'INTERNAL_SERVER_ERROR')

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** A server over the embedded stores, which are empty. */
export async function fuzzedApp(t: Test): Promise<FastifyInstance> {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) throw new Error('no stores')
  const { app } = await liveServer(t, backing, { withoutProjector: true, env: { DEFAULT_TENANT: 'demo', WRITE_TIMEOUT_MS: '50' } })
  return app
}

export interface Asked {
  readonly codes: readonly string[]
  readonly tookMs: number
  /** What an answer must never be; null when it is as it should be. */
  readonly wrong: string | null
}

/** Sends one document. */
export async function askAnything(app: FastifyInstance, payload: { query: string; variables?: object | undefined }): Promise<Asked> {
  const from = performance.now()
  const { statusCode, body } = await app.inject({ method: 'POST', url: '/graphql', payload })
  const tookMs = performance.now() - from
  const answer = JSON.parse(body) as Answer
  const answered = (answer.errors ?? []).map(({ extensions }) => extensions?.code ?? 'none')
  const unknown = answered.find((code) => !codes.includes(code))
  const down = answered.some((code) => code === 'SOURCE_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED')
  const wrong = (): string | null => {
    if (unknown !== undefined) return `${unknown}: ${answer.errors?.[answered.indexOf(unknown)]?.message}`
    if (statusCode >= 500 && !down) return `status ${statusCode}`
    if (answer.data === undefined && answered.length === 0) return 'neither data nor errors'
    return tookMs > mostMs ? `${Math.round(tookMs)} ms` : null
  }
  return { codes: answered.length === 0 ? ['a result'] : answered, tookMs, wrong: wrong() }
}

/** Sends as many random documents: whole ones, torn ones and heaps of tokens. Every answer must be a result or a code. */
export async function fuzz(t: Test, app: FastifyInstance, { documents, seed }: { documents: number; seed: number }): Promise<void> {
  const by = dice(seeded(seed))
  const make = createDocumentMaker(buildSchema(), by)
  const seen = new Map<string, number>()
  const failures: { why: string; query: string }[] = []
  let slowest = 0
  for (let number = 0; number < documents && failures.length < 20; number++) {
    const shape = by.roll(20)
    const valid = make(shape < 2 ? 'mutation' : shape < 3 ? 'subscription' : 'query')
    const query = by.chance(0.25) ? tear(valid, by) : by.chance(0.03) ? soup(by) : valid
    const variables = by.chance(0.2) ? { flag: by.pick([true, false, null, 1, 'x', {}]) } : undefined
    const asked = await askAnything(app, { query, variables })
    slowest = Math.max(slowest, asked.tookMs)
    for (const code of new Set(asked.codes)) seen.set(code, (seen.get(code) ?? 0) + 1)
    if (asked.wrong !== null) failures.push({ why: asked.wrong, query })
  }
  t.comment(`slowest ${Math.round(slowest)} ms; ${[...seen].map(([code, count]) => `${code} ${count}`).join(', ')}`)
  t.strictSame(failures, [])
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal(app.pipeline.active(), 0, 'nothing is left open')
}
