import t from 'tap'
import { pino } from 'pino'
import { createCounters } from '../src/datasources/slo/counters.ts'
import { createEvaluator } from '../src/datasources/slo/evaluator.ts'
import { createSlo } from '../src/datasources/slo/index.ts'
import { loadCounters, syncCounters } from '../src/datasources/slo/sql-counters.ts'
import { ensureOwnSlos } from '../src/datasources/slo/own-slos.ts'
import { systemClock } from '../src/time.ts'
import { eventually } from './support/eventually.ts'
import { backings, liveServer, type Backing, type LiveServer } from './support/live-server.ts'
import { itemOf, openStream } from './support/event-stream.ts'

const logger = pino({ level: 'silent' })
const post = async (server: LiveServer, query: string, variables: object = {}) => {
  const response = await fetch(`${server.http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: Record<string, Record<string, unknown>>; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data
}

const objective = (name: string, more: object = {}) => ({
  input: {
    name,
    service: 'shop',
    targetPercent: 99,
    window: '30d',
    minCoverage: 0,
    indicator: { counters: { measure: `live.${name}` } },
    ...more,
  },
})
const upsert = 'mutation($input: UpsertSloInput!) { upsertSlo(input: $input) { __typename ... on UserError { message } } }'
const count = (server: LiveServer, name: string, good: number, bad: number) =>
  post(server, `mutation { recordSloEvents(input: { name: "${name}", good: ${good}, bad: ${bad} }) { __typename } }`)

/** An evaluator over the server's own stores and counters, that tells at once. */
function evaluatorOf(server: LiveServer, { sql, log }: Backing, holdSeconds = 0, clearSeconds = 0) {
  const { slo, sloStore: store, sloStates: states } = server.dataSources
  return createEvaluator({
    ...{ sql, log, store, slo, states, logger, clock: systemClock },
    intervalMs: 60_000,
    hysteresis: { holdSeconds, clearSeconds },
    incidentClearSeconds: 0,
  })
}

t.test('objectives, live', async (t) => {
  for (const backing of await backings(t))
    t.test(backing.name, async (t) => {
      const server = await liveServer(t, backing)
      const evaluator = evaluatorOf(server, backing)

      t.test('a change of status is told to subscribers with what it left, and a stream resumes after it', async (t) => {
        await post(server, upsert, objective('shipping'))
        const query =
          'subscription { sloStatusChanged(filter: { names: ["shipping"] }) { __typename ... on SloItem { cursor status previousStatus slo { name status } } } }'
        const stream = await openStream(t, `${server.http}/graphql`, { body: { query }, headers: { accept: 'text/event-stream' } })
        await stream.until('StreamPhase')
        await evaluator.tick()
        const first = await itemOf(stream, 'sloStatusChanged')
        t.match(first, { status: 'NO_DATA', previousStatus: null, slo: { name: 'shipping' } })
        await count(server, 'shipping', 90, 10)
        await evaluator.tick()
        t.match(await itemOf(stream, 'sloStatusChanged'), { status: 'BREACHED', previousStatus: 'NO_DATA', slo: { status: 'BREACHED' } })
        stream.close()
        const after = query.replace('names: ["shipping"] }', `names: ["shipping"] }, after: "${String(first['cursor'])}"`)
        const resumed = await openStream(t, `${server.http}/graphql`, { body: { query: after }, headers: { accept: 'text/event-stream' } })
        t.match(await itemOf(resumed, 'sloStatusChanged'), { status: 'BREACHED' })
        resumed.close()
      })

      t.test('an alert fires and opens an incident; it ends when the objective is gone, and the incident closes', async (t) => {
        const query =
          'subscription { alertChanged { __typename ... on AlertItem { state alert { id name severity slo { name } labels } } } }'
        const stream = await openStream(t, `${server.http}/graphql`, { body: { query }, headers: { accept: 'text/event-stream' } })
        await stream.until('StreamPhase')
        await post(server, upsert, objective('orders'))
        await count(server, 'orders', 50, 50)
        await evaluator.tick()
        const fired = await itemOf(stream, 'alertChanged')
        t.match(fired, { state: 'FIRING', alert: { name: 'SloBurnRate', slo: { name: 'orders' } } })
        const shown = await post(
          server,
          '{ alerts(filter: { slo: "orders", states: [FIRING] }) { nodes { severity muted inhibitedBy labels } } slo(name: "orders") { status tiers { name state since } alerts { id state } } incidents(filter: { subject: "orders" }) { nodes { status severity subject timeline { type message } endedAt slo { name } } } }',
        )
        const alerts = shown['alerts'] as unknown as { nodes: { muted: boolean; labels: { tier: string } }[] }
        t.equal(alerts.nodes.filter(({ muted }) => !muted).length, 1, 'the fastest tier keeps the slower ones quiet')
        t.equal(alerts.nodes.find(({ muted }) => !muted)?.labels.tier, 'page-fast')
        t.match(shown['slo'], { tiers: [{ name: 'page-fast', state: 'FIRING', since: String }] })
        t.match(shown['incidents'], { nodes: [{ status: 'OPEN', severity: 'HIGH', endedAt: null, slo: { name: 'orders' } }] })
        let status: Record<string, unknown> = {}
        // an answer serves for a second
        await eventually(async () => {
          status = (await (await fetch(`${server.http}/status`)).json()) as Record<string, unknown>
          return Number(status['incidents']) >= 1
        })
        t.match(status, { alerts: Number, incidents: Number, securityEvents: 0 })
        await post(server, 'mutation { deleteSlo(input: { name: "orders" }) { __typename } }')
        await evaluator.tick()
        await evaluator.tick()
        await evaluator.tick()
        const after = await post(
          server,
          '{ incidents(filter: { subject: "orders" }) { nodes { status endedAt } } alerts(filter: { slo: "orders", states: [FIRING] }) { totalCount } }',
        )
        t.match(after, { incidents: { nodes: [{ status: 'RESOLVED', endedAt: String }] }, alerts: { totalCount: 0 } })
        stream.close()
      })

      t.test('an alert ends with its tier, and mutes none of the tiers that live', async (t) => {
        const tier = (name: string, severity: string) => ({ name, severity, budgetShare: 0.1, long: '3d', short: '6h' })
        const live = async () =>
          (await post(server, '{ alerts(filter: { slo: "tiered", states: [FIRING] }) { nodes { muted labels } } }'))[
            'alerts'
          ] as unknown as {
            nodes: { muted: boolean; labels: { tier: string } }[]
          }
        await post(server, upsert, objective('tiered'))
        await count(server, 'tiered', 50, 50)
        await evaluator.tick()
        t.ok((await live()).nodes.some(({ labels }) => labels.tier === 'page-fast'))
        await post(server, upsert, objective('tiered', { tiers: [tier('slow', 'ticket')] }))
        await evaluator.tick()
        t.match(await live(), { nodes: [{ muted: false, labels: { tier: 'slow' } }] })
        t.equal((await live()).nodes.length, 1, 'the tiers that went took their alerts with them')
        await post(server, upsert, objective('tiered', { tiers: [tier('renamed', 'ticket')] }))
        await count(server, 'tiered', 1_000_000, 0)
        await evaluator.tick()
        t.same((await live()).nodes, [], 'nothing burns under any name')
      })

      t.test('announcements are part of the stream of all domains', async (t) => {
        const messages = []
        for await (const batch of backing.log.read('orrery', { subject: 'orrery.events.v1.acme.slo.*' })) messages.push(...batch)
        const events = messages.map(
          ({ payload }) => JSON.parse(Buffer.from(payload).toString()) as { event: string; refs?: { slo?: string } },
        )
        t.ok(events.some(({ event }) => event === 'slo.changed:v1'))
        t.ok(events.some(({ event }) => event === 'alert.fired:v1'))
        t.ok(events.every(({ event, refs }) => !event.startsWith('slo.') || refs?.slo !== undefined))
      })

      t.test('our own objectives ship, are made once, and stay deleted when somebody deletes them', async (t) => {
        const { sloStore } = server.dataSources
        t.equal(await ensureOwnSlos(backing.sql, sloStore, server.config), 6)
        t.equal(await ensureOwnSlos(backing.sql, sloStore, server.config), 0)
        await post(server, 'mutation { deleteSlo(input: { name: "projector_lag" }) { __typename } }')
        t.equal(await ensureOwnSlos(backing.sql, sloStore, server.config), 0)
        // the next operations are counted
        await post(server, '{ slos { nodes { name } } }')
        for (let index = 0; index < 3; index += 1) await post(server, '{ viewer { tenantId } }')
        const { availability, speed } = (await post(
          server,
          '{ availability: slo(name: "availability") { status sli { good bad total } } speed: slo(name: "response_time_p95") { quantile { q valueMs thresholdMs } sli { total } } }',
        )) as { availability: { sli: { total: number; bad: number } }; speed: { quantile: { valueMs: number } } }
        t.ok(availability.sli.total >= 3 && availability.sli.bad === 0)
        t.match(speed, { quantile: { q: 0.95, thresholdMs: 400 } })
        t.ok(speed.quantile.valueMs > 0)
        let status: { slos: Record<string, { current?: unknown }> } = { slos: {} }
        await eventually(async () => {
          status = (await (await fetch(`${server.http}/status`)).json()) as typeof status
          return status.slos['availability']?.current != null
        })
        t.match(status.slos['availability'], {
          current: 100,
          target: 99.9,
          status: 'ok',
          budget: { remainingRatio: 1 },
          burnRate: { '1h': 0, '6h': 0 },
        })
        t.match(status.slos['ticket_verify_p95'], { current: null, status: null, reasons: ['NO_TRAFFIC'] })
      })
    })
})

t.test('counters survive a restart, the time between shows as coverage, and replicas add up', async (t) => {
  const [backing] = await backings(t, ['embedded'])
  if (backing === undefined) return
  const { sql } = backing
  const config = {
    prometheusUrl: undefined,
    alertmanagerUrl: undefined,
    sourceTimeoutMs: 5000,
    defaultTenant: 'acme',
  }
  const { store } = createSlo({ sql, config, clock: systemClock })
  const { definition } = await store.upsert(
    { tenantId: 'acme' },
    {
      ...{
        name: 'kept',
        displayName: null,
        description: null,
        service: 's',
        labels: {},
        targetPpm: 990_000,
        budgetingMethod: 'OCCURRENCES',
      },
      ...{ timeSliceTargetPpm: null, timeSliceSeconds: null, tiers: null, minCoverage: 0, words: null, freezes: [] },
      window: { kind: 'ROLLING', seconds: 3600 },
      indicator: { source: 'COUNTERS', kind: 'RATIO', measure: 'kept', thresholdMs: null },
    },
    'lee',
  )
  let at = 1_800_000_000
  const now = () => at
  const one = createCounters({ now })
  const two = createCounters({ now })
  for (const counters of [one, two]) counters.define([definition])
  for (let index = 0; index < 10; index += 1) one.record('kept', { good: index !== 0 })
  for (let index = 0; index < 5; index += 1) two.record('kept', { good: true })
  await syncCounters(sql, one, at)
  await syncCounters(sql, two, at)
  await syncCounters(sql, one, at)
  const question = () => [
    { slo: definition, from: BigInt(at - 3600) * 1_000_000_000n, to: BigInt(at) * 1_000_000_000n + 1n, wantCoverage: true },
  ]
  at += 5
  t.match(await one.measure(question()), [{ ok: true, good: 14, total: 15 }])
  t.match(await two.measure(question()), [{ ok: true, good: 14, total: 15 }])
  // both die, and half an hour later one comes back
  at += 1800
  const three = createCounters({ now })
  three.define([definition])
  await loadCounters(sql, three, at)
  const [reading] = await three.measure(question())
  t.match(reading, { ok: true, good: 14, total: 15, estimated: true })
  t.ok(reading?.ok === true && reading.coverage < 0.05, 'the half hour without a process is no uptime')
})
