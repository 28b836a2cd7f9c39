import { type SqlExecutor } from '../datasources/sql/sql.ts'
import { type Nanos } from '../time.ts'
import { deadLetters } from './dead-letters.ts'
import { type Projection } from './projection.ts'

/** How far a projection is in its stream: everything up to `sequence` of the stream's life `epoch` is in the tables. */
export interface Mark {
  readonly sequence: bigint
  readonly epoch: string
}

/** Somebody else moved the watermark: whoever meets this has been replaced and must read it anew. */
export class FencedError extends Error {
  constructor(projection: string) {
    super(`the watermark of "${projection}" was moved by somebody else`)
    this.name = 'FencedError'
  }
}

export async function readMark(sql: SqlExecutor, { name, stream }: Projection): Promise<Mark | null> {
  return sql.maybeOne<Mark & object>('select sequence, epoch from projection_watermarks where projection = $1 and stream = $2', [
    name,
    stream,
  ])
}

/** The same, and nobody else can move it before this transaction ends. */
async function lockMark(tx: SqlExecutor, { name, stream }: Projection): Promise<Mark | null> {
  return tx.maybeOne<Mark & object>('select sequence, epoch from projection_watermarks where projection = $1 and stream = $2 for update', [
    name,
    stream,
  ])
}

/**
 * Locks the watermark for this transaction, so that a batch is applied by one projector or by none.
 * @throws FencedError when it is not where this projector left it
 */
export async function holdMark(tx: SqlExecutor, projection: Projection, expected: Mark): Promise<void> {
  const stored = await lockMark(tx, projection)
  if (stored?.sequence !== expected.sequence || stored.epoch !== expected.epoch) throw new FencedError(projection.name)
}

export async function moveMark(tx: SqlExecutor, { name, stream }: Projection, mark: Mark, at: Nanos): Promise<void> {
  await tx.run('update projection_watermarks set sequence = $3, epoch = $4, updated_at_ns = $5 where projection = $1 and stream = $2', [
    ...[name, stream, mark.sequence, mark.epoch],
    at,
  ])
}

/** Empties the projection's tables and puts its watermark before the first message of `epoch`. Call it in a transaction. */
export async function resetProjection(tx: SqlExecutor, projection: Projection, epoch: string, at: Nanos): Promise<Mark> {
  const { name, stream, tables } = projection
  await tx.run(
    'insert into projection_watermarks (projection, stream, sequence, epoch, updated_at_ns) values ($1, $2, 0, $3, $4) on conflict do nothing',
    [name, stream, epoch, at],
  )
  await lockMark(tx, projection)
  await tx.run(`truncate ${tables.join(', ')}`)
  await deadLetters.clear(tx, projection)
  const mark = { sequence: 0n, epoch }
  await moveMark(tx, projection, mark, at)
  return mark
}
