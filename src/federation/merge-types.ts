import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  print,
  type TypeDefinitionNode,
} from 'graphql'

/** What one file writes about a type. */
export interface Part {
  readonly domain: string
  readonly node: TypeDefinitionNode
}

interface Field {
  readonly domain: string
  readonly node: FieldDefinitionNode | InputValueDefinitionNode
}

/** A type as all files together define it. */
export interface MergedType {
  readonly name: string
  readonly node: TypeDefinitionNode
  /** Of objects, interfaces and inputs, each with the domain whose file writes it first. */
  readonly fields: ReadonlyMap<string, Field>
  readonly interfaces: ReadonlySet<string>
  /** Of unions. */
  readonly members: readonly string[]
  readonly keys: readonly ConstDirectiveNode[]
  readonly isInterface: boolean
  /** Those whose files write about it. */
  readonly domains: readonly string[]
}

/** What a definition says about a type, an extension read as a definition; null for what is about no type. */
export function typeDefinition(node: DefinitionNode): TypeDefinitionNode | null {
  switch (node.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_DEFINITION:
      return node
    case Kind.OBJECT_TYPE_EXTENSION:
      return { ...node, kind: Kind.OBJECT_TYPE_DEFINITION }
    case Kind.INTERFACE_TYPE_EXTENSION:
      return { ...node, kind: Kind.INTERFACE_TYPE_DEFINITION }
    case Kind.UNION_TYPE_EXTENSION:
      return { ...node, kind: Kind.UNION_TYPE_DEFINITION }
    case Kind.ENUM_TYPE_EXTENSION:
      return { ...node, kind: Kind.ENUM_TYPE_DEFINITION }
    case Kind.INPUT_OBJECT_TYPE_EXTENSION:
      return { ...node, kind: Kind.INPUT_OBJECT_TYPE_DEFINITION }
    default:
      return null
  }
}

const fieldsOf = (node: TypeDefinitionNode): readonly (FieldDefinitionNode | InputValueDefinitionNode)[] =>
  'fields' in node ? (node.fields ?? []) : []

const size = (node: TypeDefinitionNode): number =>
  fieldsOf(node).length + ('types' in node ? (node.types?.length ?? 0) : 0) + ('values' in node ? (node.values?.length ?? 0) : 0)

const bare = (node: FieldDefinitionNode | InputValueDefinitionNode): string => print({ ...node, description: undefined })

function uniqueBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()]
}

const directivesOf = (parts: readonly Part[]): ConstDirectiveNode[] =>
  uniqueBy(
    parts.flatMap(({ node }) => node.directives ?? []),
    print,
  )

const byName = (one: { readonly name: { readonly value: string } }): string => one.name.value

/** Fields keep the order of the files, the owner's first. @throws Error when files contradict each other */
function mergeFields(name: string, parts: readonly Part[]): Map<string, Field> {
  const fields = new Map<string, Field>()
  for (const { domain, node } of parts) {
    if (node.kind !== parts[0]?.node.kind) throw new Error(`${name} is of another kind in ${domain}.graphql`)
    for (const field of fieldsOf(node)) {
      const known = fields.get(field.name.value)
      if (known === undefined) fields.set(field.name.value, { domain, node: field })
      else if (bare(known.node) !== bare(field))
        throw new Error(`${name}.${field.name.value} is defined in two ways: in ${known.domain}.graphql and ${domain}.graphql`)
    }
  }
  return fields
}

const isField = (node: Field['node']): node is FieldDefinitionNode => node.kind === Kind.FIELD_DEFINITION
const isInput = (node: Field['node']): node is InputValueDefinitionNode => node.kind === Kind.INPUT_VALUE_DEFINITION

function mergeNode(owner: TypeDefinitionNode, parts: readonly Part[], fields: readonly Field['node'][]): TypeDefinitionNode {
  const nodes = parts.map(({ node }) => node)
  const directives = directivesOf(parts)
  if (owner.kind === Kind.OBJECT_TYPE_DEFINITION || owner.kind === Kind.INTERFACE_TYPE_DEFINITION) {
    const interfaces = nodes.flatMap((node) => ('interfaces' in node ? (node.interfaces ?? []) : []))
    return { ...owner, directives, interfaces: uniqueBy(interfaces, byName), fields: fields.filter(isField) }
  }
  if (owner.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) return { ...owner, directives, fields: fields.filter(isInput) }
  if (owner.kind === Kind.UNION_TYPE_DEFINITION) {
    const types = nodes.flatMap((node) => (node.kind === Kind.UNION_TYPE_DEFINITION ? (node.types ?? []) : []))
    return { ...owner, directives, types: uniqueBy(types, byName) }
  }
  if (owner.kind === Kind.ENUM_TYPE_DEFINITION) {
    const values = nodes.flatMap((node) => (node.kind === Kind.ENUM_TYPE_DEFINITION ? (node.values ?? []) : []))
    return { ...owner, directives, values: uniqueBy(values, byName) }
  }
  return { ...owner, directives }
}

/** @throws Error when the parts contradict each other */
function merge(name: string, parts: readonly [Part, ...Part[]]): MergedType {
  // whose file says most about a type describes it
  const owner = parts.reduce((most, part) => (size(part.node) > size(most.node) ? part : most))
  const ordered = [owner, ...parts.filter((part) => part !== owner)]
  const fields = mergeFields(name, ordered)
  const node = mergeNode(
    owner.node,
    ordered,
    [...fields.values()].map((field) => field.node),
  )
  return {
    name,
    node,
    fields,
    interfaces: new Set('interfaces' in node ? (node.interfaces ?? []).map(byName) : []),
    members: node.kind === Kind.UNION_TYPE_DEFINITION ? (node.types ?? []).map(byName) : [],
    keys: (node.directives ?? []).filter((one) => one.name.value === 'key'),
    isInterface: node.kind === Kind.INTERFACE_TYPE_DEFINITION,
    domains: parts.map(({ domain }) => domain),
  }
}

/** All types by name, in the order of the files. @throws Error when files contradict each other */
export function mergeParts(parts: readonly Part[]): Map<string, MergedType> {
  const written = new Map<string, [Part, ...Part[]]>()
  for (const part of parts) {
    const known = written.get(part.node.name.value)
    if (known === undefined) written.set(part.node.name.value, [part])
    else known.push(part)
  }
  return new Map([...written].map(([name, of]) => [name, merge(name, of)]))
}
