import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import { decodeId } from '../../src/ids.ts'
import { wholeSelection } from './whole-selection.ts'

/** What a document is asked with: ids and natural keys, of a thing that exists or of one that does not. */
export interface Names {
  readonly id: string
  /** By the names of the fields and arguments that take them. */
  readonly keys: Readonly<Record<string, string>>
}

/** One way to name a thing in one root field. */
export interface Probe {
  readonly label: string
  readonly takesId: boolean
  ask(names: Names): { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }
}

/** Values for what is required and names nothing. */
const fillers: Readonly<Record<string, unknown>> = {
  DateTime: '2026-01-01T00:00:00Z',
  Seconds: '60',
  Count: '1',
  Long: '0',
  Int: 1,
  Float: 1,
  Boolean: true,
  Cursor: 'none',
  JSON: {},
}
const texts: Readonly<Record<string, string>> = { text: '{"nodes": [], "edges": []}', baseCommit: 'a'.repeat(40), repoId: 'acme/shop' }

type Element = GraphQLArgument | GraphQLInputField
/** Every place below an element that takes an id or a part of a natural key, by the names that lead there. */
function places(element: Element, above: readonly string[], isKey: (name: string) => boolean): { path: string[]; takesId: boolean }[] {
  const type = getNamedType(element.type)
  const path = [...above, element.name]
  if (isInputObjectType(type)) {
    if (above.length > 3) return []
    return Object.values(type.getFields())
      .filter((field) => getNamedType(field.type) !== type)
      .flatMap((field) => places(field, path, isKey))
  }
  if (type.name === 'ID') return [{ path, takesId: true }]
  return type.name === 'String' && isKey(element.name) ? [{ path, takesId: false }] : []
}

function valueOf(type: GraphQLInputType, name: string, wanted: readonly string[], names: Names): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, name, wanted, names)
  if (isListType(type)) return [valueOf(type.ofType, name, wanted, names)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) {
    const [next, ...rest] = wanted
    const fields = Object.values(type.getFields()).filter((field) => field.name === next || isRequiredInputField(field))
    const given = fields.length > 0 || !type.isOneOf ? fields : Object.values(type.getFields()).slice(0, 1)
    return Object.fromEntries(given.map((field) => [field.name, valueOf(field.type, field.name, field.name === next ? rest : [], names)]))
  }
  if (type.name === 'ID') return names.id
  if (type.name === '_Any') return { __typename: decodeId(names.id)?.type ?? 'Run', id: names.id }
  return fillers[type.name] ?? names.keys[name] ?? texts[name] ?? 'a text'
}

function selectionOf(operation: 'query' | 'mutation' | 'subscription', type: GraphQLNamedType): string {
  if (operation === 'mutation') return '__typename ... on UserError {code message}'
  // members of some unions have fields of one name and another shape
  return isUnionType(type) ? '__typename' : wholeSelection(type, operation === 'query' ? 1 : 0)
}

/** Every way in which a root field can be told what it is about. */
export function probesOf(
  operation: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  keys: readonly string[],
): Probe[] {
  const found = field.args.flatMap((argument) => places(argument, [], (name) => keys.includes(name)))
  const entities = field.args.some((argument) => getNamedType(argument.type).name === '_Any')
    ? [{ path: ['representations'], takesId: true }]
    : []
  const target = getNamedType(field.type)
  const selected = isCompositeType(target) ? ` {${selectionOf(operation, target)}}` : ''
  return [...found, ...entities].map(({ path, takesId }) => ({
    label: `${operation} ${field.name}(${path.join('.')})`,
    takesId,
    ask(names) {
      const given = field.args.filter((argument) => argument.name === path[0] || isRequiredArgument(argument))
      const declared = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ')
      const passed = given.map(({ name }) => `${name}: $${name}`).join(', ')
      return {
        query: `${operation}(${declared}) {it: ${field.name}(${passed})${selected}}`,
        variables: Object.fromEntries(
          given.map(({ name, type }) => [name, valueOf(type, name, name === path[0] ? path.slice(1) : [], names)]),
        ),
      }
    },
  }))
}

/** An id like this one, of what does not exist. */
export function twinOf(id: string): string {
  const decoded = decodeId(id)
  if (decoded === null) return id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
  const parts = decoded.parts.map((part, at) => (at < decoded.parts.length - 1 ? part : twinKey(part)))
  return Buffer.from([decoded.type, 'v1', ...parts.map(encodeURIComponent)].join(':')).toString('base64url')
}

export const twinKey = (key: string): string => (/^\d+$/.test(key) ? '987654321' : key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')))

/** The same id as its own tenant's. */
export function claimedBy(tenantId: string, owner: string, id: string): string {
  const decoded = decodeId(id)
  if (decoded === null) return id
  const parts = decoded.parts.map((part) => encodeURIComponent(part === owner ? tenantId : part))
  return Buffer.from([decoded.type, 'v1', ...parts].join(':')).toString('base64url')
}
