import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { SignJWT } from 'jose'
import { type Answered, type Asked, type Door, everyDoor, type Identity } from './support/every-transport.ts'
import { fixtureApp, secretText } from './support/fixture-app.ts'

const secret = 'a secret of at least thirty-two characters'
const tokenOf = (roles: string[], tenant = 'acme') =>
  new SignJWT({ sub: `${roles.join('-')}@acme.test`, tenant, roles })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(secret))

const repeat = (count: number, piece: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join(' ')

interface Rule {
  asked: Asked
  code: string
  limit?: string
  /** Only where a stream can be asked for. */
  streams?: true
  who?: Identity
  /** What a WebSocket says instead, because it knows who asks before anything is asked. */
  close?: number
}

const doubling = `{...F0} ${repeat(25, (level) => `fragment F${level} on Query {...F${level + 1} ...F${level + 1}}`)} fragment F25 on Query {one}`
const cost = 'COST_LIMIT_EXCEEDED'
const invalid = 'GRAPHQL_VALIDATION_FAILED'
const viewer: Identity = { token: await tokenOf(['viewer']) }
const admin: Identity = { token: await tokenOf(['admin']) }

const rules: Record<string, Rule> = {
  tokens: { asked: { query: `{${repeat(400, () => 'one')}}` }, code: cost, limit: 'tokens' },
  characters: { asked: { query: `{echo(text: "${'x'.repeat(6000)}")} # ${'y'.repeat(60_000)}` }, code: cost, limit: 'characters' },
  depth: { asked: { query: '{list {items {items {items {items {id}}}}}}' }, code: cost, limit: 'depth' },
  'depth of a subscription': {
    asked: {
      query:
        'subscription {leakInEvent {...A}} fragment A on Tick {...on Tick {...on Tick {number a: number b: number c: number d: number e: number f: number}}}',
    },
    code: cost,
    limit: 'aliases',
  },
  aliases: { asked: { query: `{list {${repeat(6, (index) => `a${index}: id`)}}}` }, code: cost, limit: 'aliases' },
  'root fields': { asked: { query: '{one two echo tenant dear me}' }, code: cost, limit: 'rootFields' },
  directives: { asked: { query: `{one ${repeat(6, () => '@include(if: true)')}}` }, code: cost, limit: 'directives' },
  'fragment spreads': { asked: { query: `{${repeat(6, () => '...F')}} fragment F on Query {one}` }, code: cost, limit: 'fragmentSpreads' },
  'fragments that double': { asked: { query: doubling }, code: cost, limit: 'fragmentSpreads' },
  'introspection depth': {
    asked: { query: `{__schema {types ${'{fields {type '.repeat(10)}{name}${'}}'.repeat(10)}}}` },
    code: cost,
    limit: 'introspectionDepth',
  },
  'repeated fields': { asked: { query: `{list {${repeat(120, () => 'id')}}}` }, code: cost, limit: 'duplicates' },
  'cost, written': { asked: { query: '{list(first: 500) {id}}' }, code: cost, limit: 'cost' },
  'cost, by variables': { asked: { query: 'query($n: Int) {list(first: $n) {id}}', variables: { n: 500 } }, code: cost, limit: 'cost' },
  'cost of a subscription': {
    asked: { query: 'subscription {tooDearTicks}' },
    code: cost,
    limit: 'cost',
    streams: true,
  },
  nodes: { asked: { query: '{refund {items(first: 99) {id}}}' }, code: cost, limit: 'nodes' },
  variables: { asked: { query: 'query($t: String) {echo(text: $t)}', variables: { t: 'x'.repeat(600) } }, code: cost, limit: 'variables' },
  'an answer that is too long': {
    asked: {
      query:
        'query($t: String) {...A ...B ...C} fragment A on Query {a: echo(text: $t)} fragment B on Query {b: echo(text: $t)} fragment C on Query {c: echo(text: $t) d: echo(text: $t) e: echo(text: $t)}',
      variables: { t: 'x'.repeat(400) },
    },
    code: cost,
    limit: 'response',
  },
  syntax: { asked: { query: '{one' }, code: 'GRAPHQL_PARSE_FAILED' },
  'a JSON AST (D31)': { asked: { query: JSON.stringify({ kind: 'Document', definitions: [] }) }, code: 'GRAPHQL_PARSE_FAILED' },
  'an unknown field': { asked: { query: '{nope}' }, code: invalid },
  'an unknown field of a subscription (D1)': { asked: { query: 'subscription {ticks {nosuchfield}}' }, code: invalid },
  'two roots of a subscription (D1)': { asked: { query: 'subscription {ticks idle}' }, code: invalid },
  'a subscription whose roots are all left out': {
    asked: { query: 'subscription {...@skip(if: true) {idle} ...A} fragment A on Subscription {ticks @include(if: false)}' },
    code: invalid,
  },
  'an undefined fragment (D1)': { asked: { query: 'subscription {...Gone}' }, code: invalid },
  'a bad variable': { asked: { query: 'query($n: Int) {echo(number: $n)}', variables: { n: 'x' } }, code: 'BAD_USER_INPUT' },
  'a bad variable of a subscription': {
    asked: { query: 'subscription($n: Int) {ticks(to: $n)}', variables: { n: 'x' } },
    code: 'BAD_USER_INPUT',
    streams: true,
  },
  'a missing variable': { asked: { query: 'query($n: Int!) {echo(number: $n)}' }, code: 'BAD_USER_INPUT' },
  'two keys of a oneOf (D3)': {
    asked: { query: 'query($i: Pick!) {pick(input: $i)}', variables: { i: { a: 'x', b: 1 } } },
    code: 'BAD_USER_INPUT',
  },
  'an unknown operation (D7)': { asked: { query: 'query A {one}', operationName: 'B' }, code: 'BAD_USER_INPUT' },
  'an ambiguous operation (D7)': { asked: { query: 'query A {one} query B {two}' }, code: 'BAD_USER_INPUT' },
  'a document that is not known': { asked: { documentId: 'nobody-knows-it' }, code: 'NOT_FOUND' },
  'a hash that is not known': {
    asked: { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    code: 'NOT_FOUND',
  },
  'a hash of another text': {
    asked: { query: '{one}', extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    code: 'BAD_USER_INPUT',
  },
  'nobody known': { asked: { query: '{me}' }, code: 'UNAUTHENTICATED', who: {} },
  'nobody known, for a subscription': { asked: { query: 'subscription {secretTicks}' }, code: 'UNAUTHENTICATED', who: {}, streams: true },
  'a right that lacks': { asked: { query: '{nothingToSee}' }, code: 'FORBIDDEN' },
  'a right that lacks in a fragment that is skipped': {
    asked: { query: '{...F @skip(if: true) one} fragment F on Query {secret {text}}' },
    code: 'FORBIDDEN',
  },
  'a right that lacks for a subscription': { asked: { query: 'subscription {secretTicks}' }, code: 'FORBIDDEN', streams: true },
  'a foreign tenant': { asked: { query: '{one}' }, code: 'FORBIDDEN', who: { ...viewer, tenantId: 'globex' }, close: 4403 },
  'a token that does not hold': { asked: { query: '{one}' }, code: 'UNAUTHENTICATED', who: { token: 'x.y.z' }, close: 4403 },
  'a wild error': { asked: { query: '{leak}' }, code: 'INTERNAL_SERVER_ERROR' },
  'a stream that fails to start (D17)': { asked: { query: 'subscription {leakAtStart}' }, code: 'INTERNAL_SERVER_ERROR', streams: true },
  'a stream that fails midway (D17)': { asked: { query: 'subscription {leakMidway}' }, code: 'INTERNAL_SERVER_ERROR', streams: true },
  'a field of an event that fails (D17)': {
    asked: { query: 'subscription {leakInEvent {leak}}' },
    code: 'INTERNAL_SERVER_ERROR',
    streams: true,
  },
  'size of an event': {
    asked: { query: 'subscription {leakInEvent {text(characters: 3000)}}' },
    code: 'COST_LIMIT_EXCEEDED',
    limit: 'response',
    streams: true,
  },
  'a stream that is refused': { asked: { query: 'subscription {refused}' }, code: 'NOT_FOUND', streams: true },
}

const env = {
  AUTH_MODE: 'jwt',
  JWT_SECRET: secret,
  GRAPHQL_MAX_DEPTH: '5',
  GRAPHQL_MAX_ALIASES: '5',
  GRAPHQL_MAX_ROOT_FIELDS: '5',
  GRAPHQL_MAX_DIRECTIVES: '5',
  GRAPHQL_MAX_FRAGMENT_SPREADS: '5',
  GRAPHQL_MAX_TOKENS: '300',
  GRAPHQL_MAX_COST: '120',
  GRAPHQL_MAX_NODES: '98',
  GRAPHQL_MAX_VARIABLES_BYTES: '500',
  MAX_RESPONSE_BYTES: '2048',
  MAX_BODY_BYTES: '100000',
}
/** The first answer that says no. */
const refusalOf = (answers: Answered[]) => answers.find(({ errors }) => errors !== undefined)?.errors?.[0]

t.test('no rule can be dodged by another way in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-matrix-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const trusted = Object.fromEntries(
    Object.entries(rules).flatMap(([name, { asked }]) => (asked.query === undefined ? [] : [[name, asked.query]])),
  )
  const manifest = join(folder, 'trusted.json')
  writeFileSync(manifest, JSON.stringify(trusted))
  const { app, counters } = await fixtureApp(t, { ...env, GRAPHQL_TRUSTED_DOCUMENTS: manifest })
  const doors = await everyDoor(t, app)

  const persisted =
    (name: string, door: Door): Door =>
    ({ query: _, ...asked }, identity) =>
      door({ ...asked, documentId: name }, identity)
  let checked = 0
  for (const [name, { asked, code, limit, streams, who = viewer, close }] of Object.entries(rules)) {
    const messages = new Set<string>()
    for (const [doorName, door] of Object.entries(streams === true ? doors.stream : doors.single)) {
      const ways: [string, Door][] = [[doorName, door]]
      if (asked.query !== undefined && asked.extensions === undefined) ways.push([`${doorName}, persisted`, persisted(name, door)])
      // an address takes 8 KiB: what is longer was refused for that
      const isGet = doorName === 'get' || doorName === 'sse by GET'
      for (const [way, ask] of ways) {
        const label = `${name}: ${way}`
        if (isGet && !way.endsWith('persisted') && JSON.stringify(asked).length > 6000) continue
        const answers = await ask(asked, who)
        const error = refusalOf(answers)
        checked++
        if (close !== undefined && way.startsWith('websocket')) {
          t.match(error?.extensions, { close }, label)
          continue
        }
        if (error?.extensions['code'] !== code || (limit !== undefined && error.extensions['limit'] !== limit))
          t.fail(`${label}: ${JSON.stringify(answers).slice(0, 300)}`)
        t.equal(typeof error?.extensions['requestId'], 'string', `${label}: request id`)
        messages.add(error?.message ?? '')
        t.notOk(JSON.stringify(answers).includes('hunter2') || JSON.stringify(answers).includes(secretText), label)
      }
    }
    t.equal(messages.size <= 1, true, `${name}: the same words everywhere: ${[...messages].join(' | ')}`)
  }
  t.ok(checked > 500, `${checked} ways tried`)
  t.equal(counters.mutations, 0)
  t.equal(app.pipeline.active(), 0)
})

t.test('what is allowed is allowed by every way in, and answers alike', async (t) => {
  const { app, counters } = await fixtureApp(t, env)
  const doors = await everyDoor(t, app)
  for (const [name, door] of Object.entries(doors.single)) {
    const [answer] = await door(
      { query: 'query Q($n: Int) {echo(text: null, number: $n)} query R {one}', operationName: 'Q', variables: { n: 4 } },
      viewer,
    )
    t.same(answer?.data, { echo: '4' }, name)
    t.match(answer?.extensions, { cost: { requestedQueryCost: 1, actualQueryCost: 1 }, requestId: String }, `${name}: price`)
    const [partly] = await door({ query: '{one leak}' }, viewer)
    t.same(partly?.data, { one: 1, leak: null }, name)
    t.same(partly?.errors?.[0]?.path, ['leak'], name)
    const [deep] = await door({ query: '{broken {fail}}' }, viewer)
    t.strictSame(deep?.errors?.[0]?.path, ['broken', 1, 'fail'], `${name}: numbers in paths`)
    const before = counters.mutations
    const [changed] = await door({ query: 'mutation {add}' }, admin)
    const isGet = name === 'get' || name === 'sse by GET'
    t.equal(counters.mutations, isGet ? before : before + 1, `${name}: mutation`)
    t.equal(changed?.errors?.[0]?.message, isGet ? 'A mutation needs a POST.' : undefined, name)
  }
  for (const [name, door] of Object.entries(doors.stream))
    t.same(
      (await door({ query: 'subscription {ticks(to: 4)}' }, viewer)).map(({ data }) => data?.['ticks']),
      [1, 2, 3, 4],
      name,
    )
  for (const [name, door] of Object.entries(doors.single)) {
    if (name in doors.stream) continue
    t.match(refusalOf(await door({ query: 'subscription {ticks}' }, viewer))?.message, /needs a stream/, `${name} (D21)`)
  }
})

t.test('the budget is one budget, whichever way it is spent', async (t) => {
  for (const way of [
    'post',
    'get',
    'batch',
    'websocket',
    'sse distinct',
    'sse by GET',
    'sse by Accept',
    'sse single connection',
    'multipart',
  ]) {
    const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '100', BUDGET_RESTORE_PER_SECOND: '1' })
    const doors = await everyDoor(t, app)
    const door = doors.single[way]
    if (door === undefined) throw new Error(way)
    t.same((await door({ query: '{dear}' }))[0]?.data, { dear: null }, way)
    t.same((await doors.single['post']?.({ query: '{dear}' }))?.[0]?.data, { dear: null }, way)
    for (const [other, again] of Object.entries(doors.single)) {
      const refused = refusalOf(await again({ query: '{dear}' }))
      t.match(refused?.extensions, { code: 'THROTTLED', retryable: true, retryAfterMs: Number }, `${way}, then ${other}`)
    }
    await app.close()
  }
})

