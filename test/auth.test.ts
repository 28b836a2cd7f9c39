import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { type FastifyInstance } from 'fastify'
import {
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLScalarType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  parseValue,
} from 'graphql'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { buildSchema } from '../src/app.ts'
import { createApiKeyVerifier } from '../src/auth/api-key-verifier.ts'
import { makeApiKey } from '../src/auth/api-keys.ts'
import { createAuthenticator } from '../src/auth/authenticator.ts'
import { roles, scopesOf, type Viewer } from '../src/auth/viewer.ts'
import { readConfig } from '../src/config.ts'
import { type Stores } from '../src/datasources/index.ts'
import { createSqlApiKeys } from '../src/datasources/sql-api-keys.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { meets, requirementOf, saysNotAllowed } from '../src/auth/requirements.ts'
import { sourceUnavailable } from '../src/errors.ts'
import { encodeId } from '../src/ids.ts'
import { type RequestOrigin } from '../src/operation/operation.ts'
import { createPresence } from '../src/presence.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { fromMillis, systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { rawPeer } from './support/ws-peer.ts'

const secret = 'a secret of at least thirty-two characters'
const key = new TextEncoder().encode(secret)
const jwtEnv = {
  AUTH_MODE: 'jwt',
  JWT_SECRET: secret,
  JWT_ISSUER: 'https://issuer.test',
  JWT_AUDIENCE: 'orrery',
  JWT_CLOCK_SKEW_SECONDS: '10',
}
const nowSeconds = () => Math.floor(Date.now() / 1000)

interface Claims {
  [name: string]: unknown
}
const plain: Claims = { sub: 'ana@acme.test', tenant: 'acme', roles: ['viewer'] }
const sign = (
  claims: Claims = plain,
  { alg = 'HS256', with: by = key as Parameters<SignJWT['sign']>[0], exp = (nowSeconds() + 600) as number | null } = {},
) => {
  const token = new SignJWT({ iss: 'https://issuer.test', aud: 'orrery', ...claims }).setProtectedHeader({ alg })
  if (exp !== null) token.setExpirationTime(exp)
  return token.sign(by)
}

