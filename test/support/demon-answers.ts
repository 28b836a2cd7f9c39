import { isDeepStrictEqual } from 'node:util'
import { type Approval, type ApprovalKey, type DecisionKind } from '../../src/datasources/approvals/approvals.ts'
import { type PageRequest, type Page } from '../../src/datasources/page.ts'
import { type RunCommands } from '../../src/datasources/runs/commands.ts'
import { type Run as RunModel, type RunEvent as RunEventModel, type RunFilter, type RunKey } from '../../src/datasources/runs/runs.ts'
import { type Scope } from '../../src/datasources/scope.ts'
import { gateOfTimer } from '../../src/projections/event-bodies.ts'
import { parseNanos } from '../../src/time.ts'
import { type CapturedAnswer, type CapturedDecision } from './demon-capture.ts'

export type Run = Pick<RunModel, keyof RunKey | 'tenantId' | 'status' | 'startedAt' | 'legacy'>
export type RunEvent = Pick<RunEventModel, 'runKey' | 'sequence' | 'at' | 'type' | 'legacySubject' | 'payload'>
export type Gate = Pick<Approval, 'gateId' | 'state' | 'requester' | 'reason' | 'requestedAt' | 'expiresAt'> & {
  readonly laterTerminals: readonly Pick<Approval['laterTerminals'][number], 'kind'>[]
}

/** What Orrery says, and what became of decisions: by its ports, or over GraphQL. */
export interface Orrery {
  readonly runs: {
    list(scope: Scope, filter: RunFilter, order: 'STARTED_DESC', page: PageRequest): Promise<Page<Run>>
    count(scope: Scope, filter: RunFilter): Promise<number>
    eventsOf(scope: Scope, keys: readonly RunKey[], types: null, page: PageRequest): Promise<Page<RunEvent>[]>
    findEvent(scope: Scope, sequence: bigint): Promise<Pick<RunEvent, 'payload'> | null>
  }
  readonly approvals: {
    ofRuns(scope: Scope, keys: readonly RunKey[], states: null, page: PageRequest): Promise<Page<Gate>[]>
    find(scope: Scope, key: ApprovalKey): Promise<Gate | null>
  }
  readonly commands: Pick<RunCommands, 'decide'>
}

/** A difference from Demon's answer. `id` names a row of docs/demon-compatibility.md, or is null where no row explains it. */
export interface Difference {
  readonly id: string | null
  readonly what: string
}
type Report = (id: string | null, what: string) => void

type DemonEvent = Readonly<Record<string, unknown>> & { readonly ts: string; readonly event: string; readonly stream_sequence: number }
interface DemonListed {
  readonly runId: string
  readonly ritualId: string
  readonly startTs: string
  readonly status: string
}

const epoch = '1970-01-01T00:00:00Z'
const wordOf: Readonly<Record<string, string>> = { COMPLETED: 'Completed', FAILED: 'Failed', RUNNING: 'Running' }

/** Compares one answer of Demon's with what we say to the same question. */
export async function compareAnswer(orrery: Orrery, answer: CapturedAnswer): Promise<Difference[]> {
  const differences: Difference[] = []
  const report: Report = (id, what) => differences.push({ id, what: `${answer.request.method} ${answer.request.path}: ${what}` })
  const { method, path } = answer.request
  const url = new URL(path, 'http://demon')
  const [, tenant, rest = ''] = /^\/api\/(?:tenants\/([^/]+)\/)?(.*)$/.exec(url.pathname) ?? []
  const tenantId = tenant ?? 'default'
  const [domain, first, second, last] = rest.split('/')
  if (url.pathname === '/health') return []
  if (method === 'POST')
    await compareDecision(orrery, tenantId, { runId: first ?? '', gateId: second ?? '', verb: last ?? '' }, answer, report)
  else if (domain !== 'runs') report(null, 'nobody knows what this asks')
  else if (first === undefined) await compareList(orrery, tenantId, url.searchParams, answer, report)
  else if (last === 'stream') await compareDetail(orrery, tenantId, first, eventsOfStream(String(answer.body)), report)
  else await compareDetail(orrery, tenantId, first, answer.status === 404 ? null : detailOf(answer.body).events, report)
  return differences
}

