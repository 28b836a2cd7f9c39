import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { type Owner } from './support/services.ts'

const secret = 'a secret of at least thirty-two characters'
const claims = { sub: 'ana@acme.test', tenant: 'acme', roles: ['viewer'] }
const pair = await generateKeyPair('ES256')
const keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] }

/** Never the same text twice: a token that was verified is remembered. */
const token = (iss: string, kid = 'k1') =>
  new SignJWT({ ...claims, iss, n: Math.random() }).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('10h').sign(pair.privateKey)
const secretToken = (iss: string) =>
  new SignJWT({ ...claims, iss, n: Math.random() })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('10h')
    .sign(new TextEncoder().encode(secret))

interface Issuer {
  readonly url: string
  readonly asked: string[]
  /** Bytes that it could send. */
  sent: number
  answer: RequestListener
}
async function startIssuer(t: Owner): Promise<Issuer> {
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '')
    issuer.answer(request, response)
  })
  server.on('connection', (socket) => socket.once('close', () => (issuer.sent += socket.bytesWritten)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: Issuer = { url, asked: [], sent: 0, answer: behaving(url) }
  return issuer
}

const json = (body: unknown): string => JSON.stringify(body)
const behaving =
  (url: string): RequestListener =>
  (request, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(json(request.url === '/keys' ? keys : { issuer: url, jwks_uri: `${url}/keys` }))

/** Answers for ever, as fast as it is read. */
const endless: RequestListener = (_, response) => {
  response.setHeader('content-type', 'application/json').write('{"keys":[')
  const part = ' '.repeat(65_536)
  const more = (): void => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', more)
  more()
}

interface Body {
  data?: { me: string } | null
  errors?: { extensions: Record<string, unknown> }[]
}

for (const [by, source, door] of [
  ['JWKS_URL', 'jwks', (url: string) => ({ JWKS_URL: `${url}/keys` })],
  ['OIDC_ISSUER', 'oidc', (url: string) => ({ OIDC_ISSUER: url })],
] as const) {
  const serverFor = async (t: Owner, issuer: Issuer) => {
    let later = 0n
    const clock = { now: () => systemClock.now() + later }
    const { app } = await fixtureApp(t, { AUTH_MODE: 'jwt', JWT_SECRET: secret, ...door(issuer.url) }, { clock })
    const ask = async (given: string) => {
      const response = await app.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query: '{me}' },
        headers: { authorization: `Bearer ${given}` },
      })
      const body = JSON.parse(response.body) as Body
      return { status: response.statusCode, text: response.body, extensions: body.errors?.[0]?.extensions }
    }
    return { ask, wait: (seconds: number) => (later += BigInt(seconds) * 1_000_000_000n) }
  }

  t.test(
    `${by}: an issuer that answers without end, elsewhere, wrongly or never is a source that is down; others are not held up`,
    async (t) => {
      for (const [what, answer] of [
        ['without end', endless],
        ['elsewhere', (request, response) => void response.writeHead(302, { location: `/moved${request.url}` }).end()],
        ['no JSON', (_, response) => void response.end('<html>')],
        ['an error', (_, response) => void response.writeHead(500).end('out of order')],
        ['never', () => undefined],
        ['half an answer', (_, response) => void response.writeHead(200, { 'content-length': '1000' }).write('{')],
      ] as [string, RequestListener][]) {
        const issuer = await startIssuer(t)
        issuer.answer = answer
        const { ask } = await serverFor(t, issuer)
        const waiting = [ask(await token(issuer.url)), ask(await token(issuer.url))]
        t.equal((await ask(await secretToken(issuer.url))).status, 200, `${what}: whose proof needs no issuer`)
        for (const { status, text, extensions } of await Promise.all(waiting)) {
          t.equal(status, 503, what)
          t.match(extensions, { code: 'SOURCE_UNAVAILABLE', source }, what)
          t.notMatch(text, /127\.0\.0\.1|moved|order|html/, what)
        }
        for (let round = 0; round < 20; round++) t.equal((await ask(await token(issuer.url, `forged-${round}`))).status, 503, what)
        t.ok(issuer.asked.length <= 8, `${what}: asked ${issuer.asked.length} times for 22 tokens`)
        t.notOk(
          issuer.asked.some((path) => path.startsWith('/moved')),
          what,
        )
        t.ok(issuer.sent < 32 * 1024 * 1024, `${what}: took ${issuer.sent} bytes`)
      }
    },
  )

  t.test(`${by}: keys that were published hold for an hour while the issuer is away, and unknown ones wait for it`, async (t) => {
    const issuer = await startIssuer(t)
    const { ask, wait } = await serverFor(t, issuer)
    t.equal((await ask(await token(issuer.url))).status, 200)
    issuer.answer = () => undefined
    wait(1800)
    const before = issuer.asked.length
    for (let round = 0; round < 10; round++) t.equal((await ask(await token(issuer.url))).status, 200, 'its key is known')
    await eventually(() => issuer.asked.length > before, { withinMs: 30_000 })
    t.ok(issuer.asked.length <= before + 5, `asked ${issuer.asked.length - before} times behind the backs of ten`)
    t.equal((await ask(await token(issuer.url, 'k2'))).status, 503, 'it may be a new one')
    t.equal((await ask(await token(issuer.url))).status, 200)
    wait(1801)
    t.equal((await ask(await token(issuer.url))).status, 503, 'too old to be believed')
    issuer.answer = behaving(issuer.url)
    wait(3)
    t.equal((await ask(await token(issuer.url))).status, 200, 'it is back')
    t.equal((await ask(await token(issuer.url, 'k2'))).status, 401, 'it knows no such key')
    wait(-7200)
    t.equal((await ask(await token(issuer.url))).status, 200, 'a clock set back')
  })
}
