import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'

/**
 * The deprecated elements that a document uses, as schema coordinates (`Type.field`, `Type.field(argument:)`, `Enum.VALUE`); remembered per
 * document. Values inside variables are not looked at.
 */
export function createDeprecatedUse(schema: GraphQLSchema): (document: DocumentNode) => readonly string[] {
  const known = new WeakMap<DocumentNode, readonly string[]>()

  const read = (document: DocumentNode): readonly string[] => {
    const found = new Set<string>()
    const types = new TypeInfo(schema)
    const coordinate = (): string => `${types.getParentType()?.name}.${types.getFieldDef()?.name}`
    visit(
      document,
      visitWithTypeInfo(types, {
        Field: () => {
          if (types.getFieldDef()?.deprecationReason != null) found.add(coordinate())
        },
        Argument: (node) => {
          if (types.getArgument()?.deprecationReason != null) found.add(`${coordinate()}(${node.name.value}:)`)
        },
        EnumValue: (node) => {
          if (types.getEnumValue()?.deprecationReason != null)
            found.add(`${String(types.getInputType()).replaceAll(/[[\]!]/g, '')}.${node.value}`)
        },
      }),
    )
    return [...found]
  }

  return (document) => {
    const before = known.get(document)
    if (before !== undefined) return before
    const coordinates = read(document)
    known.set(document, coordinates)
    return coordinates
  }
}
