import { type LogMessage } from '../../src/datasources/log/log.ts'
import { type Sql } from '../../src/datasources/sql/sql.ts'
import { createRitualProjection } from '../../src/projections/ritual-projection.ts'
import { sampleHistory } from '../../src/sample/history.ts'
import { type Nanos, systemClock } from '../../src/time.ts'

/** Two weeks of the sample as messages of the ritual stream. */
export function sampleMessages(now: Nanos): LogMessage[] {
  const ritual = sampleHistory(now).filter(({ subject }) => subject.startsWith('demon.ritual.'))
  return ritual.map(({ subject, messageId, payload, at }, index) => ({
    stream: 'ritual',
    sequence: BigInt(index + 1),
    subject,
    messageId,
    payload: Buffer.from(JSON.stringify(payload)),
    recordedAtNs: at,
  }))
}

/** Fills the tables as the projector does; the same for the same moment. */
export async function seedSample(sql: Sql, now = systemClock.now()): Promise<void> {
  const messages = sampleMessages(now)
  await sql.transaction(async (tx) => {
    const projection = createRitualProjection()
    await projection.apply(tx, messages)
    await tx.run('insert into projection_watermarks (projection, stream, sequence, epoch, updated_at_ns) values ($1, $2, $3, $4, $5)', [
      projection.name,
      projection.stream,
      BigInt(messages.length),
      'bench',
      now,
    ])
  })
  await sql.run('analyze')
}
