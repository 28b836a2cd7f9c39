import { type EventLog, type LogMessage } from '../datasources/log/log.ts'
import { type DataClass, type RecordStore, type RecordStream, type StorageDataSource } from '../datasources/storage/storage.ts'
import { SAMPLE_TENANT } from './events.ts'

export interface SampleRecordsOptions {
  readonly storage: StorageDataSource
  readonly log: EventLog
  /** Keep writing as runs end. */
  readonly live: boolean
  readonly signal: AbortSignal
}

const scope = { tenantId: SAMPLE_TENANT }
const SUBJECT = `demon.ritual.v1.${SAMPLE_TENANT}.>`
const MOST_OF_HISTORY = 20_000n
const BATCH = 100

const streams: readonly { readonly name: string; readonly dataClass: DataClass }[] = [
  { name: 'run-evidence', dataClass: 'CONFIDENTIAL' },
  { name: 'payments', dataClass: 'PCI' },
  { name: 'patient-access', dataClass: 'PHI' },
]

const outcomes: Readonly<Record<string, string>> = {
  'ritual.completed:v1': 'completed',
  'ritual.failed:v1': 'failed',
  'ritual.canceled:v1': 'canceled',
}

/** What is worth proving about the end of a run; null for any other event. */
function evidenceOf({ payload }: LogMessage): Buffer | null {
  const event = JSON.parse(Buffer.from(payload).toString('utf8')) as Readonly<Record<string, unknown>>
  const outcome = typeof event['event'] === 'string' ? outcomes[event['event']] : undefined
  if (outcome === undefined) return null
  const { ritualId, runId, ts } = event
  return Buffer.from(
    JSON.stringify({
      ritualId,
      runId,
      outcome,
      at: ts,
      artifact: `sha256:${Buffer.from(String(runId)).toString('hex').padEnd(64, '0').slice(0, 64)}`,
    }),
  )
}

/** Invented, and so they look: no person, no card. */
const inventedPayments = (): Buffer[] =>
  Array.from({ length: 24 }, (_, index) =>
    Buffer.from(
      JSON.stringify({
        payment: `pay-${String(index + 1).padStart(4, '0')}`,
        card: '4111 11** **** 1111',
        amountCents: 1_250 + index * 375,
        currency: 'EUR',
      }),
    ),
  )
const inventedAccesses = (): Buffer[] =>
  Array.from({ length: 12 }, (_, index) =>
    Buffer.from(
      JSON.stringify({
        patient: `P-${1001 + (index % 4)}`,
        by: 'dr.example@demo.invalid',
        reason: index % 3 === 0 ? 'treatment' : 'billing',
      }),
    ),
  )

async function append(store: RecordStore, stream: RecordStream, payloads: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < payloads.length; at += BATCH)
    await store.append(scope, stream, { payloads: payloads.slice(at, at + BATCH), expectedOffset: null, idempotency: null })
}

/**
 * Three streams of the sample tenant, made once: the ends of runs as evidence, and two whose payloads need a right to be read. Live, each run that
 * ends adds its evidence.
 */
export async function keepSampleRecords({ storage, log, live, signal }: SampleRecordsOptions): Promise<void> {
  const store = storage.store('NATIVE')
  const made = await Promise.all(streams.map(({ name, dataClass }) => store.create(scope, { name, dataClass, retentionDays: null })))
  const [evidence, payments, accesses] = made
  if (evidence === undefined || payments === undefined || accesses === undefined) return
  const state = await log.state('ritual')
  const last = state?.lastSequence ?? 0n
  if (evidence.created) {
    const history: Buffer[] = []
    const from = last > MOST_OF_HISTORY ? last - MOST_OF_HISTORY + 1n : 1n
    for await (const batch of log.read('ritual', { from, to: last, subject: SUBJECT, signal }))
      history.push(...batch.flatMap((message) => evidenceOf(message) ?? []))
    await append(store, evidence.stream, history)
    await append(store, payments.stream, inventedPayments())
    await append(store, accesses.stream, inventedAccesses())
    for (const { stream } of made) await store.pin(scope, stream, { reason: 'MANUAL', actor: 'sample' })
  }
  if (!live) return
  for await (const batch of log.tail('ritual', { from: last + 1n, subject: SUBJECT, signal }))
    await append(
      store,
      evidence.stream,
      batch.flatMap((message) => evidenceOf(message) ?? []),
    )
}
