import { type EventLog, type LogMessage } from '../datasources/log/log.ts'
import { type Clock, type Nanos } from '../time.ts'
import {
  canceled,
  completed,
  failed,
  granted,
  policyDecision,
  requested,
  SAMPLE_TENANT,
  type SampleMessage,
  type SampleRun,
  started,
  timer,
  transitioned,
} from './events.ts'
import { createRandom, type Random } from './random.ts'
import { approverBots, findSampleRitual, sampleRituals } from './rituals.ts'
import { pause } from '../pause.ts'

/** What the engine must know of a run to move it on; everything is read back from the log, so a restart forgets nothing. */
interface ActiveRun {
  readonly run: SampleRun
  stepIndex: number
  phase: 'WORKING' | 'WAITING' | 'DENIED'
  /** Opened by this process: bots may decide it. Gates of the loaded history are left to people. */
  live: boolean
  nextAt: Nanos
}

export interface SampleEngineOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Time between two looks at what is due, in ms. */
  readonly tickMs?: number
  readonly onError: (error: unknown) => void
}

const SECOND = 1_000_000_000n
const SUBJECT = `demon.ritual.v1.${SAMPLE_TENANT}.>`
/** How far back a restart looks for runs that are still going on. */
const LOOK_BACK = 5000n
const MOST_ACTIVE = 14
const MOST_WAITING = 8

const terminal = new Set(['ritual.completed:v1', 'ritual.failed:v1', 'ritual.canceled:v1'])

const readEvent = (message: LogMessage): { event: string; ritualId: string; runId: string; payload: Record<string, unknown> } | null => {
  const [, , , , ritualId, runId] = message.subject.split('.')
  try {
    const payload: unknown = JSON.parse(Buffer.from(message.payload).toString('utf8'))
    if (typeof payload !== 'object' || payload === null || ritualId === undefined || runId === undefined) return null
    const fields = payload as Record<string, unknown>
    return typeof fields['event'] === 'string' ? { event: fields['event'], ritualId, runId, payload: fields } : null
  } catch {
    return null
  }
}

/** Folds what the log says into the runs that are still going on: ours, the bots' and what people decide through the API. */
function observe(active: Map<string, ActiveRun>, message: LogMessage, now: Nanos): void {
  const seen = readEvent(message)
  if (seen === null) return
  const ritual = findSampleRitual(seen.ritualId)
  if (ritual === undefined) return
  if (terminal.has(seen.event)) {
    active.delete(message.subject)
    return
  }
  if (seen.event === 'ritual.started:v1' && !active.has(message.subject))
    active.set(message.subject, {
      run: { ritual, runId: seen.runId },
      stepIndex: 0,
      phase: 'WORKING',
      live: false,
      nextAt: now + 2n * SECOND,
    })
  const known = active.get(message.subject)
  if (known === undefined) return
  if (seen.event === 'ritual.state.transitioned:v1') {
    known.stepIndex = Math.max(
      0,
      ritual.steps.findIndex((step) => step.state === seen.payload['toState']),
    )
    known.phase = 'WORKING'
  } else if (seen.event === 'approval.requested:v1') known.phase = 'WAITING'
  else if (seen.event === 'approval.granted:v1' || seen.event === 'approval.override:v1') {
    known.phase = 'WORKING'
    known.nextAt = now + SECOND
  } else if (seen.event === 'approval.denied:v1') {
    known.phase = 'DENIED'
    known.nextAt = now + 3n * SECOND
  }
}

const pace = (random: Random): Nanos => BigInt(random.between(1500, 6000)) * 1_000_000n

