import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readOpenSlo } from './openslo.ts'
import { type SloSpec } from './slo.ts'

/** OpenSLO files, and folders of them, in the order of their names. */
export async function readSloFiles(paths: readonly string[]): Promise<SloSpec[]> {
  const specs: SloSpec[] = []
  for (const path of paths) {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder
      ? (await readdir(path))
          .filter((name) => /\.ya?ml$/.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path]
    for (const file of files) specs.push(...readOpenSlo(await readFile(file, 'utf8')))
  }
  return specs
}
