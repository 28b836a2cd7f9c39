import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefinitionNode, Kind, parse, type TypeDefinitionNode } from 'graphql'
import tap from 'tap'
import { packageRoot } from '../src/root.ts'
import { domains, loadTypeDefs } from '../src/schema.ts'
import { composers, type NamedSubgraph, subgraph } from './support/composers.ts'

const orrery: NamedSubgraph = { ...subgraph(...domains), name: 'orrery' }
const foreign = ['teams', 'comments'].map((name): NamedSubgraph => ({
  name,
  sdl: readFileSync(join(packageRoot, 'test', 'fixtures', 'foreign', `${name}.graphql`), 'utf8'),
}))

/** Each domain apart from the rest, and every domain on its own. */
function divisions(): string[][][] {
  return [...domains.map((one) => [[one], domains.filter((other) => other !== one)]), domains.map((one) => [one])]
}

const isType = (node: DefinitionNode): node is TypeDefinitionNode => 'name' in node && node.kind.endsWith('TypeDefinition')
const fieldsOf = (sdl: string): Set<string> =>
  new Set(
    parse(sdl)
      .definitions.filter(isType)
      .flatMap((node) =>
        'fields' in node ? (node.fields ?? []).map((field) => `${node.name.value}.${field.name.value}`) : [node.name.value],
      ),
  )

for (const { name, compose } of composers) {
  tap.test(`${name}: our subgraph composes alone and with two foreign ones, without an error or a hint`, async (t) => {
    t.strictSame({ ...compose([orrery]), supergraph: null }, { errors: [], hints: [], supergraph: null })
    t.strictSame({ ...compose([orrery, ...foreign]), supergraph: null }, { errors: [], hints: [], supergraph: null })
  })

  tap.test(`${name}: the domains compose however they are divided, without an error or a hint`, async (t) => {
    for (const division of divisions()) {
      const { errors, hints } = compose(division.map((part) => subgraph(...part)))
      t.strictSame({ errors, hints }, { errors: [], hints: [] }, division.map((part) => part.join('+')).join(' | '))
    }
  })

  tap.test(`${name}: divided domains together with foreign subgraphs compose`, async (t) => {
    const { errors, hints } = compose([...domains.map((one) => subgraph(one)), ...foreign])
    t.strictSame({ errors, hints }, { errors: [], hints: [] })
  })

  tap.test(`${name}: bites: a field of another type, and a field that two subgraphs own`, async (t) => {
    const link = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
    const head = `extend schema ${link} type Query { wrong: Run }`
    const otherType = { name: 'wrong', sdl: `${head} type Run @key(fields: "id") { id: ID! status: Int! }` }
    t.not(compose([orrery, otherType]).errors.length, 0, 'another type')
    const twice = { name: 'wrong', sdl: `${head} type Run @key(fields: "id") { id: ID! ritualId: String! }` }
    t.not(compose([orrery, twice]).errors.length, 0, 'owned twice')
    const keyless = { name: 'wrong', sdl: `extend schema ${link} type Query { wrong: Run } type Run { id: ID! }` }
    t.not(compose([orrery, keyless]).errors.length, 0, 'without its key')
  })
}

tap.test('the divided domains together have every field of the whole schema', async (t) => {
  const [apollo] = composers
  const whole = apollo?.compose([orrery]).supergraph ?? ''
  const divided = apollo?.compose(domains.map((one) => subgraph(one))).supergraph ?? ''
  t.strictSame([...fieldsOf(divided)].sort(), [...fieldsOf(whole)].sort())
})

tap.test('`node` lives in exactly one domain', async (t) => {
  const owners = domains.filter((one) => /^ {2}node\([^)]*\): Node\b/m.test(subgraph(one).sdl))
  t.strictSame(owners, ['system'])
})

tap.test('whatever implements Node is an entity', async (t) => {
  for (const node of loadTypeDefs().definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION || !node.interfaces?.some(({ name }) => name.value === 'Node')) continue
    t.ok(
      node.directives?.some(({ name }) => name.value === 'key'),
      `${node.name.value} has a @key`,
    )
  }
})