/** The messages that move a run one step on from where it stands. */
function advance(active: ActiveRun, granting: boolean, random: Random, now: Nanos): SampleMessage[] {
  const { run } = active
  const next = run.ritual.steps[active.stepIndex + 1]
  if (active.phase === 'DENIED') return [canceled(run, now, 'a gate was denied')]
  if (active.phase === 'WAITING') {
    const gate = next?.gate
    return granting && gate !== undefined ? [granted(run, now, gate, random.pick(approverBots), 'checks are green')] : []
  }
  if (random.chance(run.ritual.failureRate)) return [failed(run, now, random.pick(run.ritual.failures))]
  if (next === undefined) return [completed(run, now, { steps: run.ritual.steps.length })]
  return [transitioned(run, now, active.stepIndex + 1)]
}

const newRun = (random: Random, now: Nanos): SampleRun => {
  const ritual = random.pick(sampleRituals)
  const stamp = new Date(Number(now / 1_000_000n)).toISOString().replace(/\D/g, '').slice(4, 14)
  return { ritual, runId: `${ritual.ritualId}-${stamp}` }
}

/**
 * Keeps the sample alive until `signal` aborts: runs start, wait at gates, are granted by bots, fail now and then; and a run whose gate a person
 * decides goes on. It writes through the event log like any other engine and learns what others did by following it.
 */
export async function runSampleEngine({ log, clock, signal, tickMs = 1200, onError }: SampleEngineOptions): Promise<void> {
  const random = createRandom(Number(clock.now() % 2_147_483_647n))
  const active = new Map<string, ActiveRun>()
  /** Runs whose gate was granted, so that the same gate is not asked for again. */
  const passed = new Set<string>()
  const publish = async (messages: readonly SampleMessage[]) => {
    for (const { subject, messageId, payload } of messages)
      await log.append(subject, Buffer.from(JSON.stringify(payload)), { messageId, signal })
  }

  const state = await log.state('ritual')
  const last = state?.lastSequence ?? 0n
  const first = last > LOOK_BACK ? last - LOOK_BACK + 1n : 1n
  const take = (messages: readonly LogMessage[]) => {
    for (const message of messages) {
      observe(active, message, clock.now())
      const event = readEvent(message)?.event
      if (event === 'approval.granted:v1' || event === 'approval.override:v1') passed.add(message.subject)
      else if (event !== undefined && (terminal.has(event) || event === 'ritual.state.transitioned:v1')) passed.delete(message.subject)
    }
  }
  for await (const batch of log.read('ritual', { from: first, to: last, subject: SUBJECT, signal })) take(batch)
  const following = (async () => {
    for await (const batch of log.tail('ritual', { from: last + 1n, subject: SUBJECT, signal })) take(batch)
  })()

  const tick = async () => {
    const now = clock.now()
    const waiting = [...active.values()].filter((run) => run.phase === 'WAITING').length
    for (const [subject, entry] of active) {
      if (entry.nextAt > now) continue
      const gate = entry.run.ritual.steps[entry.stepIndex + 1]?.gate
      const granting = entry.live && (waiting > MOST_WAITING || random.chance(0.35))
      entry.nextAt = now + pace(random)
      if (entry.phase === 'WORKING' && gate !== undefined && !passed.has(subject)) {
        await publish([
          requested(entry.run, now, gate),
          ...(gate.ttlSeconds === undefined ? [] : [timer(entry.run, now + 400_000n, gate, now + BigInt(gate.ttlSeconds) * SECOND)]),
        ])
        entry.live = true
        entry.nextAt = now + BigInt(random.between(8, 20)) * SECOND
      } else await publish(advance(entry, granting, random, now))
    }
    const moving = [...active.values()].filter((run) => run.live || run.phase !== 'WAITING').length
    if (moving < MOST_ACTIVE && random.chance(0.3)) {
      const run = newRun(random, now)
      const messages = [started(run, now)]
      if (run.ritual.capability !== undefined)
        messages.push(policyDecision(run, now + 1000n, true, random.between(1, run.ritual.capability.limit)))
      await publish(messages)
    }
  }
  while (!signal.aborted) {
    await tick().catch((error: unknown) => {
      if (!signal.aborted) onError(error)
    })
    await pause(tickMs, signal)
  }
  await following.catch((error: unknown) => {
    if (!signal.aborted) onError(error)
  })
}
