import t from 'tap'
import { buildSchema } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createDocuments, type Documents } from '../src/operation/documents.ts'
import { repeat } from './support/bombs.ts'

const schema = buildSchema()
const limits = readConfig({})
const documents = (): Documents => createDocuments({ schema, limits, maxTokens: limits.maxTokens, introspection: true })

/** The documents that are still known of those that were asked for one after the other. */
function stillKnown(known: Documents, texts: readonly string[]): number {
  for (const text of texts) known.find(text, null, 'acme')
  return texts.filter((text) => known.knows(text)).length
}

t.test('documents are kept up to what they take in memory, comments included', async (t) => {
  const texts = Array.from({ length: 100 }, (_, index) => `{__typename} # ${index}`)
  t.equal(stillKnown(documents(), texts), 100)
  const kept = stillKnown(
    documents(),
    texts.map((text) => `${text}${'\n#'.repeat(4500)}`),
  )
  t.ok(kept > 10 && kept < 60, `${kept} of 100 documents with 4,500 comments each`)
})

t.test('what is made of a document for each of its operations, and for each combination of conditions, counts as its size', async (t) => {
  const known = documents()
  const small = '{__typename}'
  known.find(small, null, 'acme')
  const flags = ['a', 'b', 'c', 'd']
  const declared = flags.map((flag) => `$${flag}: Boolean!`).join()
  const nested = (inner: string): string => `${'... {'.repeat(45)}${inner}${'}'.repeat(45)}`
  const selected = nested('id @skip(if: $a) status @skip(if: $b) state @skip(if: $c) ritualId @skip(if: $d) tenantId')
  const operations = 30
  const textOf = (number: number): string =>
    `${repeat(operations, (index) => `query Q${index}(${declared}) {...F}`)} fragment F on Query {runs {nodes {${selected}}}} # ${number}`
  const first = textOf(0)
  for (let number = 0; number < 4; number++)
    for (let index = 0; index < operations; index++)
      for (let combination = 0; combination < 16; combination++)
        known
          .find(textOf(number), `Q${index}`, 'acme')
          .bind(Object.fromEntries(flags.map((flag, at) => [flag, ((combination >> at) & 1) === 1])))
  t.notOk(known.knows(first), 'the oldest had to go')
  t.ok(known.knows(textOf(3)))
  t.notOk(known.knows(small))
  t.equal(known.find(first, 'Q7', 'acme').name, 'Q7', 'and can be read again')
})

t.test('a tenant that floods the cache of documents pushes out its own, not those of others', (t) => {
  const known = documents()
  const named = (name: string): string[] => Array.from({ length: 20 }, (_, index) => `{__typename} # ${name} ${index}`)
  const ours = named('ours')
  const shared = named('shared')
  for (const text of ours) known.find(text, null, 'acme')
  for (const tenantId of ['acme', 'globex']) for (const text of shared) known.find(text, null, tenantId)
  const large = (index: number): string => `{__typename} # ${index} ${'\n#'.repeat(4500)}`
  for (let index = 0; index < 200; index++) known.find(large(index), null, 'globex')
  t.ok([...ours, ...shared].every((text) => known.knows(text)))
  t.notOk(known.knows(large(0)))
  t.ok(known.knows(large(199)))
  for (let index = 0; index < 3000; index++) known.find(`{__typename} # small ${index}`, null, 'globex')
  t.ok(
    [...ours, ...shared].every((text) => known.knows(text)),
    'nor do many small ones',
  )
  t.notOk(known.knows(large(199)))
  t.end()
})
