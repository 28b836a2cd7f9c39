// npm run bench -- event-log: messages a second of every event log whose server is configured.
import { randomUUID } from 'node:crypto'
import { type EventLog } from '../src/datasources/log/log.ts'
import { logAdapters } from '../test/support/logs.ts'
import { bench, closeAll, owner } from './support/bench.ts'

const payload = new TextEncoder().encode(
  JSON.stringify({ event: 'state.transitioned:v1', ts: '2026-01-01T00:00:00.000000000+00:00', pad: 'x'.repeat(150) }),
)
const subjectOf = (run: number) => `demon.ritual.v1.t.ritual.run${run}.events`
const runs = 200

async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return Math.round((count / (performance.now() - from)) * 1000)
}

async function appendMany(log: EventLog, count: number, inFlight: number): Promise<void> {
  let next = 0
  const writer = async () => {
    while (next < count) await log.append(subjectOf(next++ % runs), payload, { messageId: randomUUID() })
  }
  await Promise.all(Array.from({ length: inFlight }, writer))
}

async function readAll(batches: AsyncIterable<readonly unknown[]>, expected: number): Promise<void> {
  let count = 0
  for await (const batch of batches) {
    count += batch.length
    if (count >= expected) return
  }
  if (count < expected) throw new Error(`${count} of ${expected} messages`)
}

async function measure(log: EventLog): Promise<Record<string, number>> {
  const one = 500
  const many = 50_000
  const oneByOne = await rate(one, () => appendMany(log, one, 1))
  const together = await rate(many, () => appendMany(log, many, 500))
  const total = Number((await log.state('ritual'))?.lastSequence ?? 0n)
  const read = await rate(total, () => readAll(log.read('ritual'), total))
  const tail = await rate(total, () => readAll(log.tail('ritual', { from: 1n, signal: new AbortController().signal }), total))
  const calls = 200
  const ofOneRun = await rate(calls, async () => {
    for (let call = 0; call < calls; call++) await readAll(log.read('ritual', { subject: subjectOf(call % runs) }), total / runs / 2)
  })
  const last = await rate(calls, async () => {
    for (let call = 0; call < calls; call++) await log.lastOnSubject('ritual', subjectOf(call % runs))
  })
  return {
    'append, 1 in flight': oneByOne,
    'append, 500 in flight': together,
    read,
    tail,
    'reads of one run': ofOneRun,
    'last on subject': last,
  }
}

await bench(async () => {
  const table: Record<string, Record<string, number>> = {}
  for (const { name, open } of logAdapters) {
    const opened = await open(owner)
    if (opened !== null) table[name] = await measure(opened.log)
    await closeAll()
  }
  console.log('per second')
  console.table(table)
})
