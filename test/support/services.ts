/** What a helper needs of the test, or benchmark, it serves. */
export interface Owner {
  comment(text: string): void
  fail(text: string): unknown
  teardown(close: () => unknown): void
}

/** Set in CI: a real store that is not there is a failure, not a skip. */
export const servicesRequired = (): boolean => process.env['ORRERY_REQUIRE_SERVICES'] === '1'

/** Whether the part of a test that needs a real store should run. Says so in the test's output when not. */
export function shouldRun(t: Owner, service: string, available: boolean): boolean {
  if (available) return true
  if (servicesRequired()) t.fail(`${service} is required by ORRERY_REQUIRE_SERVICES=1, and its address is not set`)
  else t.comment(`${service} is not configured: only the embedded adapters ran`)
  return false
}