t.test('subscriptions pay to come in and for every event', async (t) => {
  for (const way of ['websocket', 'sse distinct', 'sse by GET', 'sse by Accept', 'sse single connection', 'multipart']) {
    const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '1000', BUDGET_RESTORE_PER_SECOND: '1' })
    const doors = await everyDoor(t, app)
    const events = await doors.stream[way]?.({ query: 'subscription {dearTicks}', extensions: { cost: 'report' } })
    t.equal(events?.length, 2, way)
    t.match(events?.[0]?.extensions, { cost: { requestedQueryCost: 50, actualQueryCost: 50 } }, `${way}: the price of an event`)
    const [after] = (await doors.single['post']?.({ query: '{one}' })) ?? []
    const { throttleStatus } = after?.extensions?.['cost'] as { throttleStatus: { currentlyAvailable: number } }
    t.ok(Math.abs(throttleStatus.currentlyAvailable - (1000 - 150 - 1)) <= 2, `${way}: ${throttleStatus.currentlyAvailable}`)
    await app.close()
  }
})

t.test('a price can be asked for by every way in, and nothing runs', async (t) => {
  const { app, counters } = await fixtureApp(t)
  const doors = await everyDoor(t, app)
  for (const [name, door] of Object.entries(doors.single)) {
    if (name === 'get' || name === 'sse by GET') continue
    for (const cost of ['validate', 'explain']) {
      const [answer] = await door({ query: 'mutation {add}', extensions: { cost } })
      t.match(answer, { data: null, extensions: { cost: { requestedQueryCost: 10, actualQueryCost: null } } }, `${name} ${cost}`)
      t.equal('dearest' in ((answer?.extensions?.['cost'] ?? {}) as object), cost === 'explain', name)
    }
  }
  for (const [name, door] of Object.entries(doors.stream)) {
    const [answer] = await door({ query: 'subscription {dearTicks}', extensions: { cost: 'validate' } })
    t.match(answer, { data: null, extensions: { cost: { requestedQueryCost: 50 } } }, name)
  }
  t.equal(counters.mutations, 0)
})

