import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  print,
  visit,
} from 'graphql'
import { AppError } from '../errors.ts'
import { anyScalar, withVariables } from './any-scalar.ts'
import { federationDefinitions } from './definitions.ts'
import { createEntities, type EntityType, type FindEntities } from './entities.ts'
import { parseFieldSet } from './field-set.ts'
import { type FederationLink, readFederationLink } from './link.ts'
import { mergeParts, typeDefinition } from './merge-types.ts'

export interface SubgraphParts<Context> {
  /** As written, with its `@link`; what `_service.sdl` says. */
  readonly typeDefs: DocumentNode
  readonly resolvers: NonNullable<Parameters<typeof makeExecutableSchema<Context>>[0]['resolvers']>
  /** How the entities of a type are found by a set of key fields, spelled as in its `@key`; undefined = they cannot be. */
  readonly findEntities: (type: string, keyFields: string) => FindEntities<Context> | undefined
  /** Whether `_service.sdl` may be read; it tells all that introspection does. */
  readonly servesSdl?: boolean
}

type Composite = ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode

const isComposite = (node: DefinitionNode): node is Composite =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION ||
  node.kind === Kind.OBJECT_TYPE_EXTENSION ||
  node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
  node.kind === Kind.INTERFACE_TYPE_EXTENSION

interface WrittenKey {
  readonly type: string
  readonly isObject: boolean
  readonly fields: string
}

/** Every `@key` that is resolvable here, in the order of the SDL. */
export function resolvableKeys(typeDefs: DocumentNode, link: FederationLink = readFederationLink(typeDefs)): WrittenKey[] {
  const argumentOf = (directive: ConstDirectiveNode, name: string) => directive.arguments?.find((one) => one.name.value === name)?.value
  return typeDefs.definitions.filter(isComposite).flatMap((node) =>
    (node.directives ?? []).flatMap((directive) => {
      if (link.specifiedName(directive.name.value) !== 'key') return []
      const resolvable = argumentOf(directive, 'resolvable')
      const fields = argumentOf(directive, 'fields')
      if (fields?.kind !== Kind.STRING || (resolvable?.kind === Kind.BOOLEAN && !resolvable.value)) return []
      const isObject = node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION
      return [{ type: node.name.value, isObject, fields: fields.value }]
    }),
  )
}

function externalFields(typeDefs: DocumentNode, link: FederationLink): Map<string, string[]> {
  const marks = (node: Composite | FieldDefinitionNode): boolean =>
    (node.directives ?? []).some(({ name }) => link.specifiedName(name.value) === 'external')
  const found = new Map<string, string[]>()
  for (const node of typeDefs.definitions.filter(isComposite)) {
    const fields = (node.fields ?? []).filter((field) => marks(node) || marks(field)).map((field) => field.name.value)
    found.set(node.name.value, [...(found.get(node.name.value) ?? []), ...fields])
  }
  return found
}

function entityTypes<Context>({ typeDefs, findEntities }: SubgraphParts<Context>, link: FederationLink): Map<string, EntityType<Context>> {
  const external = externalFields(typeDefs, link)
  const types = new Map<string, EntityType<Context>>()
  for (const { type, isObject, fields } of resolvableKeys(typeDefs, link)) {
    if (!isObject) continue
    const find = findEntities(type, fields)
    if (find === undefined) throw new Error(`${type} @key(fields: "${fields}") is resolvable, and nothing finds it`)
    const known = types.get(type)
    types.set(type, {
      name: type,
      keys: [...(known?.keys ?? []), { fields: parseFieldSet(fields), find }],
      external: external.get(type) ?? [],
    })
  }
  return types
}

/** What the specification asks of a subgraph beside the written SDL (platform 5.1). */
function protocolDefinitions(entities: readonly string[], link: FederationLink): readonly DefinitionNode[] {
  const sized =
    link.minor >= 9 ? ` @${link.localName('@listSize')}(slicingArguments: ["representations"], requireOneSlicingArgument: false)` : ''
  return parse(`
    "An entity as another subgraph knows it: \`__typename\` and the fields of one of its keys."
    scalar _Any
    "What a gateway reads when it composes."
    type _Service {
      "The SDL as it is written, with its \`@link\`."
      sdl: String!
    }
    ${entities.length === 0 ? '' : `"What other subgraphs may refer to." union _Entity = ${entities.join(' | ')}`}
    extend type Query {
      "This subgraph, for composition."
      _service: _Service!
      ${entities.length === 0 ? '' : `"Entities by their keys, in the same order; null for each that does not exist." _entities("Types and keys, as a router sends them." representations: [_Any!]!): [_Entity]!${sized}`}
    }
  `).definitions
}

