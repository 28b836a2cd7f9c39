export type Verdict = 'ok' | 'warn' | 'fail'

/** What one check found, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly verdict: Verdict
  readonly message: string
  readonly remedy?: string
}

export const ok = (check: string, message: string): Finding => ({ check, verdict: 'ok', message })
export const warn = (check: string, message: string, remedy: string): Finding => ({ check, verdict: 'warn', message, remedy })
export const fail = (check: string, message: string, remedy: string): Finding => ({ check, verdict: 'fail', message, remedy })

/** Runs a check; whatever it throws is its finding, and nothing waits longer than the deadline. */
export async function checked(
  check: string,
  remedy: string,
  work: () => Promise<readonly Finding[]>,
  timeoutMs = 10_000,
): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([fail(check, `No answer within ${timeoutMs} ms.`, remedy)]), timeoutMs)
  })
  try {
    return await Promise.race([work(), late])
  } catch (error) {
    return [fail(check, error instanceof Error ? error.message : String(error), remedy)]
  } finally {
    clearTimeout(timer)
  }
}
