import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createSqlApprovals } from '../src/datasources/approvals/sql-approvals.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { createRunCommands } from '../src/datasources/runs/demon-commands.ts'
import { createSqlRuns } from '../src/datasources/runs/sql-runs.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { migrate } from '../src/datasources/sql/migrate.ts'
import { openPgliteSql } from '../src/datasources/sql/pglite-sql.ts'
import { createProjector } from '../src/projections/projector.ts'
import { packageRoot } from '../src/root.ts'
import { systemClock } from '../src/time.ts'
import { compareAnswer, compareStoredDecision, type Difference, type Orrery } from './support/demon-answers.ts'
import { type Capture, loadCapture, readCapture } from './support/demon-capture.ts'
import { eventually } from './support/eventually.ts'
import { adminOf, openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { askAs, orreryOverGraphql, tokenSettings } from './support/orrery-over-graphql.ts'
import { answerOf, serve, untilReady } from './support/program.ts'
import { silent } from './support/projecting.ts'
import { createTestDatabase } from './support/sql.ts'

/** The ids in the table of differences: what is allowed, and what must occur. */
function documentedDifferences(): string[] {
  const text = readFileSync(join(packageRoot, 'docs', 'demon-compatibility.md'), 'utf8')
  const [, section = ''] = text.split('## Differences that the capture shows\n')
  const [table = ''] = section.split('\n## ')
  return [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id ?? '')
}

/** A broker with Demon's own streams. */
async function openDemonsJetstream(t: Test, { streams }: Capture): Promise<{ log: EventLog; url: string } | null> {
  const server = await startNats(t)
  if (server === null) return null
  const admin = await adminOf(t, server)
  for (const { name, subjects, ...settings } of [streams['RITUAL_EVENTS'], streams['SCALE_HINTS']].filter((stream) => stream !== undefined))
    await admin.streams.add({ ...settings, name, subjects: [...subjects] })
  const log = await openTestJetstream(t, server, { createStreams: false })
  await eventually(() =>
    log.ping(1000).then(
      () => true,
      () => false,
    ),
  )
  return { log, url: server.url }
}

/** What both ways of asking show beside the answers. */
interface Shown {
  readonly orrery: Orrery
  readonly deadLetters: () => Promise<unknown>
  /** Tenant acme's, newest first. */
  readonly scaleHints: () => Promise<unknown[]>
}

async function byPorts(t: Test, sql: Sql, log: EventLog): Promise<Shown> {
  const projector = createProjector({ sql, log, clock: systemClock, logger: silent })
  projector.start()
  t.teardown(() => projector.stop())
  const lastOf = { ritual: 375n, scale: 15n }
  const isReadTo = (name: string, last: bigint) => projector.stats().some(({ stream, sequence }) => stream === name && sequence >= last)
  await eventually(() => Object.entries(lastOf).every(([name, last]) => isReadTo(name, last)), { withinMs: 60_000 })
  const runs = createSqlRuns({ sql })
  return {
    orrery: { runs, approvals: createSqlApprovals({ sql }), commands: createRunCommands({ log, clock: systemClock }) },
    deadLetters: async () => (await sql.any('select stream, sequence, reason from dead_letters')).length,
    scaleHints: async () => {
      const { items } = await runs.scaleHints({ tenantId: 'acme' }, { size: 100, direction: 'FORWARD', cursor: null })
      return items.map(({ item }): unknown => JSON.parse(item.payload))
    },
  }
}

async function byServer(t: Test, env: Readonly<Record<string, string>>): Promise<Shown> {
  const { url, stderr } = await serve(t, [], { ...env, ...tokenSettings })
  const ask = (query: string) => askAs({ url, actorId: 'reader', tenantId: 'acme' }, query)
  const log = async () => {
    const { sources } = await ask('{ sources { name lagEvents deadLetters { totalCount } } }')
    return (sources as { name: string; lagEvents: string | null; deadLetters: { totalCount: number } }[]).find(({ name }) => name === 'log')
  }
  await untilReady({ url, stderr })
  await answerOf(async () => (await log())?.lagEvents === '0', stderr)
  return {
    orrery: orreryOverGraphql(url),
    deadLetters: async () => (await log())?.deadLetters.totalCount,
    scaleHints: async () => {
      const { scaleHints } = await ask('{ scaleHints(first: 100) { nodes { raw } } }')
      return (scaleHints as { nodes: { raw: unknown }[] }).nodes.map(({ raw }) => raw)
    },
  }
}

async function allDifferences(orrery: Orrery, { answers, decisions }: Capture): Promise<Difference[]> {
  const differences: Difference[] = []
  // The answers are about the final state; only after them may a decision write.
  for (const answer of answers) differences.push(...(await compareAnswer(orrery, answer)))
  for (const decision of decisions) {
    const stored = typeof decision.body === 'object' && decision.body !== null && 'event' in decision.body
    differences.push(...(await (stored ? compareStoredDecision(orrery, decision) : compareAnswer(orrery, decision))))
  }
  return differences
}

async function agrees(t: Test, { orrery, deadLetters, scaleHints }: Shown, log: EventLog, capture: Capture): Promise<void> {
  const before = await log.state('ritual')
  const differences = await allDifferences(orrery, capture)
  const documented = documentedDifferences()
  const unknown = differences.filter(({ id }) => id === null || !documented.includes(id))
  t.same(unknown, [], 'every difference is in docs/demon-compatibility.md')
  const seen = new Set(differences.map(({ id }) => id))
  t.same(
    documented.filter((id) => !seen.has(id)),
    [],
    'every documented difference occurs',
  )
  t.equal(await deadLetters(), 0, 'every captured message could be read')
  const captured = capture.messages.filter(({ subject }) => subject === 'demon.scale.v1.acme.hints')
  t.same(
    (await scaleHints()).reverse(),
    captured.map(({ data }): unknown => JSON.parse(data)),
    'every scale hint is there',
  )
  t.equal(
    (await log.state('ritual'))?.lastSequence,
    (before?.lastSequence ?? 0n) + 1n,
    'only the gate that Demon could not decide was decided',
  )
}

test('what a real Demon wrote reads as Demon reads it, or differs as documented', async (t) => {
  const capture = readCapture(t)
  if (capture === null) return
  await t.test('embedded', async (t) => {
    const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
    t.teardown(() => sql.close())
    await migrate(sql)
    const log = openSqlLog({ sql, clock: systemClock })
    t.teardown(() => log.close())
    await loadCapture(log, capture)
    await agrees(t, await byPorts(t, sql, log), log, capture)
  })
  await t.test('over GraphQL, from a server on PostgreSQL and JetStream', async (t) => {
    const database = await createTestDatabase(t)
    const jetstream = await openDemonsJetstream(t, capture)
    if (database === null || jetstream === null) return
    await loadCapture(jetstream.log, capture)
    await agrees(t, await byServer(t, { DATABASE_URL: database, NATS_URL: jetstream.url }), jetstream.log, capture)
  })
})

test('every rule of the contract names a test that exists', async (t) => {
  const text = readFileSync(join(packageRoot, 'docs', 'demon-compatibility.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (\d+) \| [^|]+ \| `(test\/[^`]+)` \| ([^|]+) \|$/gm)]
  t.strictSame([...new Set(rows.map(([, point]) => Number(point)))], [...Array.from({ length: 18 }, (_, index) => index + 1), 22, 23])
  for (const [, point, file = '', name = ''] of rows)
    t.ok(readFileSync(join(packageRoot, file), 'utf8').includes(name), `${point}: ${name}`)
})
