import { formatDemonTime, type Nanos } from '../time.ts'
import {
  canceled,
  completed,
  denied,
  escalated,
  failed,
  granted,
  overridden,
  policyDecision,
  requested,
  type SampleMessage,
  type SampleRun,
  scaleHint,
  started,
  timer,
  transitioned,
} from './events.ts'
import { createRandom, type Random } from './random.ts'
import { approverBots, findSampleRitual, people, type SampleGate, sampleRituals } from './rituals.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
const DAYS = 14n

/** How a gate of the past came out. */
type GateOutcome = 'GRANTED' | 'DENIED' | 'EXPIRED' | 'OVERRIDDEN' | 'OPEN'

const spread = (random: Random, seconds: number): Nanos =>
  BigInt(Math.max(1, Math.round(seconds * (0.5 + random.next())))) * SECOND + BigInt(random.between(0, 999_999_999))

function chooseOutcome(random: Random, gate: SampleGate, ageNs: Nanos): GateOutcome {
  // What was asked for in the last hours may well still be open.
  if (ageNs < 30n * HOUR && random.chance(0.5)) return 'OPEN'
  const roll = random.next()
  if (roll < 0.08) return 'DENIED'
  if (gate.ttlSeconds !== undefined && roll < 0.15) return 'EXPIRED'
  if (gate.levels !== undefined && roll < 0.3) return 'OVERRIDDEN'
  return 'GRANTED'
}

function escalate(run: SampleRun, gate: SampleGate, from: Nanos, toLevel: number): { messages: SampleMessage[]; end: Nanos } {
  const messages: SampleMessage[] = []
  const history: Record<string, unknown>[] = []
  let at = from
  for (let level = 2; level <= toLevel; level += 1) {
    at += HOUR / 2n
    history.push({ fromLevel: level - 1, toLevel: level, escalatedAt: formatDemonTime(at), reason: 'timeout' })
    messages.push(escalated(run, at, gate, level, [...history]))
  }
  return { messages, end: at }
}

/** The messages of one gate, and the moment the run may go on; null = it never does. */
function passGate(
  random: Random,
  run: SampleRun,
  gate: SampleGate,
  at: Nanos,
  now: Nanos,
): { messages: SampleMessage[]; goesOnAt: Nanos | null } {
  const messages = [requested(run, at, gate)]
  if (gate.ttlSeconds !== undefined) messages.push(timer(run, at + 400_000n, gate, at + BigInt(gate.ttlSeconds) * SECOND))
  const outcome = chooseOutcome(random, gate, now - at)
  const decidedAt = at + spread(random, 1500)
  if (outcome === 'OPEN' || decidedAt >= now) {
    if (gate.levels !== undefined && now - at > HOUR)
      messages.push(...escalate(run, gate, at, 2).messages.filter((message) => message.at < now))
    return { messages, goesOnAt: null }
  }
  if (outcome === 'EXPIRED') {
    messages.push(denied(run, at + BigInt(gate.ttlSeconds ?? 60) * SECOND, gate, 'system', 'expired'))
    return { messages, goesOnAt: null }
  }
  if (outcome === 'DENIED') {
    messages.push(
      denied(
        run,
        decidedAt,
        gate,
        random.pick(people),
        random.pick(['not during the freeze', 'numbers do not look right', 'wrong change window']),
      ),
    )
    return { messages, goesOnAt: null }
  }
  if (outcome === 'OVERRIDDEN') {
    const climbed = escalate(run, gate, at, gate.levels ?? 2)
    messages.push(...climbed.messages, overridden(run, climbed.end + HOUR / 6n, gate, random.pick(people), gate.levels ?? 2))
    return { messages, goesOnAt: climbed.end + HOUR / 6n + SECOND }
  }
  const approver = random.chance(0.4) ? random.pick(approverBots) : random.pick(people)
  messages.push(granted(run, decidedAt, gate, approver, random.chance(0.3) ? 'looks good' : undefined))
  return { messages, goesOnAt: decidedAt + SECOND }
}

function runHistory(random: Random, run: SampleRun, begin: Nanos, now: Nanos): SampleMessage[] {
  const { ritual } = run
  const messages = [started(run, begin)]
  let at = begin + SECOND
  if (ritual.capability !== undefined) {
    const allowed = !random.chance(0.12)
    messages.push(policyDecision(run, at, allowed, allowed ? random.between(1, ritual.capability.limit) : 0))
    if (!allowed) return [...messages, failed(run, at + SECOND, `quota of ${ritual.capability.name} is spent`)]
  }
  const failsAt = random.chance(ritual.failureRate) ? random.between(0, ritual.steps.length - 1) : -1
  const canceledAt = failsAt < 0 && random.chance(0.02) ? random.between(0, ritual.steps.length - 1) : -1
  for (const [index, step] of ritual.steps.entries()) {
    if (step.gate !== undefined) {
      const passed = passGate(random, run, step.gate, at, now)
      messages.push(...passed.messages)
      if (passed.goesOnAt === null) return messages
      at = passed.goesOnAt
    }
    if (index > 0) messages.push(transitioned(run, at, index))
    at += spread(random, step.seconds)
    if (index === failsAt) return [...messages, failed(run, at, random.pick(ritual.failures))]
    if (index === canceledAt) return [...messages, canceled(run, at, 'superseded by a newer run')]
  }
  return [...messages, completed(run, at, { steps: ritual.steps.length })]
}

/** The gate that the examples in the IDE and the README decide: always there, always open on a fresh sample. */
function exampleGate(now: Nanos): SampleMessage[] {
  const ritual = findSampleRitual('release-train') ?? sampleRituals[0]
  const run: SampleRun = { ritual, runId: `${ritual.ritualId}-0001` }
  const begin = now - 2n * HOUR
  const messages = [started(run, begin)]
  let at = begin
  for (const [index, step] of ritual.steps.entries()) {
    if (step.gate !== undefined) return [...messages, requested(run, at, step.gate), timer(run, at + 400_000n, step.gate, now + 6n * HOUR)]
    if (index > 0) messages.push(transitioned(run, at, index))
    at += BigInt(step.seconds) * SECOND
  }
  return messages
}

/** Two weeks of a control plane's life, in time order, the same for the same `now` and seed. Nothing in it lies after `now`. */
export function sampleHistory(now: Nanos, seed = 7): SampleMessage[] {
  const random = createRandom(seed)
  const messages = exampleGate(now)
  for (const ritual of sampleRituals) {
    let number = ritual.ritualId === 'release-train' ? 2 : 1
    const interval = BigInt(Math.round(ritual.everyHours * 3600)) * SECOND
    for (
      let begin = now - DAYS * 24n * HOUR + spread(random, ritual.everyHours * 1800);
      begin < now;
      begin += interval + spread(random, ritual.everyHours * 360)
    ) {
      messages.push(...runHistory(random, { ritual, runId: `${ritual.ritualId}-${String(number).padStart(4, '0')}` }, begin, now))
      number += 1
    }
  }
  for (let at = now - DAYS * 24n * HOUR; at < now; at += 9n * HOUR) {
    const queueLag = random.between(10, 900)
    messages.push(scaleHint(at, queueLag > 500 ? 'scale_up' : queueLag < 50 ? 'scale_down' : 'steady', queueLag))
  }
  return messages.filter((message) => message.at < now).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}
