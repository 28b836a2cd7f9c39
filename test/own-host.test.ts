import { request } from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { fixtureApp } from './support/fixture-app.ts'
import { type Owner } from './support/services.ts'

/** A server on the loopback address, and what it says to requests for the name of another. */
async function serverFor(t: Owner, env: NodeJS.ProcessEnv) {
  const { app } = await fixtureApp(t, env)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const ask = (host: string, { method = 'GET', path = '/graphql?query={tenant}', headers = {}, body = '' } = {}) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method, path, headers: { ...headers, host } }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += String(chunk)))
        response.on('end', () => resolve({ status: response.statusCode, text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const upgrade = (host: string) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', {
        headers: { host, origin: `http://${host}` },
      })
      t.teardown(() => socket.terminate())
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
      socket.on('error', () => undefined)
    })
  return { ask, upgrade }
}

const json = { 'content-type': 'application/json' }
const query = JSON.stringify({ query: '{ tenant }' })
const subscription = JSON.stringify({ query: 'subscription { ticks }' })
const doors: Record<string, { method?: string; path?: string; headers?: Record<string, string>; body?: string }> = {
  GET: {},
  POST: { method: 'POST', path: '/graphql', headers: json, body: query },
  'a batch': { method: 'POST', path: '/graphql', headers: json, body: `[${query}]` },
  'server-sent events': { method: 'POST', path: '/graphql/stream', headers: { ...json, accept: 'text/event-stream' }, body: subscription },
  'a reservation': { method: 'PUT', path: '/graphql/stream' },
  multipart: {
    method: 'POST',
    path: '/graphql',
    headers: { ...json, accept: 'multipart/mixed;subscriptionSpec=1.0' },
    body: subscription,
  },
  'an upgrade to HTTP/2': { headers: { connection: 'upgrade', upgrade: 'h2c' } },
  GraphiQL: { path: '/graphiql' },
  'the home page': { path: '/' },
  metrics: { path: '/metrics' },
  'nothing there': { path: '/elsewhere' },
  'what a proxy says': { headers: { 'x-forwarded-host': 'localhost' } },
}

t.test('a page elsewhere whose name is made to mean this machine is refused by every door that is open to all', async (t) => {
  const { ask, upgrade } = await serverFor(t, { TRUST_PROXY: 'on' })
  for (const host of ['evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.nip.io', 'notlocalhost', 'evil..', 'a b']) {
    for (const [door, asked] of Object.entries(doors)) {
      const { status, text } = await ask(host, asked)
      t.equal(status, 421, `${door} of ${host}`)
      t.match(
        JSON.parse(text),
        { errors: [{ message: /AUTH_MODE.*CORS_ORIGINS/s, extensions: { code: 'FORBIDDEN', requestId: /./ } }] },
        door,
      )
    }
  }
  t.equal(await upgrade('evil.example'), 421)
})

t.test('names and addresses of the machine are its own, by whatever port', async (t) => {
  const { ask, upgrade } = await serverFor(t, { CORS_ORIGINS: 'https://orrery.acme.test,app://desktop' })
  const own = [
    'localhost',
    'LOCALHOST:8080',
    'localhost.',
    'orrery.localhost:4000',
    '127.0.0.1',
    '127.1.2.3:4000',
    '[::1]:4000',
    '10.0.0.7:8080',
  ]
  for (const host of [...own, 'host.docker.internal:4000', 'orrery.acme.test', 'orrery.acme.test:8443']) {
    for (const [door, asked] of Object.entries(doors)) t.not((await ask(host, asked)).status, 421, `${door} of ${host}`)
    t.equal(await upgrade(host.toLowerCase()), 101, host)
  }
  t.equal((await ask('desktop')).status, 421)
})

for (const [why, env] of [
  ['proofs of identity are asked for', { AUTH_MODE: 'apikey' }],
  ['it listens for other machines', { HOST: '0.0.0.0' }],
  ['every site may call', { CORS_ORIGINS: '*' }],
] as const)
  t.test(`every name will do where ${why}`, async (t) => {
    const { ask, upgrade } = await serverFor(t, env)
    for (const [door, asked] of Object.entries(doors)) t.not((await ask('orrery.acme.test', asked)).status, 421, door)
    t.equal(await upgrade('orrery.acme.test'), 101)
  })