/** A token whose claims no library would write. */
const tokenOf = (claims: string): string => {
  const text = [`{"alg":"HS256"}`, claims].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

interface Body {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
}
async function ask(app: FastifyInstance, query: string, headers: Record<string, string> = {}) {
  const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query }, headers })
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) as Body, text: response.body }
}
const withToken = (token: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${token}`, ...more })

t.test('without authentication the caller is the local operator, in the tenant that the header names', async (t) => {
  const { app } = await fixtureApp(t)
  t.same((await ask(app, '{me tenant nothingToSee}')).body.data, { me: 'local-operator', tenant: 'demo', nothingToSee: 'seen' })
  t.same((await ask(app, '{tenant}', { 'x-tenant-id': 'acme' })).body.data, { tenant: 'acme' })
  t.same((await ask(app, '{tenant}', { authorization: 'Basic eA==', 'x-tenant-id': 'acme' })).status, 200)
  for (const tenant of ['a.b', '*', 'a b', '>', 'x'.repeat(129)])
    t.equal((await ask(app, '{tenant}', { 'x-tenant-id': tenant })).status, 400, tenant)
})

t.test('a token says who asks, with which roles and in which tenant', async (t) => {
  const { app } = await fixtureApp(t, jwtEnv)
  const answer = await ask(app, '{me tenant}', withToken(await sign()))
  t.same(answer.body.data, { me: 'ana@acme.test', tenant: 'acme' })
  const neighbour = await sign({ userId: 'u-1', email: 'bo@acme.test', role: 'ADMIN' })
  const { app: other } = await fixtureApp(t, { ...jwtEnv, JWT_ROLES_CLAIM: 'role', DEFAULT_TENANT: 'home' })
  t.same((await ask(other, '{me tenant nothingToSee}', withToken(neighbour))).body.data, {
    me: 'u-1',
    tenant: 'home',
    nothingToSee: 'seen',
  })
  const { app: nested } = await fixtureApp(t, { ...jwtEnv, JWT_TENANT_CLAIM: 'https://acme.test/tenant', JWT_ROLES_CLAIM: 'realm.roles' })
  const token = await sign({ sub: 'x', 'https://acme.test/tenant': 'deep', realm: { roles: ['admin'] } })
  t.same((await ask(nested, '{tenant nothingToSee}', withToken(token))).body.data, { tenant: 'deep', nothingToSee: 'seen' })
})

t.test('a token that names a tenant which can be none is for nobody, not for the default tenant', async (t) => {
  const { app } = await fixtureApp(t, { ...jwtEnv, DEFAULT_TENANT: 'home' })
  const tenantOf = async (tenant: unknown, wanted?: string) => {
    const headers = withToken(await sign({ ...plain, tenant }), wanted === undefined ? {} : { 'x-tenant-id': wanted })
    const { status, body } = await ask(app, '{tenant}', headers)
    return status === 200 ? body.data?.['tenant'] : status
  }
  for (const tenant of ['a.b', '*', '', 'Acme Corp', '\ud800', 'a\udfff', 42, true, { id: 'acme' }, [], [7], ['a.b']])
    t.equal(await tenantOf(tenant), 401, JSON.stringify(tenant))
  t.equal(await tenantOf('Acme Corp', 'Corp'), 401, 'one name is not two')
  t.equal(await tenantOf(['a.b', 'acme']), 'acme')
  for (const tenant of [undefined, null]) t.equal(await tenantOf(tenant), 'home')
})

t.test('tokens that do not hold are refused with 401, in words that tell nothing', async (t) => {
  const { app } = await fixtureApp(t, jwtEnv)
  const { privateKey } = await generateKeyPair('RS256')
  const good = await sign()
  const bad: Record<string, string> = {
    'another secret': await sign(plain, { with: new TextEncoder().encode('another secret of at least 32 characters') }),
    'algorithm none': new UnsecuredJWT({ ...plain, iss: 'https://issuer.test', aud: 'orrery' }).encode(),
    'a key nobody published': await sign(plain, { alg: 'RS256', with: privateKey }),
    'an algorithm that is not listed': await sign(plain, { alg: 'HS512' }),
    'another issuer': await sign({ ...plain, iss: 'https://evil.test' }),
    'another audience': await sign({ ...plain, aud: 'others' }),
    expired: await sign(plain, { exp: nowSeconds() - 60 }),
    'not valid yet': await sign({ ...plain, nbf: nowSeconds() + 600 }),
    'an end beyond all numbers': tokenOf('{"sub":"ana","tenant":"acme","iss":"https://issuer.test","aud":"orrery","exp":1e400}'),
    'names nobody': await sign({ tenant: 'acme', roles: ['admin'] }),
    'a tenant that cannot be one': await sign({ ...plain, tenant: 'acme.test' }),
    'no tenant of a list': await sign({ ...plain, tenant: [] }),
    'cut off': good.slice(0, -4),
    'claims exchanged': [
      good.split('.')[0],
      Buffer.from(JSON.stringify({ ...plain, roles: ['admin'] })).toString('base64url'),
      good.split('.')[2],
    ].join('.'),
    'no token at all': 'abc',
    'a very long one': 'x'.repeat(9000),
    'a key where keys are off': makeApiKey().text,
  }
  for (const [what, token] of Object.entries(bad)) {
    const answer = await ask(app, '{one}', withToken(token))
    t.equal(answer.status, 401, what)
    t.equal(answer.headers['www-authenticate'], 'Bearer', what)
    t.equal(answer.body.errors?.[0]?.extensions['code'], 'UNAUTHENTICATED', what)
    t.notOk(answer.text.includes(token), `${what}: not echoed`)
  }
  for (const authorization of ['Basic eA==', 'Bearer', `Bearer ${good} ${good}`, good])
    t.equal((await ask(app, '{one}', { authorization })).status, 401, authorization.slice(0, 10))
  t.equal((await ask(app, '{one}', withToken(await sign(plain, { exp: nowSeconds() - 3 })))).status, 200, 'within the tolerated skew')
  t.match(readConfigProblems({ ...jwtEnv, JWT_ALGORITHMS: 'HS256,none' }), /never accepted/)
})

const readConfigProblems = (env: NodeJS.ProcessEnv): string => {
  try {
    readConfig(env)
    return ''
  } catch (error) {
    return String(error)
  }
}

t.test('nobody known: open fields answer in a tenant of their own, the rest is 401', async (t) => {
  const { app, counters } = await fixtureApp(t, jwtEnv)
  t.same((await ask(app, '{one tenant}')).body.data, { one: 1, tenant: '' })
  t.same((await ask(app, '{tenant}', { 'x-tenant-id': 'acme' })).body.data, { tenant: '' })
  for (const query of ['{nothingToSee}', '{me}', '{secret {text}}', '{one ...F} fragment F on Query {me}', '{a: me @skip(if: true)}']) {
    const { status, body } = await ask(app, query)
    t.equal(status, 401, query)
    t.equal(body.errors?.[0]?.extensions['code'], 'UNAUTHENTICATED', query)
  }
  t.equal(counters.resolved, 1)
})

t.test('a right that is lacking is 403, names the field, and nothing runs', async (t) => {
  const { app, counters } = await fixtureApp(t, jwtEnv)
  const viewer = withToken(await sign())
  for (const query of [
    '{one nothingToSee}',
    '{one secret {text}}',
    '{one ...F} fragment F on Query {hidden: nothingToSee}',
    '{one ... on Query {nothingToSee}}',
  ]) {
    const { status, body } = await ask(app, query, viewer)
    t.equal(status, 403, query)
    t.match(body.errors, [{ extensions: { code: 'FORBIDDEN', coordinate: /^(Query.nothingToSee|Secret)$/ } }], query)
  }
  t.equal(counters.resolved, 0)
  t.equal((await ask(app, '{me}', viewer)).status, 200)
  const admin = withToken(await sign({ ...plain, roles: ['admin'] }))
  t.same((await ask(app, '{nothingToSee secret {text}}', admin)).body.data, { nothingToSee: 'seen', secret: { text: 'seen' } })
})

t.test('a header narrows the tenant to those of the identity; administrators may choose', async (t) => {
  const { app } = await fixtureApp(t, jwtEnv)
  const tenantOf = async (claims: Claims, tenant: string) => {
    const { status, body } = await ask(app, '{tenant}', withToken(await sign(claims), { 'x-tenant-id': tenant }))
    return status === 200 ? body.data?.['tenant'] : status
  }
  const both = { ...plain, tenant: ['acme', 'globex'] }
  t.equal(await tenantOf(both, 'globex'), 'globex')
  t.equal(await tenantOf(both, 'acme'), 'acme')
  t.equal(await tenantOf(both, 'initech'), 403)
  t.equal(await tenantOf(plain, 'globex'), 403)
  t.equal(await tenantOf({ ...plain, roles: ['operator', 'approver'] }, 'globex'), 403)
  t.equal(await tenantOf({ ...plain, roles: ['admin'] }, 'globex'), 'globex')
  t.equal(await tenantOf({ ...plain, roles: ['admin'] }, 'a.b'), 400)
})

t.test('tokens are verified by the keys that the issuer publishes; an issuer that does not answer is a source that is down', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  let fetched = 0
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const issuer = createServer((_, response) => {
    fetched++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  t.teardown(() => issuer.close())
  const { port } = issuer.address() as AddressInfo
  const env = { AUTH_MODE: 'jwt', JWKS_URL: `http://127.0.0.1:${port}/keys` }
  const { app } = await fixtureApp(t, env)
  const token = () =>
    new SignJWT({ ...plain, n: Math.random() }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).setExpirationTime('10m').sign(privateKey)
  for (let round = 0; round < 3; round++) t.same((await ask(app, '{me}', withToken(await token()))).body.data, { me: 'ana@acme.test' })
  t.equal(fetched, 1)
  // the classic: a public key taken for an HMAC secret
  const confused = await new SignJWT(plain)
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(JSON.stringify(jwk)))
  t.equal((await ask(app, '{me}', withToken(confused))).status, 401)
  const broken = createServer((_, response) => response.setHeader('content-type', 'application/json').end('{"message":"try later"}'))
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => broken.close())
  for (const away of [1, (broken.address() as AddressInfo).port]) {
    const { app } = await fixtureApp(t, { ...env, JWKS_URL: `http://127.0.0.1:${away}/keys` })
    const answer = await ask(app, '{me}', withToken(await token()))
    t.equal(answer.status, 503)
    t.match(answer.body.errors?.[0]?.extensions, { code: 'SOURCE_UNAVAILABLE', source: 'jwks' })
    t.notMatch(answer.text, /ECONNREFUSED|127\.0\.0\.1|later/)
  }
})

