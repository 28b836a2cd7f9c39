import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { pino } from 'pino'
import { getNamedType, isCompositeType } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { startRuntime } from '../src/runtime.ts'
import { fieldCall, isOpen, textsUnder, wholeSelection } from './support/whole-selection.ts'

interface Body {
  data?: Record<string, unknown> | null
  errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[]
}
const schema = buildSchema()

t.test('nothing of one tenant is seen by another: no list, id, cursor, count or error tells of it', { timeout: 200_000 }, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orrery-tenants-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const config = readConfig({
    DATA_DIR: join(dataDir, 'data'),
    PORT: '0',
    SAMPLE_DATA: 'static',
    LOG_LEVEL: 'silent',
    GRAPHIQL: 'off',
    BUDGET_CAPACITY: '0',
    GRAPHQL_MAX_COST: '1000000',
    GRAPHQL_MAX_NODES: '1000000',
    GRAPHQL_MAX_TOKENS: '50000',
    GRAPHQL_MAX_FRAGMENT_SPREADS: '1000',
  })
  const runtime = await startRuntime({ config, logger: pino({ level: 'silent' }), onFatal: (error) => t.fail(String(error)) })
  t.teardown(() => runtime.stop())
  const ask = async (tenant: string, query: string, variables: object = {}): Promise<Body> => {
    const response = await fetch(`${runtime.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant-id': tenant },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Body
  }
  const shown = ({ data, errors }: Body) => ({
    data,
    errors: errors?.map(({ message, path, extensions }) => ({ message, path, code: extensions['code'] })),
  })

  const ids = new Set<string>()
  const cursors = new Set<string>()
  const answered: string[] = []
  const roots = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(isOpen)
  // what is about the server, not about a tenant
  const shared = new Set(['sources', 'rateLimit', 'viewer', '_service'])
  for (const field of roots) {
    const target = getNamedType(field.type)
    const query = `{${fieldCall(field)}${isCompositeType(target) ? ` {${wholeSelection(target, 2)}}` : ''}}`
    const own = await ask('demo', query)
    if (own.data == null) {
      t.comment(`${field.name}: ${own.errors?.[0]?.message}`)
      continue
    }
    answered.push(field.name)
    textsUnder(own.data, new Set(['id']), ids)
    textsUnder(own.data, new Set(['cursor', 'endCursor', 'startCursor']), cursors)
    const foreign = await ask('globex', query)
    if (shared.has(field.name)) continue
    const text = JSON.stringify(foreign)
    const leaked = [...textsUnder(own.data, new Set(['id', 'runId', 'cursor', 'headHash', 'hash']))].filter((value) => text.includes(value))
    t.same(leaked, [], `${field.name}: ${leaked.slice(0, 3).join()}`)
    t.notOk(text.includes('"tenantId":"demo"'), field.name)
    const counts = [...text.matchAll(/"totalCount":(\d+)/g)].map(([, count]) => Number(count))
    t.ok(
      counts.every((count) => count === 0),
      `${field.name} counts nothing`,
    )
  }
  t.ok(answered.length >= 5 && ids.size >= 10, `${answered.join()}: ${ids.size} ids, ${cursors.size} cursors`)

  const nowhere = shown(
    await ask('globex', 'query($id: ID!) {node(id: $id) {id}}', { id: [...ids][0]?.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) }),
  )
  t.equal(nowhere.data?.['node'] ?? null, null)
  let own = 0
  for (const id of [...ids].slice(0, 300)) {
    const mine = await ask('demo', 'query($id: ID!) {node(id: $id) {id}}', { id })
    // natural keys, such as those of actors, are no global ids
    if (mine.data?.['node'] == null) continue
    own++
    const theirs = shown(await ask('globex', 'query($id: ID!) {node(id: $id) {id}}', { id }))
    t.same(theirs, { data: { node: null }, errors: undefined }, `node ${id}`)
  }
  t.ok(own >= 10, `${own} of them are found by their own tenant`)

  for (const field of roots) {
    if (!field.args.some(({ name }) => name === 'after') || shared.has(field.name)) continue
    const made = `{${field.name}(first: 1, after: "bm9uc2Vuc2U") {__typename}}`
    const invented = shown(await ask('globex', made))
    for (const cursor of [...cursors].slice(0, 5)) {
      const theirs = await ask('globex', `query($c: String) {${field.name}(first: 1, after: $c) {__typename ${'nodes {__typename}'}}}`, {
        c: cursor,
      })
      const text = JSON.stringify(theirs.data ?? null)
      t.notMatch(text, /"nodes":\[\{/, `${field.name} after ${cursor.slice(0, 12)}`)
      if (theirs.data == null)
        t.equal(theirs.errors?.[0]?.extensions['code'], invented.errors?.[0]?.code ?? theirs.errors?.[0]?.extensions['code'], field.name)
    }
  }
})
