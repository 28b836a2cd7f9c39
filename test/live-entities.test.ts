import t from 'tap'
import { type EventLog } from '../src/datasources/log/log.ts'
import { encodeId } from '../src/ids.ts'
import { createEntityRelay, entitySubject } from '../src/projections/entity-relay.ts'
import { createProgress } from '../src/projections/progress-tracker.ts'
import { readConfig } from '../src/config.ts'
import { eventually } from './support/eventually.ts'
import { backings, liveServer, write } from './support/live-server.ts'

t.setTimeout(300_000)

async function stubsIn(log: EventLog): Promise<{ subject: string; stub: unknown }[]> {
  const found: { subject: string; stub: unknown }[] = []
  if ((await log.state('orrery')) === null) return found
  for await (const batch of log.read('orrery', { subject: 'orrery.entity.>' }))
    for (const { subject, payload } of batch) found.push({ subject, stub: JSON.parse(Buffer.from(payload).toString()) as unknown })
  return found
}

t.test('stubs of changed runs and gates for routers', async (t) => {
  for (const { name, sql, log } of await backings(t)) {
    t.test(`on the ${name} log`, async (t) => {
      await liveServer(t, { name, sql, log })
      const progress = createProgress({ sql })
      t.teardown(() => progress.close())
      const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
      const start = () => {
        const relay = createEntityRelay({ sql, log, progress, logger })
        relay.start()
        return () => relay.stop()
      }
      const event = (event: string, more: object = {}) => write(log, { event, ritualId: 'deploy', runId: 'r1', ...more })
      const run = { __typename: 'Run', id: encodeId('Run', ['DEMON', 'acme', 'deploy', 'r1']) } as const
      const gate = { __typename: 'Approval', id: encodeId('Approval', ['DEMON', 'acme', 'deploy', 'r1', 'go']) } as const

      await event('ritual.started:v1', { spec: {} })
      const stop = start()
      await eventually(async () => (await sql.any('select 1 as here from entity_relay')).length === 1)
      await event('approval.requested:v1', { gateId: 'go', requester: 'dana', reason: 'x' })
      await eventually(async () => (await stubsIn(log)).length === 2)
      t.strictSame(await stubsIn(log), [
        { subject: `orrery.entity.Run.${run.id}`, stub: run },
        { subject: entitySubject(gate), stub: gate },
      ])
      await stop()
      await event('approval.granted:v1', { gateId: 'go', approver: 'kim' })
      const again = start()
      await eventually(async () => (await stubsIn(log)).length === 4)
      await again()
      const dead = await sql.any("select 1 as here from dead_letters where stream = 'orrery'")
      t.strictSame(dead, [], 'nobody takes them for events')
    })
  }
})

t.test('the setting asks for NATS', async (t) => {
  t.throws(() => readConfig({ ENTITY_EVENTS: 'on' }), /ENTITY_EVENTS.*NATS_URL/)
  t.equal(readConfig({ ENTITY_EVENTS: 'on', NATS_URL: 'nats://localhost:4222' }).entityEvents, true)
  t.equal(readConfig({}).entityEvents, false)
})
