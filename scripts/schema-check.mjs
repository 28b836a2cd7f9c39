// `npm run schema:check`: fails when the schema breaks a client of the last released one (released/schema.graphql).
//   node scripts/schema-check.mjs [--released FILE] [--current FILE]     without --current: what the build in dist/ prints
//   node scripts/schema-check.mjs --release                              makes the current schema the released one
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CriticalityLevel, diff, DiffRule } from '@graphql-inspector/core'
import { buildSchema, parse, print } from 'graphql'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({ options: { released: { type: 'string' }, current: { type: 'string' }, release: { type: 'boolean' } } })
const releasedFile = values.released ?? join(root, 'released', 'schema.graphql')

async function printed() {
  const { loadTypeDefs } = await import(join(root, 'dist', 'schema.js'))
  const { withDefinitions } = await import(join(root, 'dist', 'federation', 'subgraph.js'))
  return `${print(withDefinitions(loadTypeDefs()))}\n`
}

const current = values.current === undefined ? await printed() : readFileSync(values.current, 'utf8')
if (values.release === true) {
  writeFileSync(releasedFile, current)
  process.exit(0)
}

/** An applied `@link` is no element that a client sees. */
const schemaOf = (text) =>
  buildSchema(print({ ...parse(text), definitions: parse(text).definitions.filter(({ kind }) => kind !== 'SchemaExtension') }))

// what was deprecated may go (docs/schema-changes.md says when); a change of words is no change
const rules = [DiffRule.suppressRemovalOfDeprecatedField, DiffRule.ignoreDescriptionChanges]
const changes = await diff(schemaOf(readFileSync(releasedFile, 'utf8')), schemaOf(current), rules)
const of = (level) => changes.filter(({ criticality }) => criticality.level === level)
const breaking = of(CriticalityLevel.Breaking)
for (const { message } of of(CriticalityLevel.Dangerous)) console.log(`may surprise: ${message}`)
for (const { message, criticality } of breaking) console.log(`BREAKS: ${message}${criticality.reason ? ` (${criticality.reason})` : ''}`)
console.log(`${changes.length} changes since the released schema, ${breaking.length} of them breaking`)
process.exitCode = breaking.length === 0 ? 0 : 1
