import { type LogMessage } from '../datasources/log/log.ts'
import { SqlError } from '../datasources/sql/sql.ts'
import { deadLetters } from './dead-letters.ts'
import { PoisonError, type Projection } from './projection.ts'
import { type ProjectionTransactions } from './transactions.ts'
import { holdMark, moveMark, type Mark } from './watermarks.ts'

export interface BatchResult {
  readonly mark: Mark
  readonly deadLetters: number
}

/** What the message itself did wrong: data the store cannot hold (class 22, 54), or that our fold cannot digest. All else may heal by itself. */
function poisonReason(error: unknown): string | null {
  if (error instanceof PoisonError) return 'the event could not be folded'
  if (error instanceof SqlError && /^(22|54)/.test(error.sqlState)) return `the store cannot hold it (SQLSTATE ${error.sqlState})`
  return null
}

/**
 * Applies a batch and moves the watermark, all or nothing. A message that can never be applied is found by halving and becomes a dead letter.
 * @throws FencedError when another projector was faster; AppError when the store is down
 */
export async function applyBatch(
  transactions: ProjectionTransactions,
  projection: Projection,
  from: Mark,
  batch: readonly LogMessage[],
): Promise<BatchResult> {
  const last = batch.at(-1)
  if (last === undefined) return { mark: from, deadLetters: 0 }
  const mark = { sequence: last.sequence, epoch: from.epoch }
  try {
    return { mark, deadLetters: await commitBatch() }
  } catch (error) {
    const reason = poisonReason(error)
    if (reason === null) throw error
    projection.forget()
    if (batch.length === 1) return { mark, deadLetters: await bury(last, reason) }
    const middle = Math.ceil(batch.length / 2)
    const first = await applyBatch(transactions, projection, from, batch.slice(0, middle))
    const second = await applyBatch(transactions, projection, first.mark, batch.slice(middle))
    return { mark: second.mark, deadLetters: first.deadLetters + second.deadLetters }
  }

  async function commitBatch(): Promise<number> {
    const applied = await transactions.run(async (tx) => {
      await holdMark(tx, projection, from)
      const outcome = await projection.apply(tx, batch)
      await deadLetters.write(tx, projection, outcome.unreadable)
      await moveMark(tx, projection, mark, transactions.clock.now())
      return outcome
    })
    applied.commit()
    return applied.unreadable.length
  }

  async function bury(message: LogMessage, reason: string): Promise<number> {
    await transactions.run(async (tx) => {
      await holdMark(tx, projection, from)
      await deadLetters.write(tx, projection, [{ message, reason, tenantId: projection.tenantOf(message.subject) }])
      await moveMark(tx, projection, mark, transactions.clock.now())
    })
    return 1
  }
}
