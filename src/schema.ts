import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { mergeTypeDefs } from '@graphql-tools/merge'
import { type DocumentNode } from 'graphql'
import { packageRoot } from './root.ts'

const folder = join(packageRoot, 'schema')

/** The domains, by the files in `schema/`; `base` belongs to all of them. */
export const domains: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => basename(file, '.graphql'))
  .filter((name) => name !== 'base')
  .sort()

/** The SDL of `base` and the given domains (default: all), merged. */
export function loadTypeDefs(wanted: readonly string[] = domains): DocumentNode {
  const sources = ['base', ...wanted].map((name) => readFileSync(join(folder, `${name}.graphql`), 'utf8'))
  return mergeTypeDefs(sources, { throwOnConflict: true, sort: false })
}
