import { type EventLog } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { type NativeAuditLog, PENDING_RECEIPTS } from '../datasources/storage/record-audit.ts'
import { type Clock } from '../time.ts'

const PROJECTION = 'audit'

/**
 * Chains the receipts that the event log holds because SQL did not answer when they were made.
 * @returns how many were chained
 */
export async function chainPendingReceipts(
  { sql, log, audit, clock }: { sql: Sql; log: EventLog; audit: Pick<NativeAuditLog, 'chain'>; clock: Clock },
  signal: AbortSignal,
): Promise<number> {
  const state = await log.state('orrery')
  if (state === null) return 0
  const mark = await sql.maybeOne<{ sequence: bigint; epoch: string }>(
    'select sequence, epoch from projection_watermarks where projection = $1 and stream = $2',
    [PROJECTION, 'orrery'],
  )
  const after = mark !== null && mark.epoch === state.epoch ? mark.sequence : 0n
  if (after >= state.lastSequence) return 0
  let chained = 0
  for await (const batch of log.read('orrery', { from: after + 1n, to: state.lastSequence, subject: `${PENDING_RECEIPTS}.*`, signal }))
    for (const { subject, payload, sequence } of batch) {
      const tenantId = Buffer.from(subject.slice(PENDING_RECEIPTS.length + 1), 'base64url').toString('utf8')
      await audit.chain(tenantId, payload, `pending-${state.epoch}-${sequence}`)
      chained += 1
    }
  await sql.run(
    `insert into projection_watermarks (projection, stream, sequence, epoch, updated_at_ns) values ($1, $2, $3, $4, $5)
     on conflict (projection, stream) do update set sequence = excluded.sequence, epoch = excluded.epoch, updated_at_ns = excluded.updated_at_ns`,
    [PROJECTION, 'orrery', state.lastSequence, state.epoch, clock.now()],
  )
  return chained
}
