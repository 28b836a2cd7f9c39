import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type FastifyInstance } from 'fastify'
import { openMemoryCache } from '../src/datasources/cache/memory-cache.ts'
import { type Cache } from '../src/datasources/cache/cache.ts'
import { openRedisCache } from '../src/datasources/cache/redis-cache.ts'
import { type Stores } from '../src/datasources/index.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { readTrustedDocuments } from '../src/operation/trusted-files.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { type Owner, shouldRun } from './support/services.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const apq = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } })

interface Body {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
}
async function ask(app: FastifyInstance, payload: object, headers: Record<string, string> = {}) {
  const response = await app.inject({ method: 'POST', url: '/graphql', payload, headers })
  return { status: response.statusCode, body: JSON.parse(response.body) as Body }
}
async function askByGet(app: FastifyInstance, query: Record<string, string>) {
  const response = await app.inject({ method: 'GET', url: '/graphql', query })
  return { status: response.statusCode, body: JSON.parse(response.body) as Body }
}
const said = ({ body }: { body: Body }) => [body.errors?.[0]?.message, body.errors?.[0]?.extensions['code']]

function files(t: { teardown(close: () => unknown): unknown }, contents: Record<string, unknown>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-trusted-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  })
}

const greeting = 'query Greeting($t: String) {echo(text: $t)}'
const apollo = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [
    { id: sha256(greeting), name: 'Greeting', type: 'query', body: greeting },
    { id: 'add-one', name: 'Add', type: 'mutation', body: 'mutation Add {add}' },
    { id: 'too-dear', name: 'Dear', type: 'query', body: 'query Dear {a: dear b: dear c: dear}' },
    { id: 'Greeting/V2', name: 'Greeting', type: 'query', body: `${greeting} # 2` },
    { id: 'broken', name: 'Broken', type: 'query', body: 'query Broken {nope}' },
  ],
}
const relay = { '5f3a': 'query FromRelay {one}' }

t.test(
  'trusted documents run by their id, from Apollo manifests and Relay maps, by POST, GET, in batches and by the hash of Apollo clients',
  async (t) => {
    const paths = files(t, { 'apollo.json': apollo, 'relay.json': relay })
    const { app, counters } = await fixtureApp(t, { GRAPHQL_TRUSTED_DOCUMENTS: paths.join(',') })
    const id = sha256(greeting)
    const variables = { t: 'hello' }
    t.same((await ask(app, { documentId: id, variables })).body.data, { echo: 'hello' })
    t.same((await ask(app, { documentId: `sha256:${id}`, variables })).body.data, { echo: 'hello' })
    t.same((await ask(app, { extensions: apq(greeting), variables })).body.data, { echo: 'hello' })
    t.same((await ask(app, { documentId: 'Greeting/V2', variables })).body.data, { echo: 'hello' })
    const named = { persistedQuery: { version: 1, sha256Hash: 'Greeting/V2' } }
    t.same((await ask(app, { extensions: named, variables })).body.data, { echo: 'hello' }, 'Apollo sends any id as if it were a hash')
    t.same((await askByGet(app, { documentId: id, variables: JSON.stringify(variables) })).body.data, { echo: 'hello' })
    t.same((await ask(app, { documentId: '5f3a' })).body.data, { one: 1 })
    const batch = await app.inject({ method: 'POST', url: '/graphql', payload: [{ documentId: '5f3a' }, { documentId: id, variables }] })
    t.same(
      (JSON.parse(batch.body) as Body[]).map(({ data }) => data),
      [{ one: 1 }, { echo: 'hello' }],
    )
    t.equal((await askByGet(app, { documentId: 'add-one' })).status, 405, 'a mutation is one by whatever name')
    t.equal(counters.mutations, 0)
    t.same((await ask(app, { documentId: 'add-one' })).body.data, { add: 1 })
    t.equal((await ask(app, { documentId: 'broken' })).body.errors?.[0]?.extensions['code'], 'GRAPHQL_VALIDATION_FAILED')
    t.same(said(await ask(app, { documentId: 'nowhere' })), ['No document has this `documentId`.', 'NOT_FOUND'])
    t.equal((await ask(app, { documentId: 7 })).status, 400)
  },
)

