import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './program.ts'
import { type Owner, shouldRun } from './services.ts'

/** A file system of its own and of a given size. */
export interface SmallDisk {
  readonly folder: string
  /** Takes every byte that is left. */
  fill(): void
  /** Gives back what `fill` took. */
  empty(): void
  remount(options: string): void
}

/** @returns null where this user may not mount: the test has said so and should return */
export async function mountDisk(t: Owner, size: string): Promise<SmallDisk | null> {
  const folder = await temporaryFolder(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    shouldRun(t, 'The right to mount a disk', false)
    return null
  }
  // teardowns run last first: what runs in the folder has ended by then
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      const block = Buffer.alloc(4096)
      try {
        for (;;) writeSync(file, block)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(filler),
    remount: (options) => execFileSync('mount', ['-o', `remount,${options}`, folder]) && undefined,
  }
}