/** A decision that Demon stored lies in the log as Demon answered it. */
export async function compareStoredDecision(orrery: Orrery, decision: CapturedDecision): Promise<Difference[]> {
  const { path } = decision.request
  const event = decision.body
  if (decision.status !== 200 || typeof event !== 'object' || event === null || !('event' in event)) return []
  const differences: Difference[] = []
  const { tenantId } = decision.body as { tenantId: string }
  const candidates = await Promise.all(
    Array.from({ length: decision.ritualSeqAfter - decision.ritualSeqBefore }, (_, index) =>
      orrery.runs.findEvent({ tenantId }, BigInt(decision.ritualSeqBefore + index + 1)),
    ),
  )
  const found = candidates.some((stored) => stored !== null && isDeepStrictEqual(JSON.parse(stored.payload), event))
  if (!found) differences.push({ id: null, what: `${path}: the stored decision is not where Demon put it` })
  return differences
}

const detailOf = (body: unknown): { events: DemonEvent[] } => body as { events: DemonEvent[] }

/** History frames of a server-sent stream; the default route wraps the event, the tenant route does not (contract: demon 5). */
function eventsOfStream(text: string): DemonEvent[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('event: append'))
    .map((frame) => JSON.parse(frame.slice(frame.indexOf('data: ') + 6)))
    .map((frame: DemonEvent | { event: DemonEvent }): DemonEvent => (typeof frame.event === 'string' ? (frame as DemonEvent) : frame.event))
}

async function allPages<T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  for (;;) {
    const page: Page<T> = await list({ size: 100, direction: 'FORWARD', cursor })
    items.push(...page.items.map(({ item }) => item))
    if (!page.hasNextPage) return items
    cursor = page.items.at(-1)?.cursor ?? null
  }
}

const keyOf = ({ system, ritualId, runId }: RunKey): RunKey => ({ system, ritualId, runId })
const nameOf = ({ ritualId, runId }: { ritualId: string; runId: string }): string => `${ritualId}/${runId}`

async function compareList(
  { runs }: Orrery,
  tenantId: string,
  query: URLSearchParams,
  answer: CapturedAnswer,
  report: Report,
): Promise<void> {
  if (answer.status === 400) return report('bad-input', 'refused with its own shape')
  const body = answer.body as DemonListed[] | { runs: DemonListed[] }
  const listed = Array.isArray(body) ? body : body.runs
  const limit = Number(query.get('limit') ?? 50)
  const filter: RunFilter = { ritualIdContains: query.get('ritual'), runIdContains: query.get('runId') }
  const ours = await allPages((page) => runs.list({ tenantId }, filter, 'STARTED_DESC', page))
  const all = await runs.count({ tenantId }, {})
  /** Demon stops reading at `limit` runs, so a cut is possible once the tenant has that many. */
  const mayBeCut = all >= limit
  const byName = new Map(ours.map((run) => [nameOf(run), run]))
  for (const item of listed) compareListed(byName.get(nameOf(item)), item, mayBeCut, report)

  const wanted = query.get('status')?.toLowerCase() ?? null
  const names = new Set(listed.map(nameOf))
  for (const run of ours) {
    if (names.has(nameOf(run)) || (wanted !== null && wordOf[run.status]?.toLowerCase() !== wanted)) continue
    report(run.legacy ? 'legacy-listed' : mayBeCut ? 'list-window' : null, `${nameOf(run)} is not in Demon's list`)
  }
  compareOrder(ours, listed, report)
}

function compareListed(run: Run | undefined, item: DemonListed, mayBeCut: boolean, report: Report): void {
  const name = nameOf(item)
  if (run === undefined) return report(null, `${name} is not in ours`)
  if (item.startTs === epoch && run.startedAt === null) report('start-unknown', `${name} has no start event`)
  else if (parseNanos(item.startTs) !== run.startedAt) report(null, `${name} started at another time`)
  if (wordOf[run.status] === item.status) return
  const id =
    item.status !== 'Running'
      ? null
      : run.status === 'AWAITING_APPROVAL'
        ? 'awaiting'
        : run.status === 'CANCELED'
          ? 'canceled'
          : mayBeCut
            ? 'list-window'
            : null
  report(id, `${name} is ${run.status} to us and ${item.status} to Demon`)
}

function compareOrder(ours: readonly Run[], listed: readonly DemonListed[], report: Report): void {
  const names = new Set(listed.map(nameOf))
  const order = (items: readonly { ritualId: string; runId: string }[]) => items.map(nameOf).filter((name) => names.has(name))
  const unstarted = new Set(listed.filter(({ startTs }) => startTs === epoch).map(nameOf))
  const started = (list: readonly string[]) => list.filter((name) => !unstarted.has(name))
  if (isDeepStrictEqual(order(ours), order(listed))) return
  report(isDeepStrictEqual(started(order(ours)), started(order(listed))) ? 'unstarted-order' : null, 'the order is another')
}