t.test('why a caller was refused is in the log under the id of the request, and nothing that the proof holds', async (t) => {
  const lines: string[] = []
  const logger = createLogger({ logLevel: 'info' }, new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  const { app } = await fixtureApp(t, jwtEnv, { logger })
  const refused = async (headers: Record<string, string>, on = app): Promise<unknown> => {
    const answer = await ask(on, '{one}', { ...headers, 'x-request-id': `r-${lines.length}` })
    t.not(answer.status, 200)
    const line = lines.find((text) => text.includes(String(answer.headers['x-request-id']))) ?? '{}'
    t.notMatch(line, /somebody@acme.test|acme-tenant/)
    return JSON.parse(line)
  }
  const mine: Claims = { sub: 'somebody@acme.test', tenant: 'acme-tenant' }
  const token = async (claims: Claims) => withToken(await sign({ ...mine, ...claims }))
  t.match(await refused(await token({ aud: 'others' })), { level: 'info', code: 'UNAUTHENTICATED', reason: /"aud"/ })
  t.match(await refused(await token({ iss: 'https://evil.test' })), { reason: /"iss"/ })
  t.match(await refused(await token({ tenant: 'acme-tenant.test' })), { reason: /tenant/ })
  t.match(await refused(withToken(await sign(mine, { with: new Uint8Array(32) }))), { reason: /signature/ })
  t.match(await refused(withToken('abc')), { reason: /token/i })
  t.match(await refused({ 'x-api-key': makeApiKey().text }), { reason: 'AUTH_MODE takes no API keys' })
  t.match(await refused({ ...(await token({})), 'x-tenant-id': 'globex' }), { code: 'FORBIDDEN' })
  const { app: away } = await fixtureApp(t, { AUTH_MODE: 'jwt', JWKS_URL: 'http://127.0.0.1:1/keys' }, { logger })
  const { privateKey } = await generateKeyPair('RS256')
  const asked = withToken(await sign(mine, { alg: 'RS256', with: privateKey }))
  t.match(await refused(asked, away), { level: 'warn', source: 'jwks', err: { stack: /fetch failed/ } })

  await app.listen({ port: 0, host: '127.0.0.1' })
  const peer = await rawPeer(t, `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`)
  const before = lines.length
  peer.send({ type: 'connection_init', payload: { token: await sign({ ...mine, aud: 'others' }) } })
  t.equal((await peer.closed).code, 4403)
  t.match(
    lines.slice(before).map((line): unknown => JSON.parse(line)),
    [{ code: 'UNAUTHENTICATED', reason: /"aud"/ }],
  )
})

t.test('an issuer may change its keys: tokens of the new one are taken, forged ones do not make it be asked for each', async (t) => {
  const pairs = [await generateKeyPair('RS256'), await generateKeyPair('RS256')] as const
  const [old, fresh] = await Promise.all(
    pairs.map(async ({ publicKey }, at) => ({ ...(await exportJWK(publicKey)), kid: `k${at}`, alg: 'RS256' })),
  )
  let published = [old]
  let fetched = 0
  const issuer = createServer((_, response) => {
    fetched++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  t.teardown(() => issuer.close())
  const { app } = await fixtureApp(t, { AUTH_MODE: 'jwt', JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys` })
  const statusOf = async (key: 0 | 1, kid = `k${key}`): Promise<number> => {
    const claims = new SignJWT({ ...plain, n: Math.random() }).setProtectedHeader({ alg: 'RS256', kid }).setExpirationTime('10m')
    return (await ask(app, '{me}', withToken(await claims.sign(pairs[key].privateKey)))).status
  }
  t.equal(await statusOf(0), 200)
  t.equal(await statusOf(1), 401, 'nobody knows it yet')
  published = [old, fresh]
  await eventually(async () => (await statusOf(1)) === 200, { withinMs: 60_000, everyMs: 200 })
  t.equal(await statusOf(0), 200, 'the old one holds beside it')
  const before = fetched
  for (let round = 0; round < 50; round++) t.equal(await statusOf(1, `forged-${round}`), 401)
  t.ok(fetched - before <= 25, `${fetched - before} questions for 50 forged tokens`)
})

t.test(
  'OIDC_ISSUER says itself where its keys are; what it says is kept, and one that says nothing is a source that is down',
  async (t) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
    const asked: string[] = []
    let answer = (_issuer: string): { status: number; body: unknown } => ({ status: 503, body: {} })
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const { status, body } = request.url === '/keys' ? { status: 200, body: { keys: [jwk] } } : answer(issuer)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/acme`
    const token = (claims: Claims = {}) =>
      new SignJWT({ ...plain, iss: issuer, n: Math.random(), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setExpirationTime('10m')
        .sign(privateKey)
    const env = { AUTH_MODE: 'jwt', OIDC_ISSUER: issuer }
    const serverOf = async () => (await fixtureApp(t, env)).app

    for (const [what, said] of [
      ['an error', { status: 503, body: {} }],
      ['no address of keys', { status: 200, body: { issuer } }],
      ['another name', { status: 200, body: { issuer: 'https://evil.test', jwks_uri: `${new URL(issuer).origin}/keys` } }],
      ['no http address', { status: 200, body: { issuer, jwks_uri: 'file:///etc/passwd' } }],
    ] as const) {
      answer = () => said
      const refused = await ask(await serverOf(), '{me}', withToken(await token()))
      t.equal(refused.status, 503, what)
      t.match(refused.body.errors?.[0]?.extensions, { code: 'SOURCE_UNAVAILABLE', source: 'oidc' }, what)
      t.notMatch(refused.text, /127\.0\.0\.1|evil|passwd/, what)
    }

    answer = () => ({ status: 200, body: { issuer, jwks_uri: `${new URL(issuer).origin}/keys` } })
    asked.length = 0
    const app = await serverOf()
    for (let round = 0; round < 3; round++) t.same((await ask(app, '{me}', withToken(await token()))).body.data, { me: 'ana@acme.test' })
    t.same(asked, ['/realms/acme/.well-known/openid-configuration', '/keys'])
    t.equal((await ask(app, '{me}', withToken(await token({ iss: 'https://other.test' })))).status, 401, 'tokens must name the issuer')
  },
)

t.test('scopes that a token holds count beside those of its roles, by the claims that are set; unknown ones give nothing', async (t) => {
  const scopesIn = async (claims: Claims, env: Record<string, string> = {}) => {
    const config = readConfig({ ...jwtEnv, ...env })
    const viewer = await createAuthenticator({ config, clock: systemClock }).authenticate(withToken(await sign({ sub: 'ana', ...claims })))
    return [...viewer.scopes].sort()
  }
  t.same(await scopesIn({ scope: 'openid runs:read system:admin nonsense:write' }), ['runs:read', 'system:admin'])
  t.same(await scopesIn({ scp: ['approvals:decide', 'profile'] }), ['approvals:decide'])
  t.same(await scopesIn({ roles: ['viewer'], scope: 'runs:cancel' }), [...scopesOf(['viewer']), 'runs:cancel'].sort())
  t.same(await scopesIn({ scope: 'runs:read', rights: { orrery: 'graph:write' } }, { JWT_SCOPES_CLAIM: 'rights.orrery' }), ['graph:write'])
  t.same(await scopesIn({ scope: 'runs:read' }, { JWT_SCOPES_CLAIM: 'none' }), [])
  const { app } = await fixtureApp(t, jwtEnv)
  t.equal((await ask(app, '{nothingToSee}', withToken(await sign({ sub: 'ana', scope: 'runs:read' })))).status, 403)
  t.equal((await ask(app, '{nothingToSee}', withToken(await sign({ sub: 'ana', scope: 'system:admin' })))).status, 200)
})

t.test('API keys open the door of their tenant until they end or are revoked', async (t) => {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  t.teardown(() => sql.close())
  await migrate(sql)
  const store = createSqlApiKeys(sql)
  const make = async (more: { roles?: string[]; expiresAt?: bigint | null } = {}) => {
    const made = makeApiKey()
    await store.insert({
      keyId: made.keyId,
      tenantId: 'acme',
      name: 'ci bot',
      secretHash: made.secretHash,
      roles: ['operator'],
      createdAt: systemClock.now(),
      expiresAt: null,
      ...more,
    })
    return made
  }
  const { app } = await fixtureApp(t, { AUTH_MODE: 'both', JWT_SECRET: secret }, { stores: { sql } as Stores })
  const good = await make()
  t.same((await ask(app, '{me tenant}', withToken(good.text))).body.data, { me: 'key:ci bot', tenant: 'acme' })
  t.same((await ask(app, '{me}', { 'x-api-key': good.text })).body.data, { me: 'key:ci bot' })
  t.equal((await ask(app, '{me}', withToken(await sign()))).status, 200, 'tokens work beside keys')
  t.equal((await ask(app, '{nothingToSee}', withToken(good.text))).status, 403)
  const admin = await make({ roles: ['admin'] })
  t.equal((await ask(app, '{nothingToSee}', withToken(admin.text))).status, 200)
  t.equal((await ask(app, '{tenant}', withToken(admin.text, { 'x-tenant-id': 'globex' }))).status, 403, 'a key is for one tenant')
  const ended = await make({ expiresAt: fromMillis(Date.now() - 1000) })
  const revoked = await make()
  t.ok(await store.revoke(revoked.keyId, systemClock.now()))
  const stranger = makeApiKey()
  const wrongSecret = `${good.text.slice(0, -43)}${stranger.text.slice(-43)}`
  for (const [what, text] of Object.entries({
    ended: ended.text,
    revoked: revoked.text,
    stranger: stranger.text,
    wrongSecret,
    mangled: `${good.text}x`,
    short: 'orr_1_2',
  })) {
    const answer = await ask(app, '{one}', withToken(text))
    t.equal(answer.status, 401, what)
    t.notOk(answer.text.includes(text), what)
  }
  const rows = await sql.any<{ all: string }>('select api_keys::text as all from api_keys')
  t.notOk(JSON.stringify(rows).includes(good.text.slice(-43)), 'the secret is not stored')
})

t.test('a key that many come with at one moment is looked up once; a store that did not answer is asked again', async (t) => {
  const made = makeApiKey()
  const record = { ...made, tenantId: 'acme', name: 'gateway', roles: ['viewer'], createdAt: 0n, expiresAt: null, revokedAt: null }
  let asked = 0
  let away = true
  const find = async (keyId: string) => {
    asked++
    await nextTurn()
    if (away) throw sourceUnavailable('sql')
    return keyId === record.keyId ? record : null
  }
  const keys = createApiKeyVerifier({ store: { find }, clock: systemClock })
  const comeTogether = () => Promise.allSettled(Array.from({ length: 100 }, async () => keys.verify(made.text)))
  t.match(
    await comeTogether(),
    Array.from({ length: 100 }, () => ({ status: 'rejected', reason: { code: 'SOURCE_UNAVAILABLE' } })),
  )
  away = false
  t.match(
    await comeTogether(),
    Array.from({ length: 100 }, () => ({ value: { actorId: 'key:gateway' } })),
  )
  const viewer = await keys.verify(made.text)
  t.match(
    await Promise.all(Array.from({ length: 100 }, async () => viewer?.stillHolds?.())),
    Array.from({ length: 100 }, () => true),
  )
  t.equal(asked, 2)
})

t.test('what a WebSocket says at its start counts only by the names of ours (D10)', async (t) => {
  const jwt = createAuthenticator({ config: readConfig(jwtEnv), clock: systemClock })
  const token = await sign({ ...plain, tenant: ['acme', 'globex'] })
  for (const parameters of [
    { token },
    { token: `Bearer ${token}` },
    { authorization: `Bearer ${token}` },
    { Authorization: `bearer ${token}` },
  ])
    t.equal((await jwt.authenticateParams(parameters)).actorId, 'ana@acme.test')
  t.equal((await jwt.authenticateParams({ token, tenantId: 'globex' })).tenantId, 'globex')
  await t.rejects(jwt.authenticateParams({ token, tenantId: 'initech' }), { code: 'FORBIDDEN' })
  await t.rejects(jwt.authenticateParams({ token: 'x' }), { code: 'UNAUTHENTICATED' })
  await t.rejects(jwt.authenticateParams({ authorization: token }), { code: 'UNAUTHENTICATED' })
  for (const name of ['token', 'authorization', 'Authorization', 'apiKey', 'tenantId'])
    for (const meant of [7, ['globex'], { is: 'globex' }, true])
      await t.rejects(jwt.authenticateParams({ token, [name]: meant }), { code: 'BAD_USER_INPUT' }, `${name} is a text`)
  const nulls = { authorization: null, Authorization: null, apiKey: null, tenantId: null }
  t.equal((await jwt.authenticateParams({ token, ...nulls })).tenantId, 'acme', 'null is nothing')
  const spoofed = {
    'x-tenant-id': 'globex',
    'x-forwarded-user': 'root',
    actorId: 'root',
    roles: ['admin'],
    headers: { authorization: `Bearer ${token}` },
  }
  for (const parameters of [spoofed, null, undefined, {}])
    t.match(await jwt.authenticateParams(parameters), { authenticated: false, tenantId: '', roles: [] })
  t.match(await jwt.authenticateParams({ token, ...spoofed }), { actorId: 'ana@acme.test', tenantId: 'acme', roles: ['viewer'] })
})

const schema = buildSchema()

const SAMPLES = ['"x"', '1', '"1"', 'true', '"2026-01-01T00:00:00Z"', '"eA=="']

function takes(type: GraphQLScalarType, sample: string): boolean {
  try {
    return type.parseLiteral(parseValue(sample), {}) !== undefined
  } catch {
    return false
  }
}

/** A literal that an input type takes. */
function literal(type: GraphQLInputType): string {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return '[]'
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? ''
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields())
    const wanted = nullable.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField)
    return `{${wanted.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')}}`
  }
  return SAMPLES.find((sample) => takes(nullable, sample)) ?? '"x"'
}
const call = (field: GraphQLField<unknown, unknown>): string => {
  const required = field.args.filter(isRequiredArgument)
  return required.length === 0
    ? field.name
    : `${field.name}(${required.map((argument) => `${argument.name}: ${literal(argument.type)}`).join(', ')})`
}

interface Reach {
  text: (inner: string) => string
  coordinates: string[]
  depth: number
}
/** The shortest way from the roots to every type that has fields. */
function reachable(): Map<GraphQLNamedType, Reach> {
  const found = new Map<GraphQLNamedType, Reach>()
  const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() }
  for (const [word, root] of Object.entries(roots))
    if (root != null) found.set(root, { text: (inner) => `${word} {${inner}}`, coordinates: [], depth: 0 })
  for (const [type, reach] of found) {
    const members = isUnionType(type) || isInterfaceType(type) ? schema.getPossibleTypes(type) : []
    for (const member of members)
      if (!found.has(member)) found.set(member, { ...reach, text: (inner) => reach.text(`... on ${member.name} {${inner}}`) })
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const target = getNamedType(field.type)
      if (!isCompositeType(target) || found.has(target)) continue
      found.set(target, {
        text: (inner) => reach.text(`${call(field)} {${inner}}`),
        coordinates: [...reach.coordinates, `${type.name}.${field.name}`],
        depth: reach.depth + 1,
      })
    }
  }
  return found
}

/** What the SDL asks for at a coordinate `Type.field`, as sets of scopes. */
function scopesAt(coordinate: string): string[][][] {
  const [typeName = '', fieldName = ''] = coordinate.split('.')
  const type = schema.getType(typeName)
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined
  if (type === undefined || field === undefined) return []
  const target = getNamedType(field.type)
  const answersItself = typeName === 'Mutation' && saysNotAllowed(field.type)
  return [type, field, target].flatMap((element) => {
    const requirement = requirementOf(schema, coordinate, element)
    if (requirement === null) return []
    return [answersItself && element === field ? [] : requirement.scopes.map((set) => [...set])]
  })
}

const viewerOf = (role: (typeof roles)[number] | null): Viewer => ({
  actorId: role ?? 'anonymous',
  kind: 'USER',
  displayName: null,
  tenantId: 'acme',
  tenants: ['acme'],
  roles: role === null ? [] : [role],
  scopes: scopesOf(role === null ? [] : [role]),
  expiresAtSeconds: null,
  authenticated: role !== null,
})

t.test('every field asks every role for what the SDL says, nothing else', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_COST: '1000000', GRAPHQL_MAX_DEPTH: '50', BUDGET_CAPACITY: '0' }, { schema: undefined })
  let checked = 0
  let guarded = 0
  for (const [type, reach] of reachable()) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const query = reach.text(isCompositeType(getNamedType(field.type)) ? `${call(field)} {__typename}` : call(field))
      const asked = [...reach.coordinates, `${type.name}.${field.name}`].flatMap(scopesAt)
      if (asked.length > 0) guarded++
      for (const role of [null, ...roles]) {
        const viewer = viewerOf(role)
        const mayRun = asked.every(
          (sets) => viewer.authenticated && (sets.length === 0 || sets.some((set) => set.every((scope) => viewer.scopes.has(scope)))),
        )
        const origin: RequestOrigin = { transport: 'http-post', requestId: 'r', viewer, client: createPresence(), log: app.log }
        const prepared = await app.pipeline.prepare({ query }, origin)
        const outcome = prepared.kind === 'READY' ? 'READY' : prepared.refusal
        const expected = mayRun ? 'READY' : role === null ? 'UNAUTHENTICATED' : 'FORBIDDEN'
        if (outcome !== expected)
          t.equal(
            outcome,
            expected,
            `${role ?? 'nobody'}: ${query} ${prepared.kind === 'REFUSED' ? prepared.result.errors?.[0]?.message : ''}`,
          )
        checked++
      }
    }
  }
  t.ok(checked > 500 && guarded > 50, `${checked} pairs, ${guarded} guarded fields`)
})

