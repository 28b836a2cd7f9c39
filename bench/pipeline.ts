// npm run bench -- pipeline [requests]: what limits, cost, budget, authorisation, deadline and accounting add to an operation whose document is known, against
// bare graphql-jit with the same plan, context and data sources; and what a document costs that was never seen before.
import { setImmediate as nextLoop } from 'node:timers/promises'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { type ExecutionResult, type GraphQLSchema, parse } from 'graphql'
import { pino } from 'pino'
import { buildSchema } from '../src/app.ts'
import { createAuthenticator } from '../src/auth/authenticator.ts'
import { createContext } from '../src/context.ts'
import { type Prepared, type RequestOrigin } from '../src/operation/operation.ts'
import { createPipeline } from '../src/operation/pipeline.ts'
import { createPresence } from '../src/presence.ts'
import { createPlans } from '../src/operation/plans.ts'
import { resultText } from '../src/operation/result-text.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { systemClock } from '../src/time.ts'
import { bench, median, owner, quantile, readable } from './support/bench.ts'
import { type Ground } from './support/contenders.ts'
import { groundOn, remembered } from './support/ground.ts'
import { nestedList } from './support/nested-list.ts'
import { seedSample } from './support/seed.ts'

const requests = Number(process.argv[2] ?? 4000)

const small = '{ viewer { actor { id } tenantId } }'
const log = pino({ level: 'silent' })

/** Up to the text that a transport would send. */
type Runner = () => Promise<{ result: ExecutionResult; text: string }>

async function contenders(
  ground: Ground,
  schema: GraphQLSchema,
  text: string,
): Promise<{ bare: Runner; ours: Runner; prepare: (text?: string) => Promise<Prepared> }> {
  const parts = { ...ground, clock: systemClock }
  const viewer = await createAuthenticator({ config: ground.config, clock: systemClock }).authenticate({})
  const compiled = compileQuery(schema, parse(text))
  if (!isCompiledQuery(compiled)) throw new Error(`not compiled: ${text}`)
  const origin: RequestOrigin = { transport: 'http-post', requestId: 'bench', viewer, log, client: createPresence() }
  const plans = createPlans(schema)
  const pipeline = createPipeline({
    ...parts,
    schema,
    cache: ground.stores.cache,
    run: async (executable, context, values) => (plans.find(executable) ?? compiled.query)(undefined, context, values),
  })
  const prepare = (query = text) => pipeline.prepare({ query }, origin)
  return {
    async bare() {
      const result = await compiled.query(undefined, createContext(parts, { requestId: 'bench', viewer, log }), {})
      return { result, text: JSON.stringify(result) }
    },
    async ours() {
      const prepared = await prepare()
      if (prepared.kind === 'REFUSED') throw new Error(JSON.stringify(prepared.result))
      const result = await pipeline.execute(prepared.operation)
      return { result, text: resultText(result) }
    },
    prepare,
  }
}

async function microseconds(work: () => Promise<unknown>): Promise<number> {
  const from = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - from) / 1000
}

async function known(ground: Ground, schema: GraphQLSchema, name: string, text: string): Promise<Record<string, string | number>> {
  const { bare, ours, prepare } = await contenders(ground, schema, text)
  const { result, text: answer } = await ours()
  if (JSON.stringify((await bare()).result.data) !== JSON.stringify(result.data)) throw new Error(`another answer: ${answer.slice(0, 300)}`)
  const times = { bare: [] as number[], ours: [] as number[], prepare: [] as number[] }
  for (let turn = -requests / 4; turn < requests; turn++) {
    const round = { bare: await microseconds(bare), ours: await microseconds(ours), prepare: await microseconds(() => prepare()) }
    // timers and sockets of the process have their turn, but not within what is measured
    await nextLoop()
    if (turn < 0) continue
    times.bare.push(round.bare)
    times.ours.push(round.ours)
    times.prepare.push(round.prepare)
  }
  return {
    operation: name,
    'bare, p50 µs': readable(median(times.bare)),
    'pipeline, p50 µs': readable(median(times.ours)),
    'p99 µs': readable(quantile(times.ours, 0.99)),
    'overhead, p50 µs': readable(median(times.ours) - median(times.bare)),
    'of it before execution': readable(median(times.prepare)),
  }
}

const fields = 'id ritualId runId status startedAt endedAt updatedAt state legacy durationMs'
const children = 'events(first: 2) { nodes { id type at sequence } pageInfo { hasNextPage endCursor } }'

const more =
  'approvals(first: 1) { nodes { id gateId state requestedAt ageSeconds requester { id } } } transitions { fromState toState at }'

/** Documents of nearly two thousand tokens, the longest that are taken; no two of them have one text. */
const shapes: Readonly<Record<string, (number: number) => string>> = {
  'twenty lists': (number) => {
    const list = (at: number) => `l${at}: runs(first: 1) { nodes { ${fields} ${children} ${more} } pageInfo { hasNextPage endCursor } }`
    return `query Unseen${number} { ${Array.from({ length: 20 }, (_, at) => list(at)).join(' ')} }`
  },
  '46 fragments on one object': (number) => {
    const fragments = Array.from({ length: 46 }, (_, at) => `fragment F${at} on Run { ${fields} ${children} }`)
    return `query Unseen${number} { runs(first: 5) { nodes { ${fragments.map((_, at) => `...F${at}`).join(' ')} } } } ${fragments.join(' ')}`
  },
}

async function fresh(
  ground: Ground,
  schema: GraphQLSchema,
  shape: string,
  text: (number: number) => string,
): Promise<Record<string, string | number>> {
  const { prepare } = await contenders(ground, schema, small)
  const times: number[] = []
  let before = process.cpuUsage()
  for (let number = -50; number < 200; number++) {
    if (number === 0) before = process.cpuUsage()
    const took = await microseconds(async () => {
      const prepared = await prepare(text(number + 50))
      if (prepared.kind === 'REFUSED') throw new Error(JSON.stringify(prepared.result))
    })
    if (number >= 0) times.push(took / 1000)
  }
  const { user, system } = process.cpuUsage(before)
  return {
    'new document': shape,
    tokens: parse(text(0)).tokenCount ?? 0,
    'p50 ms': readable(median(times)),
    'p99 ms': readable(quantile(times, 0.99)),
    'CPU ms, mean': readable((user + system) / 1000 / times.length),
  }
}

await bench(async () => {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  owner.teardown(() => sql.close())
  await migrate(sql)
  await seedSample(sql)
  const plain = await groundOn(sql)
  const ground = { ...plain, dataSources: remembered(plain.dataSources) }
  const schema = buildSchema()
  console.table([await known(ground, schema, 'the viewer', small), await known(ground, schema, '50 runs, gates, events', nestedList(50))])
  const analysed = []
  for (const [shape, text] of Object.entries(shapes)) analysed.push(await fresh(ground, schema, shape, text))
  console.table(analysed)
})
