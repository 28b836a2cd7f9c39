import { createHash } from 'node:crypto'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { parse } from 'graphql'
import t from 'tap'
import { type Cache } from '../src/datasources/cache/cache.ts'
import { openMemoryCache } from '../src/datasources/cache/memory-cache.ts'
import { type Stores } from '../src/datasources/index.ts'
import { AppError } from '../src/errors.ts'
import { bindingOf, type Executable } from '../src/operation/executable.ts'
import { type RequestOrigin } from '../src/operation/operation.ts'
import { createPlans } from '../src/operation/plans.ts'
import { repeat } from './support/bombs.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp, originOf } from './support/fixture-app.ts'

const settings = { BUDGET_CAPACITY: '0', RATE_LIMIT_MAX: '0' }

const ofTenant = (origin: RequestOrigin, tenantId: string): RequestOrigin => ({ ...origin, viewer: { ...origin.viewer, tenantId } })

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('new documents of tenants are read in turns: a flood of one keeps no other waiting', async (t) => {
  const { app } = await fixtureApp(t, settings)
  const origin = await originOf(app)
  const large = repeat(900, (index) => `...on Query{a: one} # ${index}\n`)
  let read = 0
  const flood = Array.from({ length: 200 }, async (_, index) => {
    await app.pipeline.prepare({ query: `{${large}} # ${index}` }, ofTenant(origin, 'flooding'))
    read++
  })
  for (let index = 0; index < 5; index++) {
    const before = read
    const prepared = await app.pipeline.prepare({ query: `{one} # ${index}` }, ofTenant(origin, 'quiet'))
    t.equal(prepared.kind, 'READY')
    t.ok(read - before <= 5, `${read - before} documents of the flood were read before`)
  }
  t.ok(read < 100)
  await Promise.all(flood)
})

t.test('what runs most is compiled first, however many others wait to be', async (t) => {
  const { app } = await fixtureApp(t, settings)
  const { schema } = app.graphql
  const plans = createPlans(schema)
  const executableOf = (text: string): Executable => bindingOf(schema, parse(text))({}).executable
  const others = Array.from({ length: 150 }, (_, index) => executableOf(`{a${index}: one}`))
  const wanted = executableOf('{wanted: one}')
  for (const other of others) for (let round = 0; round < 3; round++) plans.find(other)
  for (let round = 0; round < 4; round++) t.equal(plans.find(wanted), null)
  const compiled = (): number => others.filter((other) => plans.find(other) !== null).length
  await eventually(async () => plans.find(wanted) !== null)
  t.ok(compiled() < 20, `${compiled()} of those that came before it are compiled`)
  for (let index = 0; index < 2000; index++) plans.find(executableOf(`{b${index}: one}`))
  t.ok(plans.find(wanted), 'texts that come once push no plan out')
})

/** A store of texts that counts what it is given and asked. */
function counting(): { cache: Cache; kept: { characters: number; texts: number }; asked: string[] } {
  const cache = openMemoryCache()
  const kept = { characters: 0, texts: 0 }
  const asked: string[] = []
  return {
    kept,
    asked,
    cache: {
      ...cache,
      get(key) {
        asked.push(key)
        return cache.get(key)
      },
      set(key, value, ttlMs) {
        kept.characters += value.length
        kept.texts++
        return cache.set(key, value, ttlMs)
      },
    },
  }
}

t.test('texts that a tenant registers fill no store without end; those of others are kept', async (t) => {
  const { cache, kept, asked } = counting()
  const { app } = await fixtureApp(t, settings, { stores: { cache } as unknown as Stores })
  const ask = async (tenantId: string, query: string | null, hash: string) =>
    app
      .inject({
        method: 'POST',
        url: '/graphql',
        headers: { 'x-tenant-id': tenantId },
        payload: { query, extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
      })
      .then((response) => response.json<{ data?: unknown; errors?: { message: string }[] }>())
  const mine = '{one} # mine'
  await ask('quiet', mine, sha256(mine))
  for (let index = 0; index < 250; index++) {
    const text = `{one} # ${index} ${'x'.repeat(60_000)}`
    t.match(await ask('flooding', text, sha256(text)), { data: { one: 1 } })
  }
  t.ok(kept.characters > 5_000_000 && kept.characters < 9_000_000, `${kept.characters} of 15,000,000 characters were kept`)
  t.match(await ask('quiet', null, sha256(mine)), { data: { one: 1 } })
  const later = '{one} # later'
  await ask('quiet', later, sha256(later))
  t.match(await ask('quiet', null, sha256(later)), { data: { one: 1 } })

  const before = asked.length
  t.match(await ask('quiet', null, 'a'.repeat(100_000)), { errors: [{ message: 'PersistedQueryNotFound' }] })
  t.equal(asked.length, before, 'what is no hash is not looked for')
})

t.test('what runs out of its time in a store is paid for as it was priced', async (t) => {
  const schema = makeExecutableSchema({
    typeDefs: /* GraphQL */ `
      directive @cost(weight: String!) on FIELD_DEFINITION
      type Query {
        search: Found @cost(weight: "100")
      }
      type Found {
        name: String
        parts: Found @cost(weight: "200")
      }
    `,
    resolvers: {
      Query: { search: () => ({ name: 'it' }) },
      Found: {
        parts() {
          throw new AppError('DEADLINE_EXCEEDED', 'A statement took longer than its deadline.')
        },
      },
    },
  })
  const { app } = await fixtureApp(t, { RATE_LIMIT_MAX: '0' }, { schema })
  const cost = async (query: string): Promise<unknown> => {
    const { body } = await app.inject({ method: 'POST', url: '/graphql', payload: { query } })
    return (JSON.parse(body) as { extensions: { cost: unknown } }).extensions.cost
  }
  t.match(await cost('{search {name}}'), { requestedQueryCost: 101, actualQueryCost: 101 })
  t.match(await cost('{search {parts {parts {name}}}}'), { requestedQueryCost: 503, actualQueryCost: 503 })
})

t.test('compiled plans are kept up to what they take in memory', async (t) => {
  const { app } = await fixtureApp(t, settings)
  const { schema } = app.graphql
  const plans = createPlans(schema)
  const large = (number: number): Executable =>
    bindingOf(
      schema,
      parse(`{list {${repeat(300, () => '...F')}}} fragment F on Item {id name} # ${number}`.replace('list', `a${number}: list`)),
    )({}).executable
  const executables = Array.from({ length: 120 }, (_, number) => large(number))
  for (const executable of executables) {
    for (let round = 0; round < 3; round++) plans.find(executable)
    await eventually(async () => plans.find(executable) !== null)
  }
  const kept = executables.filter((executable) => plans.find(executable) !== null).length
  t.ok(kept > 20 && kept < 110, `${kept} of 120 plans of 901 selections`)
})
