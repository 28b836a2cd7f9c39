import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
import { temporaryFolder } from './program.ts'

/** The command lines of a page's blocks of shell, without their remarks. */
export const commandsOf = (page: string): string[] =>
  [...readFileSync(join(packageRoot, 'docs', page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, body = '']) => body.split('\n'))
    .map((line) => line.replace(/ +# .*$/, ''))
    .filter((line) => line !== '')

/** A shell in a folder of its own in which `orrery` is the tested build, as an installation has it. */
export async function shell(t: Parameters<typeof temporaryFolder>[0], env: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'bin'))
  const program = join(folder, 'bin', 'orrery')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(packageRoot, 'build', 'src', 'cli.js')}" "$@"\n`, { mode: 0o755 })
  const path = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  return (command: string) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: path, HOME: folder, LOG_LEVEL: 'silent', ...env },
    })
    return { status, stdout, stderr }
  }
}

/** A page's blocks of shell, each with the JSON that it says comes out. */
export const shellBlocks = (page: string): { script: string; printed: string }[] =>
  [...readFileSync(join(packageRoot, 'docs', page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```(?:\n+```json\n([\s\S]*?)^```)?/gm)].map(
    ([, script = '', printed = '']) => ({ script, printed }),
  )
