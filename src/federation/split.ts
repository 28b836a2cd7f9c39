import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql'
import { parseFieldSet } from './field-set.ts'
import { mergeParts, type MergedType, type Part, typeDefinition } from './merge-types.ts'

/** The written SDL of each domain, by the domain's name; `base` belongs to all of them. */
export type DomainDocuments = ReadonlyMap<string, DocumentNode>

const rootTypes = new Set(['Query', 'Mutation', 'Subscription'])

const namedTypeOf = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type))

const directive = (name: string, args = ''): ConstDirectiveNode => {
  const [node] = parse(`type T @${name}${args}`, { noLocation: true }).definitions
  const [made] = node?.kind === Kind.OBJECT_TYPE_DEFINITION ? (node.directives ?? []) : []
  if (made === undefined) throw new Error(`no directive: ${name}`)
  return made
}

const keyFields = (type: MergedType): string[] =>
  type.keys.flatMap((key) => {
    const value = key.arguments?.find(({ name }) => name.value === 'fields')?.value
    return value?.kind === Kind.STRING ? [...parseFieldSet(value.value).keys()] : []
  })

/** What one subset of the domains shows: of each type, the fields of it. */
type Selection = Map<string, Set<string>>

/**
 * The types and fields of a subset: what its files write, and what that refers to. An entity of a foreign domain is a stub of its keys (with the
 * fields of an interface that is returned here); everything else comes whole, because no gateway could fetch the rest of it.
 */
function select(types: ReadonlyMap<string, MergedType>, wanted: ReadonlySet<string>): Selection {
  const selection: Selection = new Map()
  const returned = new Set<string>()

  const includeField = (type: MergedType, name: string): void => {
    const known = selection.get(type.name)
    const field = type.fields.get(name)
    if (known === undefined || field === undefined || known.has(name)) return
    known.add(name)
    const { node } = field
    if (node.kind === Kind.FIELD_DEFINITION) {
      for (const argument of node.arguments ?? []) include(namedTypeOf(argument.type))
      returns(namedTypeOf(node.type))
    } else include(namedTypeOf(node.type))
  }

  const include = (name: string): void => {
    const type = types.get(name)
    if (type === undefined || selection.has(name)) return
    selection.set(name, new Set())
    const split = rootTypes.has(name) || type.keys.length > 0
    for (const [field, { domain }] of type.fields) if (!split || wanted.has(domain)) includeField(type, field)
    for (const field of split ? keyFields(type) : []) includeField(type, field)
    for (const member of type.members) include(member)
    if (!split) for (const one of type.interfaces) include(one)
  }

  /** Whoever gives an interface has to know every type that can stand behind it. */
  const returns = (name: string): void => {
    include(name)
    const type = types.get(name)
    if (type === undefined || !type.isInterface || returned.has(name)) return
    returned.add(name)
    for (const implementer of types.values()) {
      if (!implementer.interfaces.has(name)) continue
      include(implementer.name)
      for (const field of type.fields.keys()) includeField(implementer, field)
    }
  }

  for (const type of types.values()) if (type.domains.some((domain) => wanted.has(domain))) include(type.name)
  // an interface that an entity implements here comes along
  for (const name of [...selection.keys()]) {
    const type = types.get(name)
    if (type !== undefined && !type.isInterface) for (const one of implemented(types, type, selection)) include(one)
  }
  return selection
}

/** The interfaces that a type implements with the fields it shows. */
function implemented(types: ReadonlyMap<string, MergedType>, type: MergedType, selection: Selection): string[] {
  const shown = selection.get(type.name) ?? new Set()
  return [...type.interfaces].filter((name) => [...(types.get(name)?.fields.keys() ?? [])].every((field) => shown.has(field)))
}

const isObject = (node: TypeDefinitionNode): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION

/** `Type.field` of all objects that more than one domain shows: whichever process is asked gives the same. */
function sharedFields(types: ReadonlyMap<string, MergedType>, domains: readonly string[]): Set<string> {
  const owners = new Map<string, number>()
  for (const domain of domains)
    for (const [type, fields] of select(types, new Set(['base', domain])))
      for (const field of fields) owners.set(`${type}.${field}`, (owners.get(`${type}.${field}`) ?? 0) + 1)
  return new Set([...owners].filter(([, count]) => count > 1).map(([coordinate]) => coordinate))
}

interface SplitParts {
  readonly types: ReadonlyMap<string, MergedType>
  readonly selection: Selection
  readonly shared: ReadonlySet<string>
  readonly wanted: ReadonlySet<string>
}

const isShareable = (directives: readonly ConstDirectiveNode[] | undefined): boolean =>
  (directives ?? []).some(({ name }) => name.value === 'shareable')

function writeType(type: MergedType, { types, selection, shared, wanted }: SplitParts): TypeDefinitionNode {
  const shown = selection.get(type.name) ?? new Set()
  const merged = type.node
  if (!isObject(merged)) return merged
  const keys = new Set(keyFields(type))
  const foreign = type.keys.length > 0 && [...shown].every((field) => keys.has(field)) && !type.domains.some((domain) => wanted.has(domain))
  const fields = [...type.fields].filter(([name]) => shown.has(name))
  return {
    ...merged,
    interfaces: implemented(types, type, selection).map((name): NamedTypeNode => ({
      kind: Kind.NAMED_TYPE,
      name: { kind: Kind.NAME, value: name },
    })),
    directives: (merged.directives ?? []).map((one) =>
      foreign && one.name.value === 'key' ? { ...one, arguments: [...(one.arguments ?? []), ...(unresolvable.arguments ?? [])] } : one,
    ),
    fields: fields.flatMap(([name, { node }]): FieldDefinitionNode[] => {
      if (node.kind !== Kind.FIELD_DEFINITION) return []
      const share =
        shared.has(`${type.name}.${name}`) && !keys.has(name) && !isShareable(merged.directives) && !isShareable(node.directives)
      return [share ? { ...node, directives: [...(node.directives ?? []), directive('shareable')] } : node]
    }),
  }
}

const unresolvable = directive('key', '(resolvable: false)')

/**
 * The SDL of a subset of the domains as a subgraph of its own. Any division of the domains composes to what all of them are together, because
 * what several parts show is marked `@shareable` whether or not they are divided here.
 * @throws Error when two files define one field differently
 */
export function splitTypeDefs(documents: DomainDocuments, wanted: readonly string[]): DocumentNode {
  const parts: Part[] = [...documents].flatMap(([domain, { definitions }]) =>
    definitions.flatMap((definition) => {
      const node = typeDefinition(definition)
      return node === null ? [] : [{ domain, node }]
    }),
  )
  const types = mergeParts(parts)
  const domains = [...documents.keys()].filter((domain) => domain !== 'base')
  const known = new Set(['base', ...wanted])
  const whole = domains.every((domain) => known.has(domain))
  const selection = select(types, known)
  const split: SplitParts = { types, selection, shared: whole ? new Set() : sharedFields(types, domains), wanted: known }
  const rest = [...documents].flatMap(([domain, { definitions }]) =>
    known.has(domain) ? definitions.filter((node) => typeDefinition(node) === null) : [],
  )
  return {
    kind: Kind.DOCUMENT,
    definitions: [...rest, ...[...types.values()].filter(({ name }) => selection.has(name)).map((type) => writeType(type, split))],
  }
}