t.test('only trusted documents run where that is set: by id, by hash or by exactly their text', async (t) => {
  const [path = ''] = files(t, { 'apollo.json': apollo })
  const { app, counters } = await fixtureApp(t, { PERSISTED_MANIFEST: path, PERSISTED_QUERIES: '1' })
  t.same((await ask(app, { documentId: sha256(greeting) })).body.data, { echo: 'nothing' })
  t.same((await ask(app, { query: greeting })).body.data, { echo: 'nothing' })
  for (const payload of [{ query: '{one}' }, { query: `${greeting} ` }, { query: '{one}', extensions: apq('{one}') }, { query: '{' }]) {
    const refused = await ask(app, payload)
    t.equal(refused.status, 403)
    t.same(said(refused), ['Only trusted documents may be run here.', 'FORBIDDEN'])
  }
  t.same(said(await ask(app, { extensions: apq('{one}') })), ['PersistedQueryNotFound', 'NOT_FOUND'])
  t.equal(counters.resolved, 2)
})

t.test('trusted documents have a ceiling of their own, and the same limits otherwise', async (t) => {
  const [path = ''] = files(t, { 'apollo.json': apollo })
  const env = { GRAPHQL_TRUSTED_DOCUMENTS: path, GRAPHQL_MAX_COST: '100' }
  const strict = await fixtureApp(t, env)
  t.same((await ask(strict.app, { documentId: 'too-dear' })).body.errors?.[0]?.extensions['max'], 100)
  const { app } = await fixtureApp(t, { ...env, GRAPHQL_TRUSTED_MAX_COST: '200', BUDGET_CAPACITY: '200', BUDGET_RESTORE_PER_SECOND: '1' })
  t.equal((await ask(app, { documentId: 'too-dear' })).status, 200)
  t.equal((await ask(app, { documentId: 'too-dear' })).status, 429, 'the budget holds for them too')
  t.equal((await ask(app, { query: '{x: dear y: dear z: dear}' })).status, 400)
  const shallow = await fixtureApp(t, { GRAPHQL_TRUSTED_DOCUMENTS: path, GRAPHQL_TRUSTED_MAX_COST: '1000', GRAPHQL_MAX_ALIASES: '2' })
  t.match((await ask(shallow.app, { documentId: 'too-dear' })).body.errors?.[0]?.extensions, { limit: 'aliases' })
})

t.test('files that cannot be used stop the start, and are named', async (t) => {
  const paths = files(t, {
    'text.json': 'no json',
    'list.json': ['{one}'],
    'number.json': { a: 1 },
    'first.json': { a: '{one}' },
    'second.json': { a: '{two}' },
  })
  const [text = '', list = '', number = '', first = '', second = ''] = paths
  for (const path of [text, list, number, '/nowhere/at/all.json'])
    t.throws(() => readTrustedDocuments([path]), { message: new RegExp(path) })
  t.throws(() => readTrustedDocuments([first, second]), { message: /"a" stands for another text/ })
  t.equal(readTrustedDocuments([first, first]).size, 1)
  await t.rejects(fixtureApp(t, { GRAPHQL_TRUSTED_DOCUMENTS: list }), { message: /neither an Apollo manifest nor a Relay map/ })
})

interface Kind {
  name: string
  open(t: Owner): Cache | null
}
const kinds: Kind[] = [
  { name: 'memory', open: () => openMemoryCache() },
  {
    name: 'Redis',
    open(t) {
      const url = process.env['REDIS_URL']
      if (!shouldRun(t, 'REDIS_URL', url !== undefined) || url === undefined) return null
      const cache = openRedisCache({ url, timeoutMs: 3000, keyPrefix: `test-${sha256(String(Math.random())).slice(0, 12)}:` })
      t.teardown(() => cache.close())
      return cache
    },
  },
]
const withCache = (cache: Cache): { stores: Stores } => ({ stores: { cache } as Stores })