async function compareDetail(
  orrery: Orrery,
  tenantId: string,
  runId: string,
  theirs: readonly DemonEvent[] | null,
  report: Report,
): Promise<void> {
  const { runs } = orrery
  const found = (await allPages((page) => runs.list({ tenantId }, { runIdContains: runId }, 'STARTED_DESC', page))).filter(
    (run) => run.runId === runId,
  )
  if (theirs === null || found.length === 0) {
    if (theirs !== null || found.length > 0) report(null, 'only one of us knows the run')
    return
  }
  if (found.length > 1) report('shared-run-id', `${found.length} rituals have this run id`)
  const events: RunEvent[] = []
  for (const run of found)
    events.push(...(await allPages(async (page) => (await runs.eventsOf({ tenantId }, [keyOf(run)], null, page))[0] ?? failed())))
  const ours = new Map(events.map((event) => [Number(event.sequence), event]))
  for (const event of theirs) compareEvent(ours.get(event.stream_sequence), event, report)
  const shown = new Set(theirs.map((event) => event.stream_sequence))
  const anyLegacyShown = theirs.some((event) => ours.get(event.stream_sequence)?.legacySubject === true)
  for (const [sequence, event] of ours) {
    if (shown.has(sequence)) continue
    const timeless = parseNanos(payloadOf(event)['ts']) === null
    report(timeless ? 'no-time' : event.legacySubject && !anyLegacyShown ? 'legacy-merged' : null, `Demon does not show event ${sequence}`)
  }
  const sequences = theirs.map((event) => event.stream_sequence)
  if (
    !isDeepStrictEqual(
      sequences,
      [...sequences].sort((a, b) => a - b),
    )
  )
    report('order-by-sequence', 'the order is another')
  for (const run of found)
    await compareGates(
      orrery,
      run,
      theirs.filter((event) => ours.get(event.stream_sequence)?.runKey.ritualId === run.ritualId),
      report,
    )
}

const failed = (): never => {
  throw new Error('a page is missing')
}

const payloadOf = (event: RunEvent): Readonly<Record<string, unknown>> => JSON.parse(event.payload)

function compareEvent(ours: RunEvent | undefined, { stream_sequence, ...theirs }: DemonEvent, report: Report): void {
  if (ours === undefined) return report(null, `we do not have event ${stream_sequence}`)
  if (ours.at !== parseNanos(theirs.ts)) report(null, `event ${stream_sequence} has another time`)
  if (ours.type !== theirs.event) report(null, `event ${stream_sequence} has another type`)
  if (!isDeepStrictEqual({ ...payloadOf(ours), ts: null }, { ...theirs, ts: null }))
    report(null, `event ${stream_sequence} has other fields`)
}

const terminalWords: Readonly<Record<string, string>> = {
  'approval.granted:v1': 'granted',
  'approval.denied:v1': 'denied',
  'approval.override:v1': 'override',
}
const wordOfState: Readonly<Record<string, string>> = { GRANTED: 'granted', DENIED: 'denied', EXPIRED: 'denied', OVERRIDDEN: 'override' }

/** Gates as Demon's readers take them from the events they show: the last terminal by time. (contract: demon 7.1) */
async function compareGates({ approvals }: Orrery, run: Run, events: readonly DemonEvent[], report: Report): Promise<void> {
  const [page] = await approvals.ofRuns({ tenantId: run.tenantId }, [keyOf(run)], null, { size: 100, direction: 'FORWARD', cursor: null })
  const ours = new Map((page?.items ?? []).map(({ item }) => [item.gateId, item]))
  const gateIds = new Set(events.flatMap((event) => (event.event.startsWith('approval.') ? [String(event['gateId'])] : [])))
  for (const gateId of ours.keys()) if (!gateIds.has(gateId) && !run.legacy) report(null, `gate ${gateId} is not in Demon's events`)
  for (const gateId of gateIds) {
    const approval = ours.get(gateId)
    if (approval === undefined) report(null, `gate ${gateId} is missing`)
    else
      compareGate(
        approval,
        events.filter((event) => event['gateId'] === gateId || isTimerOf(event, run.runId, gateId)),
        report,
      )
  }
}

const isTimerOf = (event: DemonEvent, runId: string, gateId: string): boolean =>
  event.event === 'timer.scheduled:v1' && gateOfTimer(String(event['timerId']), runId) === gateId

