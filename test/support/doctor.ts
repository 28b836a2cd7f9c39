import { run } from './program.ts'

export interface Finding {
  readonly check: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly remedy?: string
}

/** What `orrery doctor --json` says in this environment. */
export async function doctor(t: Parameters<typeof run>[0], env: Readonly<Record<string, string>>) {
  const program = run(t, ['doctor', '--json'], env)
  const code = await program.ended
  const { ok, findings } = JSON.parse(program.stdout() || '{"ok":false,"findings":[]}') as { ok: boolean; findings: Finding[] }
  return { code, ok, findings, of: (check: string) => findings.filter((one) => one.check === check), stderr: program.stderr() }
}
