import { fail, type Finding, ok, warn } from './finding.ts'

const WARN_MS = 1_000
const FAIL_MS = 30_000

/**
 * Compares a store's clock with ours.
 * @param read the store's time in milliseconds since 1970
 */
export async function clockSkew(check: string, whose: string, read: () => Promise<number>): Promise<Finding> {
  const before = Date.now()
  const now = await read()
  const after = Date.now()
  // the store read its clock somewhere between the two
  const skew = Math.round(Math.max(0, before - now, now - after))
  const text = `The clock of ${whose} differs by ${skew} ms.`
  if (skew >= FAIL_MS) return fail(check, text, 'Synchronise the clocks: leases, tokens and budgets depend on them.')
  return skew >= WARN_MS ? warn(check, text, 'Synchronise the clocks.') : ok(check, text)
}
