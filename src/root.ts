import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no package.json above this file')
  return findRoot(parent)
}

/** The package's folder: `schema/`, `migrations/` and `assets/` lie in it, whether we run from `dist/` or `build/`. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))