t.test('metrics name what carried each operation: a stream is no POST', async (t) => {
  const { app } = await fixtureApp(t, { BUDGET_CAPACITY: '0' })
  const { single } = await everyDoor(t, app)
  const transports: Record<string, string> = {
    post: 'http-post',
    get: 'http-get',
    batch: 'http-post',
    websocket: 'websocket',
    multipart: 'multipart',
  }
  const transportOf = async (operation: string) =>
    new RegExp(`^graphql_requests_total{operation="${operation}",type="\\w+",transport="([^"]+)"`, 'm').exec(
      (await app.inject('/metrics')).body,
    )?.[1]
  for (const [name, door] of Object.entries(single)) {
    const operation = `By_${name.replaceAll(' ', '_')}`
    await door({ query: `query ${operation} {one}` })
    t.equal(await transportOf(operation), transports[name] ?? 'sse', name)
  }
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`
  // clients that name both kinds of answer learn which one it is from the operation
  for (const [accept, transport] of [
    ['multipart/mixed;subscriptionSpec=1.0, application/json', 'multipart'],
    ['text/event-stream, application/graphql-response+json', 'sse'],
  ] as const)
    for (const type of ['query', 'subscription']) {
      const operation = `${type}_${transport}`
      const query = type === 'query' ? `query ${operation} {one}` : `subscription ${operation} {ticks(to: 1)}`
      const response = await fetch(url, {
        method: 'POST',
        body: JSON.stringify({ query }),
        headers: { accept, 'content-type': 'application/json' },
      })
      await response.text()
      t.equal(await transportOf(operation), type === 'query' ? 'http-post' : transport, operation)
    }
})
