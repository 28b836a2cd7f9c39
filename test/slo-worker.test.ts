import Fastify from 'fastify'
import t from 'tap'
import { createSloWorker } from '../src/slo-worker.ts'
import { systemClock } from '../src/time.ts'
import { openControlPlane, openers } from './support/control-plane.ts'
import { eventually } from './support/eventually.ts'

t.test('what guards notice is announced also where objectives are not watched, and nothing piles up', async (t) => {
  for (const [name, open] of Object.entries(openers))
    t.test(name, async (t) => {
      const backing = await open(t)
      if (backing === null) return
      const plane = await openControlPlane(t, backing, { SLO_MONITORING_ENABLED: 'false', SLO_EVALUATION_INTERVAL_MS: '1000' })
      const worker = createSloWorker({ ...plane, clock: systemClock, logger: Fastify({ logger: false }).log })
      t.teardown(() => worker.stop())
      t.equal(worker.evaluator, null)
      await worker.start()
      await plane.dataSources.security.record(
        { tenantId: 'acme' },
        { ...{ type: 'replay_attempt', severity: 'high', ip: null, userAgent: null, repoId: 'r', details: {}, blocked: true } },
      )
      const waiting = async () => (await backing.sql.one<{ count: bigint }>('select count(*) as count from slo_outbox')).count
      await eventually(async () => (await waiting()) === 0n, { withinMs: 60_000, everyMs: 50 })
      let announced = 0
      for await (const batch of backing.log.read('orrery', { subject: 'orrery.events.v1.acme.>' })) announced += batch.length
      t.ok(announced > 0)
    })
})
