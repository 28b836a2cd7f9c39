import t from 'tap'
import { makeApiKey } from '../src/auth/api-keys.ts'
import { createSqlApiKeys } from '../src/datasources/sql-api-keys.ts'
import { systemClock } from '../src/time.ts'
import { nextEvent, openStream } from './support/event-stream.ts'
import { backings, liveServer, write } from './support/live-server.ts'

t.setTimeout(300_000)

t.test('a revoked key ends its open streams with the last cursor; others go on', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const server = await liveServer(t, backing, { env: { AUTH_MODE: 'apikey' } })
  const store = createSqlApiKeys(backing.sql)
  const make = async () => {
    const key = makeApiKey()
    const { keyId, secretHash } = key
    const more = { tenantId: 'acme', name: 'reader', roles: ['viewer'], createdAt: systemClock.now(), expiresAt: null }
    await store.insert({ keyId, secretHash, ...more })
    return key
  }
  const [revoked, kept] = [await make(), await make()]
  const query = 'subscription { runEvents { __typename } }'
  const subscribe = async (key: { text: string }) => {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${key.text}` }
    const stream = await openStream(t, `${server.http}/graphql`, { headers, body: { query } })
    t.match((await nextEvent(stream))?.data, /StreamPhase/)
    return stream
  }
  const [ending, going] = [await subscribe(revoked), await subscribe(kept)]
  await write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'one' })
  const last = await nextEvent(ending)
  t.match((await nextEvent(going))?.data, /RunEventItem/)
  t.ok(await store.revoke(revoked.keyId, systemClock.now()))
  // the key is believed for ten seconds, and looked at every five
  let final = null
  for (let turns = 0; final === null && turns < 4; turns++) final = await nextEvent(ending).catch(() => null)
  t.match(JSON.parse(final?.data ?? 'null'), {
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    extensions: { cursor: last?.id },
  })
  await write(backing.log, { event: 'test.event:v1', ritualId: 'r', runId: 'two' })
  t.match((await nextEvent(going))?.data, /RunEventItem/)
})
