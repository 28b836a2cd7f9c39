import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { packageRoot } from '../src/root.ts'
import { type RequestOrigin } from '../src/operation/operation.ts'
import { bombs, repeat } from './support/bombs.ts'
import { everyDoor } from './support/every-transport.ts'
import { fixtureApp, originOf } from './support/fixture-app.ts'

const codes = /^(GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|COST_LIMIT_EXCEEDED)$/

t.test('bombs are refused by every way in, while others are answered', async (t) => {
  const { app, counters } = await fixtureApp(t, { MAX_BODY_BYTES: '4000000', BUDGET_CAPACITY: '0' })
  const doors = await everyDoor(t, app)
  const waits: number[] = []
  let thrown = true
  const others = (async () => {
    while (thrown) {
      const start = performance.now()
      const [answer] = (await doors.single['post']?.({ query: '{two}' })) ?? []
      t.equal(answer?.data?.['two'], 2)
      waits.push(performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  for (const [name, query] of Object.entries(bombs))
    for (const [way, door] of Object.entries(doors.single)) {
      // an address takes 8 KiB: longer bombs do not even arrive
      const isGet = way === 'get' || way === 'sse by GET'
      if (isGet && query.length > 6000) continue
      const answers = await door({ query })
      const code = String(answers[0]?.errors?.[0]?.extensions['code'])
      if (!codes.test(code)) t.fail(`${name} by ${way}: ${JSON.stringify(answers).slice(0, 200)}`)
    }
  const batched = (await doors.single['batch']?.({ query: bombs['fragments that double 25 times'] ?? '' })) ?? []
  t.match(batched[0]?.errors?.[0]?.extensions['code'], codes)
  thrown = false
  await others
  waits.sort((a, b) => a - b)
  t.comment(
    `${waits.length} requests of others meanwhile: p50 ${Math.round(waits[Math.floor(waits.length / 2)] ?? 0)} ms, p99 ${Math.round(waits[Math.floor(waits.length * 0.99)] ?? 0)} ms`,
  )
  t.ok(waits.length > 50, `${waits.length}`)
  t.equal(counters.resolved, waits.length, 'nothing of the bombs ran')
  t.equal(app.pipeline.active(), 0)
})

t.test('a bomb takes less than 50 ms of CPU, whichever way it comes in', async (t) => {
  const { app } = await fixtureApp(t, { MAX_BODY_BYTES: '4000000', BUDGET_CAPACITY: '0' })
  const doors = await everyDoor(t, app)
  for (const door of Object.values(doors.single))
    for (let round = 0; round < 20; round++) await door({ query: `{one a: two list {id items {name}}} # ${round}` })
  let dearest = { cpuMs: 0, what: '' }
  for (const [name, query] of Object.entries(bombs))
    for (const [way, door] of Object.entries(doors.single)) {
      if ((way === 'get' || way === 'sse by GET') && query.length > 6000) continue
      // the least of a dozen new texts, client included: what a collection of garbage takes is not the document's price
      let cpuMs = Infinity
      for (let round = 0; round < 12 && !(cpuMs < 25); round++) {
        const start = process.cpuUsage()
        await door({ query: `${query} # ${way} ${round}` })
        const { user, system } = process.cpuUsage(start)
        cpuMs = Math.min(cpuMs, (user + system) / 1000)
      }
      if (cpuMs > dearest.cpuMs) dearest = { cpuMs, what: `${name} by ${way}` }
      t.ok(cpuMs < 50, `${name} by ${way}: ${cpuMs.toFixed(1)} ms`)
    }
  t.comment(`the dearest: ${dearest.what}, ${dearest.cpuMs.toFixed(1)} ms with its client`)
})

t.test(
  'documents that nobody knows, however many come at once, are read in many turns of the loop: others have theirs in between',
  async (t) => {
    const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '0' })
    const origin = await originOf(app)
    let read = 0
    const packet = Array.from({ length: 60 }, async (_, at) => {
      await app.pipeline.prepare({ query: `${bombs['fragments that conflict']} # ${at}` }, origin)
      read++
    })
    const between = new Set<number>()
    while (read < packet.length) {
      await new Promise((resolve) => setImmediate(resolve))
      between.add(read)
    }
    await Promise.all(packet)
    t.ok(between.size >= 5, `others had a turn after ${[...between].join(', ')}`)
  },
)

t.test('what fails a thousand times in one answer costs no more because lines stand before it', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '0' })
  const query = `{list(first: 100) {items(first: 2) {${repeat(20, (index) => `f${index}: fail`)}}}}`
  const cpuMsOf = async (lines: string): Promise<number> => {
    let least = Infinity
    for (let round = 0; round < 10; round++) {
      const start = process.cpuUsage()
      const { body } = await app.inject({ method: 'POST', url: '/graphql', payload: { query: `# ${round % 5}${lines}${query}` } })
      const { user, system } = process.cpuUsage(start)
      least = Math.min(least, (user + system) / 1000)
      const { errors } = JSON.parse(body) as { errors: { path: unknown; locations: unknown }[] }
      t.equal(errors.length, 2000)
      t.match(errors.at(-1), { path: ['list', 99, 'items', 1, 'f19'], locations: [{ line: lines.length + 1 }] })
    }
    return least
  }
  const [bare, behind] = [await cpuMsOf('\n'), await cpuMsOf('\n'.repeat(4900))]
  t.ok(behind < 2 * bare + 20, `${bare.toFixed(1)} ms, and behind 4,900 lines ${behind.toFixed(1)} ms`)
})

t.test('every example of the IDE costs less than half of what is allowed', async (t) => {
  const { app } = await fixtureApp(t, {}, { schema: buildSchema() })
  const origin: RequestOrigin = { ...(await originOf(app)), costMode: 'validate' }
  const folder = join(packageRoot, 'ide', 'examples')
  const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'))
  t.ok(files.length >= 3)
  for (const file of files) {
    const query = readFileSync(join(folder, file), 'utf8')
    for (const definition of parse(query).definitions) {
      if (definition.kind !== 'OperationDefinition') continue
      const prepared = await app.pipeline.prepare({ query, operationName: definition.name?.value ?? null }, origin)
      const message = prepared.kind === 'REFUSED' ? prepared.result.errors?.[0]?.message : ''
      // a document whose variables are given by hand has none here
      if (prepared.kind === 'REFUSED' && prepared.refusal === 'VARIABLES') continue
      t.equal(prepared.kind, 'READY', `${file}: ${message}`)
      if (prepared.kind === 'READY') t.ok(prepared.operation.estimatedCost <= 500, `${file}: ${prepared.operation.estimatedCost}`)
    }
  }
})
