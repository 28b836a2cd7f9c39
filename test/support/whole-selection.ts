import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql'

/** A field with a small page, where it has pages. */
export const fieldCall = (field: GraphQLField<unknown, unknown>): string =>
  field.args.some(({ name }) => name === 'first') ? `${field.name}(first: 3)` : field.name

/** Whether it answers without being asked for anything. */
export const isOpen = (field: GraphQLField<unknown, unknown>): boolean => !field.args.some(isRequiredArgument)

/** Everything that can be selected of a type without being asked for arguments. */
export function wholeSelection(type: GraphQLNamedType, depth: number): string {
  if (isUnionType(type))
    return `__typename ${type
      .getTypes()
      .map((member) => `... on ${member.name} {${wholeSelection(member, 0)}}`)
      .join(' ')}`
  if (!isObjectType(type) && !isInterfaceType(type)) return ''
  const parts = Object.values(type.getFields())
    .filter(isOpen)
    .map((field) => {
      const target = getNamedType(field.type)
      if (!isCompositeType(target)) return field.name
      const list = field.name === 'nodes' || field.name === 'edges'
      if (depth <= 0 && !list) return ''
      const inner = wholeSelection(target, list ? depth : depth - 1)
      return inner === '' ? '' : `${fieldCall(field)} {${inner}}`
    })
  return parts.filter((part) => part !== '').join(' ') || '__typename'
}

/** Every text under one of these keys, anywhere. */
export function textsUnder(value: unknown, keys: ReadonlySet<string>, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) textsUnder(one, keys, found)
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      if (keys.has(key) && typeof inner === 'string' && inner.length > 8) found.add(inner)
      textsUnder(inner, keys, found)
    }
  return found
}
