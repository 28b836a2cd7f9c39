import {
  type DocumentNode,
  getIntrospectionQuery,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from './fragments.ts'
import { checkLimit } from './limits.ts'

/** A tool may ask for more than the standard query with all of its options; nobody needs everything twice. */
const reserve = 1.5
/** What costs nothing is allowed, however small the schema. */
const alwaysAllowed = 10_000

/** What a list of introspection holds on average, by the name of its field. */
function sizesOf(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const types = Object.values(schema.getTypeMap())
  const fields = types.map((type) => (isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []))
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  const counts = fields.map((own) => own.length)
  const perType = (count: (type: (typeof types)[number]) => number): number => sum(types.map(count)) / types.length
  const fieldsOfOne = sum(counts) / types.length
  return new Map([
    ['types', types.length],
    ['directives', schema.getDirectives().length],
    ['fields', fieldsOfOne],
    ['args', sum(fields.flat().map(({ args }) => args.length)) / sum(counts)],
    ['inputFields', perType((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0))],
    ['enumValues', perType((type) => (isEnumType(type) ? type.getValues().length : 0))],
    ['interfaces', perType((type) => (isObjectType(type) ? type.getInterfaces().length : 0))],
    ['possibleTypes', perType((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0))],
    // half of all types are wrapped in another
    ['ofType', 0.5],
    // one that was chosen may be the largest
    ['__type', Math.max(...counts) / fieldsOfOne],
  ])
}

/** Roughly how many values the introspection in a valid document gives, in that of its operations which asks for most. */
function valuesOf(document: DocumentNode, sizes: ReadonlyMap<string, number>): number {
  const fragments = fragmentsOf(document)
  const inSet = (set: SelectionSetNode | undefined, introspects: boolean): number => {
    let values = 0
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) values += inSet(selection.selectionSet, introspects)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) values += inSet(fragments.get(selection.name.value)?.selectionSet, introspects)
      else if (introspects || selection.name.value === '__schema' || selection.name.value === '__type')
        values += 1 + (sizes.get(selection.name.value) ?? 1) * inSet(selection.selectionSet, true)
    }
    return values
  }
  const [most] = document.definitions
    .map((one) => (one.kind === Kind.OPERATION_DEFINITION ? inSet(one.selectionSet, false) : 0))
    .sort((a, b) => b - a)
  return most ?? 0
}

/**
 * Introspection is answered in one piece and its price is the same whatever it gives: so it is bounded by how much of the schema it writes out.
 * @returns what refuses a valid document that asks for much more than the standard query; throws Refused COST (COST_LIMIT_EXCEEDED, limit
 * `introspection`)
 */
export function createIntrospectionCheck(schema: GraphQLSchema): (document: DocumentNode) => void {
  const sizes = sizesOf(schema)
  const standard = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  const max = Math.max(alwaysAllowed, Math.ceil(reserve * valuesOf(parse(standard), sizes)))
  return (document) => checkLimit('introspection', 'values of introspection', Math.ceil(valuesOf(document, sizes)), max)
}
