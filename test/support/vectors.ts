import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'

/** Where the recorded frames and files of real servers are; null where they are not. @throws Error where they are required */
export function vectorsFolder(): string | null {
  const shared = process.env['ORRERY_SHARED'] ?? join(packageRoot, '..', 'shared')
  const folder = join(shared, 'contracts', 'vectors')
  if (existsSync(join(folder, 'craton-wire.tsv'))) return folder
  if (process.env['ORRERY_REQUIRE_SERVICES'] === '1') throw new Error(`the vectors are required: ${folder}`)
  return null
}
