import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind, visit } from 'graphql'

const argument = (directive: ConstDirectiveNode, name: string) => directive.arguments?.find((one) => one.name.value === name)?.value

/** Weights are whole numbers to federation and texts to the cost specification it comes from: files may say either. */
const wholeWeight = (directive: ConstDirectiveNode): ConstDirectiveNode =>
  visit(directive, {
    StringValue: (value) => (/^-?\d+$/.test(value.value) ? { kind: Kind.INT, value: value.value } : undefined),
  })

/** Where an argument always says how many, an assumed size says nothing, and WunderGraph's composer refuses it. */
function withoutIdleSize(directive: ConstDirectiveNode, field: FieldDefinitionNode): ConstDirectiveNode {
  const slices = argument(directive, 'slicingArguments')
  const names = slices?.kind === Kind.LIST ? slices.values.flatMap((value) => (value.kind === Kind.STRING ? [value.value] : [])) : []
  const isSaid = field.arguments?.some(({ name, defaultValue }) => defaultValue !== undefined && names.includes(name.value)) === true
  return isSaid ? { ...directive, arguments: directive.arguments?.filter(({ name }) => name.value !== 'assumedSize') ?? [] } : directive
}

/** The same SDL in the form that every composer reads. */
export const normalise = (document: DocumentNode): DocumentNode =>
  visit(document, {
    FieldDefinition: (field) => ({
      ...field,
      directives: field.directives?.map((one) => (one.name.value === 'listSize' ? withoutIdleSize(one, field) : one)) ?? [],
    }),
    Directive: (one) => (one.name.value === 'cost' ? wholeWeight(one as ConstDirectiveNode) : undefined),
  })
