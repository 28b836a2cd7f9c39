import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type DocumentNode, Kind, parse, visit } from 'graphql'
import { type DomainDocuments, splitTypeDefs } from './federation/split.ts'
import { packageRoot } from './root.ts'

const folder = join(packageRoot, 'schema')

/** The domains, by the files in `schema/`; `base` belongs to all of them. */
export const domains: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => basename(file, '.graphql'))
  .filter((name) => name !== 'base')
  .sort()

/** Weights are whole numbers to federation and texts to the cost specification it comes from: files may say either. */
const withWholeWeights = (document: DocumentNode): DocumentNode =>
  visit(document, {
    Directive: (node) =>
      node.name.value !== 'cost'
        ? undefined
        : visit(node, {
            StringValue: (value) => (/^-?\d+$/.test(value.value) ? { kind: Kind.INT, value: value.value } : undefined),
          }),
  })

let documents: DomainDocuments | undefined

function readDocuments(): DomainDocuments {
  const read = (name: string) => withWholeWeights(parse(readFileSync(join(folder, `${name}.graphql`), 'utf8'), { noLocation: true }))
  return new Map(['base', ...domains].map((name) => [name, read(name)]))
}

/** The SDL of `base` and the given domains (default: all) as one Federation v2 subgraph, as written. */
export function loadTypeDefs(wanted: readonly string[] = domains): DocumentNode {
  documents ??= readDocuments()
  return splitTypeDefs(documents, wanted)
}
