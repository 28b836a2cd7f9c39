import { hash } from 'node:crypto'
import { type Logger } from '../../logger.ts'
import { AppError, isAppError } from '../../errors.ts'
import { stableJson } from '../../stable-json.ts'
import { type Scope } from '../scope.ts'
import { type AuditLog, type AuditReceipt, type NewReceipt } from './audit.ts'

/** What was done, or refused, whichever way it was asked for. */
export interface Deed extends Omit<NewReceipt, 'inputDigest'> {
  readonly input: unknown
  /** Nothing was done. */
  readonly refused: boolean
}

const digest = (input: unknown): string =>
  hash(
    'sha256',
    stableJson(JSON.parse(JSON.stringify(input ?? null, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))),
    'hex',
  )

/** What is told when the deed is done and cannot be proven. */
const unproven = (error: unknown): unknown =>
  isAppError(error, 'SOURCE_UNAVAILABLE')
    ? new AppError('SOURCE_UNAVAILABLE', 'This is done, but its audit receipt could not be written. Ask again with the same input.', {
        source: error.source ?? 'sql',
        details: { written: 'YES' },
        cause: error,
      })
    : error

/**
 * Chains the receipt of a deed; to be awaited before the deed is told.
 * @returns null when the event log holds the receipt until it can be chained, or when nothing was done and no store takes it
 * @throws AppError SOURCE_UNAVAILABLE with `written: YES` for a deed that is done and cannot be proven
 */
export async function prove(
  { audit, scope, log }: { readonly audit: AuditLog; readonly scope: Scope; readonly log: Pick<Logger, 'warn'> },
  { input, refused, ...receipt }: Deed,
): Promise<AuditReceipt | null> {
  try {
    return await audit.append(scope, { ...receipt, inputDigest: digest(input) })
  } catch (error) {
    if (!refused) throw unproven(error)
    // Nothing was done, so there is nothing to prove: the refusal is told all the same.
    log.warn({ err: error, action: receipt.action }, 'the receipt of what was refused could not be written')
    return null
  }
}
