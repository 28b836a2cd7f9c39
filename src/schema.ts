import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type DocumentNode, parse } from 'graphql'
import { normalise } from './federation/normalise.ts'
import { type DomainDocuments, splitTypeDefs } from './federation/split.ts'
import { packageRoot } from './root.ts'
import { withSharedWords } from './schema-words.ts'

const folder = join(packageRoot, 'schema')

/** The domains, by the files in `schema/`; `base` belongs to all of them. */
export const domains: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => basename(file, '.graphql'))
  .filter((name) => name !== 'base')
  .sort()

let documents: DomainDocuments | undefined

function readDocuments(): DomainDocuments {
  const read = (name: string) => normalise(parse(readFileSync(join(folder, `${name}.graphql`), 'utf8'), { noLocation: true }))
  return new Map(['base', ...domains].map((name) => [name, read(name)]))
}

/** The SDL of `base` and the given domains (default: all) as one Federation v2 subgraph, as written, with the descriptions that all domains share. */
export function loadTypeDefs(wanted: readonly string[] = domains): DocumentNode {
  documents ??= readDocuments()
  return withSharedWords(splitTypeDefs(documents, wanted))
}
