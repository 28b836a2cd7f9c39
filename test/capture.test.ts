import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createSqlApprovals } from '../src/datasources/approvals/sql-approvals.ts'
import { type EventLog } from '../src/datasources/log/log.ts'
import { openSqlLog } from '../src/datasources/log/sql-log.ts'
import { createRunCommands } from '../src/datasources/runs/demon-commands.ts'
import { createSqlRuns } from '../src/datasources/runs/sql-runs.ts'
import { type Sql } from '../src/datasources/sql/sql.ts'
import { createProjector } from '../src/projections/projector.ts'
import { packageRoot } from '../src/root.ts'
import { systemClock } from '../src/time.ts'
import { compareAnswer, compareStoredDecision, type Difference, type Orrery } from './support/demon-answers.ts'
import { type Capture, loadCapture, readCapture } from './support/demon-capture.ts'
import { eventually } from './support/eventually.ts'
import { adminOf, openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { silent } from './support/projecting.ts'
import { sqlAdapters } from './support/sql.ts'

/** The ids in the table of differences: what is allowed, and what must occur. */
function documentedDifferences(): string[] {
  const text = readFileSync(join(packageRoot, 'docs', 'demon-compatibility.md'), 'utf8')
  const [, section = ''] = text.split('## Differences that the capture shows\n')
  const [table = ''] = section.split('\n## ')
  return [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id ?? '')
}

async function openDemonsJetstream(t: Test, { streams }: Capture): Promise<EventLog | null> {
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
  return log
}

async function project(t: Test, sql: Sql, log: EventLog, capture: Capture): Promise<Orrery> {
  await loadCapture(log, capture)
  const projector = createProjector({ sql, log, clock: systemClock, logger: silent })
  projector.start()
  t.teardown(() => projector.stop())
  await eventually(() => projector.stats().every(({ stream, sequence }) => sequence >= (stream === 'ritual' ? 375n : 15n)), {
    withinMs: 20_000,
  })
  return { runs: createSqlRuns({ sql }), approvals: createSqlApprovals({ sql }), commands: createRunCommands({ log, clock: systemClock }) }
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

async function agrees(t: Test, sql: Sql, log: EventLog, capture: Capture): Promise<void> {
  const orrery = await project(t, sql, log, capture)
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
  t.same(await sql.any('select stream, sequence, reason from dead_letters'), [], 'every captured message could be read')
  const hints = await orrery.runs.scaleHints({ tenantId: 'acme' }, { size: 100, direction: 'FORWARD', cursor: null })
  const captured = capture.messages.filter(({ subject }) => subject === 'demon.scale.v1.acme.hints')
  t.same(
    hints.items.map(({ item }) => item.payload).reverse(),
    captured.map(({ data }) => data),
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
  for (const { name, sql } of await sqlAdapters(t)) {
    await t.test(name, async (t) => {
      const log = name === 'pglite' ? openSqlLog({ sql, clock: systemClock }) : await openDemonsJetstream(t, capture)
      if (log === null) return
      t.teardown(() => log.close())
      await agrees(t, sql, log, capture)
    })
  }
})
