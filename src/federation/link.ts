import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql'

/** What a schema's `@link` to the federation specification says. */
export interface FederationLink {
  /** Of version 2: 9 is v2.9. */
  readonly minor: number
  /** The name, in this schema, of an element as the specification spells it (`@key`, `FieldSet`); directives lose their `@`. */
  localName(element: string): string
  /** The specification's name of a directive that this schema calls so; undefined when it is none of the specification's. */
  specifiedName(directive: string): string | undefined
}

const federationUrl = /^https:\/\/specs\.apollo\.dev\/federation\/v2\.(\d+)$/

const argument = ({ arguments: given }: ConstDirectiveNode, name: string): ConstValueNode | undefined =>
  given?.find((one) => one.name.value === name)?.value

const text = (value: ConstValueNode | undefined): string | undefined => (value?.kind === Kind.STRING ? value.value : undefined)

const withoutAt = (name: string): string => name.replace(/^@/, '')

/** Imported elements and the names they get. */
function readImports(value: ConstValueNode | undefined): Map<string, string> {
  const imports = new Map<string, string>()
  for (const item of value?.kind === Kind.LIST ? value.values : []) {
    if (item.kind === Kind.STRING) imports.set(item.value, withoutAt(item.value))
    if (item.kind !== Kind.OBJECT) continue
    const field = (name: string) => text(item.fields.find((one) => one.name.value === name)?.value)
    const name = field('name')
    if (name !== undefined) imports.set(name, withoutAt(field('as') ?? name))
  }
  return imports
}

const schemaDirectives = (document: DocumentNode): ConstDirectiveNode[] =>
  document.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION ? [...(definition.directives ?? [])] : [],
  )

/** @throws Error when the SDL links no version 2 of the specification, or several */
export function readFederationLink(document: DocumentNode): FederationLink {
  const links = schemaDirectives(document).flatMap((directive) => {
    const minor = federationUrl.exec(text(argument(directive, 'url')) ?? '')?.[1]
    return directive.name.value === 'link' && minor !== undefined ? [{ directive, minor: Number(minor) }] : []
  })
  const [found] = links
  if (found === undefined || links.length > 1) throw new Error('a subgraph links exactly one version 2 of the federation specification')
  const namespace = text(argument(found.directive, 'as')) ?? 'federation'
  const imports = readImports(argument(found.directive, 'import'))
  const specified = new Map([...imports].map(([name, local]) => [local, withoutAt(name)]))
  return {
    minor: found.minor,
    localName: (element) => imports.get(element) ?? `${namespace}__${withoutAt(element)}`,
    specifiedName: (directive) =>
      specified.get(directive) ?? (directive.startsWith(`${namespace}__`) ? directive.slice(namespace.length + 2) : undefined),
  }
}
