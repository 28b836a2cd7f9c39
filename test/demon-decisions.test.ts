import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type EventLog } from '../src/datasources/log/log.ts'
import { type DecisionInput, type WriteOutcome } from '../src/datasources/runs/commands.ts'
import { createRunCommands } from '../src/datasources/runs/demon-commands.ts'
import { packageRoot } from '../src/root.ts'
import { systemClock } from '../src/time.ts'
import { logAdapters } from './support/logs.ts'
import { bodyOf, readAll } from './support/run-log.ts'
import { shouldRun } from './support/services.ts'

interface Captured {
  readonly stream: string
  readonly seq: number
  readonly subject: string
  readonly data: string
}

interface Decision {
  readonly request: {
    readonly path: string
    readonly headers: object
    readonly body: { approver: string; note?: string | null; reason?: string }
  }
  readonly status: number
  readonly body:
    string | { event?: string; status?: string; reason?: string; error?: string; state?: string; ts?: string; note?: string | null }
  readonly ritualSeqBefore: number
  readonly ritualSeqAfter: number
}

const folder = join(process.env['ORRERY_SHARED'] ?? join(packageRoot, '..', 'shared'), 'data', 'demon')
const lines = <T>(file: string): T[] =>
  readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line): T => JSON.parse(line))

const kinds = { grant: 'GRANT', deny: 'DENY', override: 'OVERRIDE' } as const
const isKind = (text: string): text is keyof typeof kinds => text in kinds

/** `/api[/tenants/{tenant}]/approvals/{run}/{gate}/{kind}`. */
function parsePath(path: string) {
  const parts = path.split('/').slice(2)
  const tenantId = parts[0] === 'tenants' ? (parts[1] ?? '') : 'default'
  const [runId = '', gateId = '', kind = ''] = parts.slice(-3)
  if (!isKind(kind)) throw new Error(`no decision: ${path}`)
  return { tenantId, runId, gateId, kind: kinds[kind] }
}

/** The run as it was just before Demon decided, under an id of its own, so that each decision finds its own state. */
async function stage(log: EventLog, events: readonly Captured[], decision: Decision, number: number) {
  const { tenantId, runId, gateId, kind } = parsePath(decision.request.path)
  const renamed = `${runId}-copy-${number}`
  const mine = events.filter(
    ({ subject }) => subject.split('.').at(-2) === runId && (subject.split('.').length === 6 || subject.split('.')[3] === tenantId),
  )
  const answer = typeof decision.body === 'string' ? {} : decision.body
  const own = mine.find(
    ({ data }) => answer.event !== undefined && JSON.parse(data).event === answer.event && JSON.parse(data).gateId === gateId,
  )
  const until = own === undefined ? decision.ritualSeqAfter : own.seq - 1
  for (const { seq, subject, data } of mine)
    if (seq <= until) await log.append(subject.replaceAll(runId, renamed), Buffer.from(data.replaceAll(runId, renamed)))
  const ritualId = mine[0]?.subject.split('.').at(-3) ?? 'none'
  return { tenantId, kind, own, key: { system: 'DEMON', ritualId, runId: renamed, gateId } as const, renamed, runId }
}

/** What Demon's answer means in our words; where we differ on purpose, what we answer instead and why. */
function expected({ status, body, request }: Decision): Partial<WriteOutcome> {
  const answer = typeof body === 'string' ? {} : body
  if (request.path.includes('unasked-gate')) return { outcome: 'NOT_FOUND', what: 'GATE' } // a decision needs somebody who asked
  if (request.path.includes('rollout-123')) return { outcome: 'WRITTEN' } // Demon trips over an event without a time
  if (request.path.includes('arch-3')) return { outcome: 'LEGACY_SUBJECT' }
  if (status === 200 && answer.status === 'noop') return { outcome: 'ALREADY_DECIDED', sameKind: true }
  if (status === 200) return { outcome: 'WRITTEN' }
  if (status === 409) return { outcome: 'ALREADY_DECIDED', sameKind: false }
  if (status === 404) return { outcome: 'NOT_FOUND', what: 'RUN' }
  throw new Error(`no rule for ${status}`)
}

const isAboutTheRequest = ({ status }: Decision) => status === 400 || status === 403 || status === 422

async function compare(t: Test, log: EventLog, events: readonly Captured[], decision: Decision, number: number) {
  const { tenantId, kind, own, key, renamed, runId } = await stage(log, events, decision, number)
  const { approver, note, reason } = decision.request.body
  // Demon takes an override without a note; we ask for one.
  const asked: DecisionInput = { kind, note: kind === 'OVERRIDE' ? (note ?? 'no note') : note, reason }
  const commands = createRunCommands({ log, clock: systemClock })
  const outcome = await commands.decide({ tenantId }, { actorId: approver }, key, asked)
  t.match(outcome, expected(decision))
  if (own === undefined || outcome.outcome !== 'WRITTEN') return
  const stored = (await readAll(log)).find(({ sequence }) => sequence === outcome.sequence)
  const theirs: Record<string, unknown> = JSON.parse(own.data.replaceAll(runId, renamed))
  const ours = stored === undefined ? {} : bodyOf(stored)
  t.equal(stored?.subject, own.subject.replaceAll(runId, renamed))
  for (const field of Object.keys(theirs))
    if (field !== 'ts' && !(field === 'note' && theirs['note'] === null)) t.strictSame(ours[field], theirs[field], field)
  t.same(
    Object.keys(ours).filter((field) => !(field in theirs)),
    [],
    'no other fields',
  )
}

t.test('decisions that Demon was asked for come out as Demon answered', async (t) => {
  if (!shouldRun(t, 'the capture of Demon', existsSync(folder))) return
  const events = lines<Captured>('demon-events.jsonl').filter(({ stream }) => stream === 'RITUAL_EVENTS')
  const decisions = lines<Decision>('demon-decisions.jsonl').filter((decision) => !isAboutTheRequest(decision))
  for (const adapter of logAdapters)
    await t.test(`on ${adapter.name}`, async (t) => {
      const opened = await adapter.open(t)
      if (opened === null) return
      for (const [number, decision] of decisions.entries())
        await t.test(`${decision.request.path}: ${decision.status}`, (t) => compare(t, opened.log, events, decision, number))
    })
})
