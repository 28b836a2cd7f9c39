import t from 'tap'
import { graphql, serve, type Serving, temporaryFolder, untilReady } from '../support/program.ts'
import { checkKilled, killablePlaces, openKilled } from '../support/records-killed.ts'

const TOTAL = 10_000
const WRITERS = 10
/** Appends of one request: each a mutation of its own, with a transaction and a receipt of its own. */
const TOGETHER = 20
/** The server is killed when so many appends of this life were acknowledged. */
const KILL_AFTER = [1_500, 2_500]

interface Answer {
  readonly firstOffset?: string
}

/** @returns what was acknowledged: each text by its offset */
async function append(server: Serving, from: number): Promise<Map<number, string>> {
  const texts = Array.from({ length: TOGETHER }, (_, index) => `r${from + index}`)
  const fields = texts.map(
    (text) =>
      `${text}: appendRecords(input: { key: { name: "load" }, records: [{ text: "${text}" }] }) { ... on RecordsAppended { firstOffset } }`,
  )
  const { data } = await graphql(server.url, `mutation { ${fields.join(' ')} }`)
  return new Map(
    texts.flatMap((text) => {
      const { firstOffset } = (data?.[text] ?? {}) as Answer
      return firstOffset === undefined ? [] : [[Number(firstOffset), text] as const]
    }),
  )
}

/** Appends until the server is killed, or all was asked for. @returns whether it was killed */
async function live(server: Serving, load: { next: number; acknowledged: Map<number, string> }, killAfter: number): Promise<boolean> {
  let killed = false
  const before = load.acknowledged.size
  const writer = async () => {
    while (load.next < TOTAL && !killed) {
      const from = load.next
      load.next += TOGETHER
      // what was asked of a server that died has no answer
      const done = await append(server, from).catch(() => new Map<number, string>())
      for (const [offset, text] of done) load.acknowledged.set(offset, text)
      if (load.acknowledged.size - before < killAfter || killed) continue
      killed = true
      server.child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return killed
}

for (const [name, find] of Object.entries(killablePlaces))
  t.test(`kill -9 of a server during 10,000 appends through its front door, ${name}`, { timeout: 900_000 }, async (t) => {
    const place = await find(t)
    if (place === null) return
    const isFolder = !place.startsWith('postgres')
    const dataDir = isFolder ? place : await temporaryFolder(t)
    const load = { next: 0, acknowledged: new Map<number, string>() }
    for (const killAfter of [...KILL_AFTER, Infinity]) {
      const env = { BUDGET_CAPACITY: '0', DEFAULT_TENANT: 'demo', ...(isFolder ? {} : { DATABASE_URL: place }) }
      const server = await serve(t, ['--empty', '--data', dataDir], env)
      await untilReady(server)
      t.match(await graphql(server.url, 'mutation { createRecordStream(input: { name: "load" }) { __typename } }'), {
        data: { createRecordStream: { __typename: 'RecordStreamAccepted' } },
      })
      if (await live(server, load, killAfter)) {
        await server.ended
        continue
      }
      for (const stream of ['load', '_audit'])
        t.match(await graphql(server.url, `{ recordStream(key: { name: "${stream}" }) { verify { ok reason } } }`), {
          data: { recordStream: { verify: { ok: true, reason: null } } },
        })
      server.child.kill('SIGTERM')
      t.equal(await server.ended, 0)
    }
    t.equal(load.next, TOTAL)
    t.ok(load.acknowledged.size > TOTAL / 2, `${load.acknowledged.size} appends acknowledged`)
    const sql = await openKilled(place)
    t.teardown(() => sql.close())
    await checkKilled(t, { sql, tenantId: 'demo', acknowledged: load.acknowledged })
  })