function compareGate(approval: Gate, events: readonly DemonEvent[], report: Report): void {
  const { gateId } = approval
  const request = events.find((event) => event.event === 'approval.requested:v1')
  const asked = [request?.['requester'] ?? null, request?.['reason'] ?? null, parseNanos(request?.ts)]
  if (!isDeepStrictEqual([approval.requester, approval.reason, approval.requestedAt], asked))
    report(null, `gate ${gateId} was asked for otherwise`)
  const timer = events.findLast((event) => event.event === 'timer.scheduled:v1')
  if (approval.expiresAt !== parseNanos(timer?.['scheduledFor'])) report(null, `gate ${gateId} expires at another time`)
  const terminals = events.filter((event) => event.event in terminalWords)
  if (approval.laterTerminals.length !== Math.max(0, terminals.length - 1)) report(null, `gate ${gateId} has other terminals`)
  compareGateState(approval, terminalWords[terminals.at(-1)?.event ?? ''] ?? null, report)
}

function compareGateState(approval: Gate, theirs: string | null, report: Report): void {
  const { gateId, state } = approval
  const last = approval.laterTerminals.at(-1)
  if (approval.state === 'EXPIRED') report('expired', `gate ${gateId} is EXPIRED to us and denied to Demon`)
  if ((wordOfState[state] ?? null) === theirs) return
  const lastWord = last === undefined ? null : { GRANT: 'granted', DENY: 'denied', OVERRIDE: 'override' }[last.kind]
  report(lastWord === theirs ? 'first-terminal' : null, `gate ${gateId} is ${state} to us and ${theirs ?? 'open'} to Demon`)
}

const kinds: Readonly<Record<string, DecisionKind>> = { grant: 'GRANT', deny: 'DENY', override: 'OVERRIDE' }

/** The same decision through our own writer: what is decided stays decided, and nothing is written. */
async function compareDecision(
  { runs, approvals, commands }: Orrery,
  tenantId: string,
  { runId, gateId, verb }: { runId: string; gateId: string; verb: string },
  { request, status, body }: CapturedAnswer,
  report: Report,
): Promise<void> {
  const kind = kinds[verb]
  const { items } = await runs.list({ tenantId }, { runIdContains: runId }, 'STARTED_DESC', {
    size: 100,
    direction: 'FORWARD',
    cursor: null,
  })
  const run = items.find(({ item }) => item.runId === runId)?.item
  if (status === 403) return report('identity', 'the approver is not on the list')
  if (status === 400) return report('own-header', 'a header is missing')
  if (status === 422) return report('bad-input', 'refused with its own shape')
  if (kind === undefined) return report(null, 'an unknown decision')
  const key = { system: 'DEMON', ritualId: run?.ritualId ?? 'no-ritual', runId, gateId } as const
  const withoutNote = kind === 'OVERRIDE' && request.body?.note == null
  if (withoutNote) report('override-note', 'Demon overrides without a note')
  const decision = { kind, note: withoutNote ? 'a note' : (request.body?.note ?? null), reason: request.body?.reason ?? null }
  const ours = await commands.decide({ tenantId }, { actorId: request.body?.approver ?? '' }, key, decision)
  const { state = null, error = null } = body as { state?: string; error?: string; status?: string }
  if (status === 404) return ours.outcome === 'NOT_FOUND' ? undefined : report(null, `Demon knows no such run, we say ${ours.outcome}`)
  if (ours.outcome === 'LEGACY_SUBJECT')
    return report(status === 409 && run?.legacy === true ? 'legacy-undecidable' : null, `a conflict to Demon`)
  if (ours.outcome === 'WRITTEN') return report(state === 'unknown' ? 'no-time-decidable' : null, 'we decide what Demon cannot')
  if (ours.outcome !== 'ALREADY_DECIDED') return report(null, `Demon answers ${status}, we say ${ours.outcome}`)
  if (state === 'unknown') return report('no-time-decidable', 'we have decided what Demon cannot')
  const approval = await approvals.find({ tenantId }, key)
  if (approval === null) return report(null, 'the gate is missing')
  const demonState = status === 200 ? { GRANT: 'granted', DENY: 'denied', OVERRIDE: 'override' }[kind] : state
  compareGateState(approval, demonState, report)
  if (ours.sameKind !== (status === 200))
    report(kind === 'OVERRIDE' && state === 'override' ? 'override-repeat' : null, `Demon answers ${error ?? status}`)
}
