import { type DefinitionNode, type DirectiveDefinitionNode, Kind, parse, type ScalarTypeDefinitionNode, visit } from 'graphql'
import { type FederationLink } from './link.ts'

const everywhere =
  'ARGUMENT_DEFINITION | ENUM | ENUM_VALUE | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | INPUT_OBJECT | INTERFACE | OBJECT | SCALAR | UNION'
const protectable = 'ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR'

/** The elements of the federation specification by the minor version of 2 that brought them; `@tag` grew SCHEMA in 2.3 (platform 5.1). */
const elements: readonly { readonly since: number; readonly sdl: string }[] = [
  { since: 0, sdl: 'scalar FieldSet' },
  { since: 0, sdl: 'directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE' },
  { since: 0, sdl: 'directive @external(reason: String) on OBJECT | FIELD_DEFINITION' },
  { since: 0, sdl: 'directive @requires(fields: FieldSet!) on FIELD_DEFINITION' },
  { since: 0, sdl: 'directive @provides(fields: FieldSet!) on FIELD_DEFINITION' },
  { since: 0, sdl: 'directive @shareable repeatable on FIELD_DEFINITION | OBJECT' },
  { since: 0, sdl: `directive @inaccessible on ${everywhere}` },
  { since: 0, sdl: `directive @tag(name: String!) repeatable on ${everywhere} | SCHEMA` },
  { since: 0, sdl: 'directive @override(from: String!, label: String) on FIELD_DEFINITION' },
  { since: 0, sdl: 'directive @extends on OBJECT | INTERFACE' },
  { since: 1, sdl: 'directive @composeDirective(name: String!) repeatable on SCHEMA' },
  { since: 3, sdl: 'directive @interfaceObject on OBJECT' },
  { since: 5, sdl: 'scalar Scope' },
  { since: 5, sdl: `directive @authenticated on ${protectable}` },
  { since: 5, sdl: `directive @requiresScopes(scopes: [[Scope!]!]!) on ${protectable}` },
  { since: 6, sdl: 'scalar Policy' },
  { since: 6, sdl: `directive @policy(policies: [[Policy!]!]!) on ${protectable}` },
  { since: 8, sdl: 'scalar ContextFieldValue' },
  { since: 8, sdl: 'directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION' },
  { since: 8, sdl: 'directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION' },
  {
    since: 9,
    sdl: 'directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR',
  },
  {
    since: 9,
    sdl: `directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`,
  },
]

const linkElements = parse(`
  "Whether an element of a linked specification guards something, or is needed to execute."
  enum link__Purpose {
    "Guards something."
    SECURITY
    "Is needed to execute."
    EXECUTION
  }
  "An element that a schema imports."
  scalar link__Import
  "A specification whose elements this schema uses."
  directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
`).definitions

/** By the name of the element; a directive's with `@`. */
const descriptions: Readonly<Record<string, string>> = {
  '@key': 'Fields that identify an entity.',
  '@external': 'Another subgraph gives this field.',
  '@requires': 'Fields of other subgraphs that the resolver needs.',
  '@provides': 'Fields of other subgraphs that come along here.',
  '@shareable': 'Several subgraphs may give this.',
  '@inaccessible': 'Left out of what clients see.',
  '@tag': 'A mark for contracts and tools.',
  '@override': 'Given here instead of by another subgraph.',
  '@extends': 'Extends a type of another subgraph.',
  '@composeDirective': 'Kept by composition.',
  '@interfaceObject': 'Stands for an interface of another subgraph.',
  '@authenticated': 'Only for known callers.',
  '@requiresScopes': 'Only for callers who hold all scopes of one of the sets.',
  '@policy': 'Only where all policies of one of the sets agree.',
  '@context': 'Names a value for fields below.',
  '@fromContext': 'Takes its value from a context.',
  '@cost': 'What it costs, beside what is in it.',
  '@listSize': 'How many items a list is priced for.',
  FieldSet: 'A selection of fields, such as `id`.',
  Scope: 'A right, such as `runs:read`.',
  Policy: 'The name of a policy.',
  ContextFieldValue: 'A selection from a context.',
}

type FederationDefinition = DirectiveDefinitionNode | ScalarTypeDefinitionNode

const parsed: readonly { readonly since: number; readonly node: FederationDefinition }[] = elements.map(({ since, sdl }) => {
  const [node] = parse(sdl).definitions
  if (node?.kind !== Kind.DIRECTIVE_DEFINITION && node?.kind !== Kind.SCALAR_TYPE_DEFINITION)
    throw new Error(`no element of the specification: ${sdl}`)
  const value = descriptions[node.kind === Kind.DIRECTIVE_DEFINITION ? `@${node.name.value}` : node.name.value]
  return { since, node: value === undefined ? node : { ...node, description: { kind: Kind.STRING, value } } }
})

/** Names of the directives and scalars of the specification, as it spells them: directives with `@`. */
export const specifiedNames: ReadonlySet<string> = new Set(
  parsed.map(({ node }) => (node.kind === Kind.DIRECTIVE_DEFINITION ? `@${node.name.value}` : node.name.value)),
)

/**
 * What the executable schema needs beside a written SDL: `@link` and every element of the linked version, under the names that the link
 * gives them (`federation__key` where it is not imported).
 */
export function federationDefinitions(link: FederationLink): DefinitionNode[] {
  const rename = (node: FederationDefinition): FederationDefinition =>
    visit(node, {
      DirectiveDefinition: { enter: (one) => ({ ...one, name: { ...one.name, value: link.localName(`@${one.name.value}`) } }) },
      ScalarTypeDefinition: { enter: (one) => ({ ...one, name: { ...one.name, value: link.localName(one.name.value) } }) },
      NamedType: {
        enter: (one) =>
          specifiedNames.has(one.name.value) ? { ...one, name: { ...one.name, value: link.localName(one.name.value) } } : undefined,
      },
    })
  return [...linkElements, ...parsed.filter(({ since }) => since <= link.minor).map(({ node }) => rename(node))]
}