/** What each domain owns: whoever lacks its right finds none of it, whichever domain links there. */
const owned = {
  'runs:read': ['Run', 'Ritual'],
  'approvals:read': ['Approval', 'Decision'],
  'graph:read': ['Graph', 'GraphNode', 'GraphCommit'],
  'storage:read': ['RecordStream', 'Record'],
  'slo:read': ['Slo', 'Ticket', 'Alert', 'RunBlocker'],
  'system:read': ['AuditReceipt', 'Source'],
}
/** They look at the right of what they find, or leave out what the caller may not see. */
const lookThemselves = new Set(['Query.node', 'Query.nodes', 'Query._entities', 'Record.run'])

function readableWith(held: ReadonlySet<string>): Set<string> {
  const viewer = { ...viewerOf('viewer'), scopes: held }
  const allows = (coordinate: string, element: Parameters<typeof requirementOf>[2]): boolean => {
    const requirement = requirementOf(schema, coordinate, element)
    return requirement === null || meets(viewer, requirement)
  }
  const found = new Set<GraphQLNamedType>()
  for (const root of [schema.getQueryType(), schema.getSubscriptionType()]) if (root != null) found.add(root)
  for (const type of found) {
    if (isUnionType(type) || isInterfaceType(type)) for (const member of schema.getPossibleTypes(type)) found.add(member)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`
      if (!lookThemselves.has(coordinate) && allows(coordinate, field)) found.add(getNamedType(field.type))
    }
  }
  return new Set([...found].map(({ name }) => name))
}

t.test('who lacks the right of a domain reaches nothing that it owns over the links of other domains', async (t) => {
  const all = viewerOf('viewer').scopes
  for (const [scope, types] of Object.entries(owned)) {
    t.ok(all.has(scope) && types.every((type) => readableWith(all).has(type)), `${scope} shows ${types.join()}`)
    const without = readableWith(new Set([...all].filter((one) => one !== scope)))
    t.same(
      types.filter((type) => without.has(type)),
      [],
      `without ${scope}`,
    )
  }
  const { app } = await fixtureApp(t, jwtEnv, { schema: undefined })
  const gatekeeper = withToken(await sign({ sub: 'gatekeeper', tenant: 'acme', scope: 'approvals:read approvals:decide' }))
  const { status, body } = await ask(app, '{ approvals { nodes { gateId run { failure { message } } } } }', gatekeeper)
  t.equal(status, 403)
  t.match(body.errors, [{ extensions: { code: 'FORBIDDEN', coordinate: 'Approval.run', requiredScopes: [['runs:read']] } }])
  const graph = encodeId('Graph', ['ORRERY', 'acme', 'p', 'n', 'g'])
  const downstream = `{ timeline(filter: { any: [{ downstreamOf: { graph: "${graph}", nodeId: "db" } }] }) { nodes { type } } }`
  const reader = withToken(await sign({ sub: 'reader', tenant: 'acme', scope: 'events:read runs:read approvals:read' }))
  t.match((await ask(app, downstream, reader)).body.errors, [{ extensions: { code: 'FORBIDDEN', requiredScopes: ['graph:read'] } }])
})

t.test('a mutation says `NotAllowed` to every role without its scope, before its resolver is asked', async (t) => {
  const { app } = await fixtureApp(t, { GRAPHQL_MAX_COST: '1000000', BUDGET_CAPACITY: '0' }, { schema: undefined })
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ type }) => saysNotAllowed(type))
  t.ok(mutations.length >= 9)
  for (const field of mutations) {
    const [scopes = []] = requirementOf(schema, field.name, field)?.scopes ?? []
    const query = `mutation { ${call(field)} { __typename ... on NotAllowed { code reason requiredScopes } } }`
    for (const viewer of roles.map(viewerOf)) {
      if (scopes.every((scope) => viewer.scopes.has(scope))) continue
      const origin: RequestOrigin = { transport: 'http-post', requestId: 'r', viewer, client: createPresence(), log: app.log }
      const prepared = await app.pipeline.prepare({ query }, origin)
      if (prepared.kind === 'REFUSED') t.fail(`${field.name} was refused`)
      else
        t.match(await app.pipeline.execute(prepared.operation), {
          data: { [field.name]: { __typename: 'NotAllowed', code: 'NOT_ALLOWED', reason: 'MISSING_SCOPE', requiredScopes: scopes } },
        })
    }
  }
})

t.test('every root field asks for a scope, but those that find their own', async (t) => {
  const open = new Set(['Query.viewer', 'Query.node', 'Query.nodes', 'Query._entities', 'Query._service'])
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(root?.getFields() ?? {})) {
      const coordinate = `${root?.name}.${field.name}`
      t.equal(scopesAt(coordinate).length > 0, !open.has(coordinate), coordinate)
    }
})

t.test('no field of an object is guarded that its interface leaves open', async (t) => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields()))
      for (const possible of schema.getPossibleTypes(type)) {
        const own = requirementOf(schema, 'own', possible.getFields()[field.name] ?? {})
        t.same(own?.scopes, requirementOf(schema, 'own', field)?.scopes, `${possible.name}.${field.name}`)
      }
  }
})