for (const kind of kinds)
  t.test(`a document that was sent once is known by its hash to every replica (APQ in ${kind.name})`, async (t) => {
    const cache = kind.open(t)
    if (cache === null) return
    const { app } = await fixtureApp(t, {}, withCache(cache))
    const other = await fixtureApp(t, {}, withCache(cache))
    const query = `query Sent {one two} # ${kind.name}`
    const unknown = await ask(app, { extensions: apq(query) })
    t.same([unknown.status, ...said(unknown)], [200, 'PersistedQueryNotFound', 'NOT_FOUND'])
    t.equal((await ask(app, { extensions: apq(query) }, { accept: 'application/graphql-response+json' })).status, 400)
    t.same((await ask(app, { query, extensions: apq(query) })).body.data, { one: 1, two: 2 })
    t.same((await ask(app, { extensions: apq(query) })).body.data, { one: 1, two: 2 })
    t.same((await askByGet(app, { extensions: JSON.stringify(apq(query)) })).body.data, { one: 1, two: 2 })
    for (let round = 0; round < 100; round++) {
      const answer = await ask(other.app, { extensions: apq(query) })
      if (answer.body.data !== undefined) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.same((await ask(other.app, { extensions: apq(query) })).body.data, { one: 1, two: 2 })
    t.same(said(await ask(other.app, { extensions: apq(query) }, { 'x-tenant-id': 'other' })), ['PersistedQueryNotFound', 'NOT_FOUND'])
  })

t.test('what is refused is not kept, what is not the text of its hash is not believed', async (t) => {
  const cache = openMemoryCache()
  const { app, counters } = await fixtureApp(t, {}, withCache(cache))
  for (const query of ['{nope}', '{', '{list(first: 5000) {id}}', '{one} # ' + 'x'.repeat(70_000)]) {
    t.ok((await ask(app, { query, extensions: apq(query) })).body.errors)
    t.same(said(await ask(app, { extensions: apq(query) })), ['PersistedQueryNotFound', 'NOT_FOUND'])
  }
  t.equal((await ask(app, { query: '{one}', extensions: apq('{two}') })).status, 400)
  t.same(
    said(await ask(app, { extensions: { persistedQuery: { version: 2, sha256Hash: sha256('{one}') } } }))[0],
    'PersistedQueryNotSupported',
  )
  for (const persistedQuery of ['x', 5, {}, { version: 1 }, { version: 1, sha256Hash: 5 }])
    t.equal((await ask(app, { extensions: { persistedQuery } })).status, 400)
  await cache.set(`apq:demo:${sha256('{one}')}`, 'mutation {add}')
  t.same(said(await ask(app, { extensions: apq('{one}') }))[0], 'PersistedQueryNotFound')
  const add = 'mutation {add}'
  t.same((await ask(app, { query: add, extensions: apq(add) })).body.data, { add: 1 })
  t.equal((await askByGet(app, { extensions: JSON.stringify(apq(add)) })).status, 405)
  t.equal(counters.mutations, 1)
})

t.test('without its store clients send their documents again, and nothing fails; switched off, it says so', async (t) => {
  const cache: Cache = {
    ...openMemoryCache(),
    mode: 'CONNECTED',
    get: () => Promise.reject(sourceUnavailable('cache')),
    set: () => Promise.reject(sourceUnavailable('cache')),
  }
  const { app } = await fixtureApp(t, {}, withCache(cache))
  t.same(said(await ask(app, { extensions: apq('{two}') })), ['PersistedQueryNotFound', 'NOT_FOUND'])
  t.same((await ask(app, { query: '{one}', extensions: apq('{one}') })).body.data, { one: 1 })
  t.same((await ask(app, { extensions: apq('{one}') })).body.data, { one: 1 }, 'this process remembers it')
  const off = await fixtureApp(t, { GRAPHQL_APQ: 'off' })
  t.same((await ask(off.app, { query: '{one}', extensions: apq('{one}') })).body.data, { one: 1 })
  t.same(said(await ask(off.app, { extensions: apq('{one}') })), ['PersistedQueryNotSupported', 'BAD_USER_INPUT'])
})