/**
 * What a composer reads: the SDL as it is written, without `@oneOf`, which Apollo's composition does not know. The subgraph still holds callers
 * to it; a gateway passes such an input on as one whose fields are all optional.
 */
export const serviceSdl = (typeDefs: DocumentNode): string =>
  print(visit(typeDefs, { Directive: (node) => (node.name.value === 'oneOf' ? null : undefined) }))

/** The written SDL with every definition that it takes from the specification: what tools read that know no federation. */
export function withDefinitions(typeDefs: DocumentNode): DocumentNode {
  const defined = new Set(
    typeDefs.definitions.flatMap((node) => ('name' in node && node.name !== undefined ? [`${node.kind} ${node.name.value}`] : [])),
  )
  const missing = federationDefinitions(readFederationLink(typeDefs)).filter(
    (node) => !('name' in node && node.name !== undefined && defined.has(`${node.kind} ${node.name.value}`)),
  )
  return { kind: Kind.DOCUMENT, definitions: [...missing, ...typeDefs.definitions] }
}

/** The same without extensions: they may extend what only other subgraphs define, and graphql-tools writes into extensions of `schema`. */
function executable(definitions: readonly DefinitionNode[]): DocumentNode {
  const isSchema = (node: DefinitionNode) => node.kind === Kind.SCHEMA_EXTENSION || node.kind === Kind.SCHEMA_DEFINITION
  const directives = definitions.flatMap((node) => (isSchema(node) && 'directives' in node ? (node.directives ?? []) : []))
  const types = mergeParts(
    definitions.flatMap((definition) => {
      const node = typeDefinition(definition)
      return node === null ? [] : [{ domain: 'subgraph', node }]
    }),
  )
  const roots = (['Query', 'Mutation', 'Subscription'] as const).filter((name) => types.has(name))
  const [base] = parse(`schema { ${roots.map((name) => `${name.toLowerCase()}: ${name}`).join(' ')} }`).definitions
  if (base?.kind !== Kind.SCHEMA_DEFINITION) throw new Error('a schema without a Query')
  const schema = { ...base, directives: directives.filter((one) => one.kind === Kind.DIRECTIVE) }
  const rest = definitions.filter((node) => !isSchema(node) && typeDefinition(node) === null)
  return { kind: Kind.DOCUMENT, definitions: [schema, ...rest, ...[...types.values()].map(({ node }) => node)] }
}

/**
 * An executable Federation v2 subgraph: `_service`, `_entities` and the definitions of the linked version, around the written SDL.
 * @throws Error when a resolvable key has no finder, or the SDL links no version of the specification
 */
export function buildSubgraph<Context>(parts: SubgraphParts<Context>): GraphQLSchema {
  const { typeDefs, resolvers, servesSdl = true } = parts
  const link = readFederationLink(typeDefs)
  const types = entityTypes(parts, link)
  const find = createEntities(types)
  const sdl = serviceSdl(typeDefs)
  const complete = withDefinitions(typeDefs)
  return makeExecutableSchema({
    typeDefs: executable([...complete.definitions, ...protocolDefinitions([...types.keys()], link)]),
    resolvers: [
      ...[resolvers].flat(),
      {
        _Any: anyScalar,
        ...(types.size === 0 ? {} : { _Entity: { __resolveType: (entity: { __typename: string }) => entity.__typename } }),
        Query: {
          _service: () => {
            if (!servesSdl)
              throw new AppError(
                'FORBIDDEN',
                'Introspection is off, and with it `_service`: compose from `orrery schema print --subgraph`.',
              )
            return { sdl }
          },
          ...(types.size === 0
            ? {}
            : {
                _entities: (
                  _parent: unknown,
                  args: { readonly representations: readonly unknown[] },
                  context: Context,
                  info: Pick<GraphQLResolveInfo, 'variableValues'>,
                ) =>
                  find(
                    args.representations.map((one) => withVariables(one, info.variableValues)),
                    context,
                  ),
              }),
        },
      },
    ],
    // one map of resolvers serves every subset of the domains
    resolverValidationOptions: { requireResolversToMatchSchema: 'ignore' },
  })
}
