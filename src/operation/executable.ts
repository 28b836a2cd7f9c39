import {
  type ArgumentNode,
  type ASTVisitor,
  type DocumentNode,
  getNamedType,
  getNullableType,
  type GraphQLNamedInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  TypeInfo,
  type ValueNode,
  valueFromAST,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { tallyOperation } from './limits.ts'
import { mentionsVariable } from './mentions-variable.ts'
import { settleLists } from './settled-lists.ts'

type Values = Readonly<Record<string, unknown>>

/** What an executor gets for one operation: nothing in it is left to be coerced, and nothing that graphql-jit gets wrong. */
export interface Executable {
  /** Canonical text of the operation, its conditions decided: equal texts have equal plans. */
  readonly text: string
  /** Its variables are all of one type that takes values as they are; to be run on an `executionSchema`. */
  readonly document: DocumentNode
  /** False when only the reference executor gets it right, or when to compile it would take too long. */
  readonly compilable: boolean
  /** How much it selects, fragments written out. */
  readonly selections: number
}

/** An executable with the values of its variables. */
export interface Bound {
  readonly executable: Executable
  readonly values: Values
}

/** @param coerced the values of the operation's own variables */
export type Bind = (coerced: Values) => Bound

/**
 * The type of every variable while executing. Variables were coerced once, before the operation was priced; executors would coerce them again, and
 * graphql-jit does it in a way of its own: without `@oneOf`, and without an end for a type that contains itself (platform D3).
 */
const coercedType = new GraphQLScalarType({ name: '__Coerced', description: 'A value that was coerced already.' })

const executionSchemas = new WeakMap<GraphQLSchema, GraphQLSchema>()

/** The same schema, which knows the type of coerced variables too, its lists settled. Only for executing: introspection does not show it. */
export function executionSchema(schema: GraphQLSchema): GraphQLSchema {
  const known = executionSchemas.get(schema)
  if (known !== undefined) return known
  settleLists(schema)
  const made = Object.create(schema, {
    getType: { value: (name: string) => (name === coercedType.name ? coercedType : schema.getType(name)) },
  }) as GraphQLSchema
  executionSchemas.set(schema, made)
  return made
}

const definition = (name: string): VariableDefinitionNode => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: coercedType.name } },
})

/** What JSON gives back as it was. */
const isPlain = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return true
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object') return false
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}

/** Names of the arguments that take values of custom scalars, at whatever depth: no other argument needs a closer look. */
const oddArguments = new WeakMap<GraphQLSchema, ReadonlySet<string>>()

function oddArgumentsOf(schema: GraphQLSchema): ReadonlySet<string> {
  const known = oddArguments.get(schema)
  if (known !== undefined) return known
  const isOdd = (type: GraphQLNamedInputType, above: readonly GraphQLNamedInputType[] = []): boolean => {
    if (!isInputObjectType(type)) return isScalarType(type) && !isSpecifiedScalarType(type)
    return !above.includes(type) && Object.values(type.getFields()).some((field) => isOdd(getNamedType(field.type), [...above, type]))
  }
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
  )
  const names = new Set(
    [...fields, ...schema.getDirectives()].flatMap(({ args }) =>
      args.filter(({ type }) => isOdd(getNamedType(type))).map(({ name }) => name),
    ),
  )
  oddArguments.set(schema, names)
  return names
}

/** A list or an object that is put together only when variables are known. */
const isOpen = (value: ValueNode): boolean => (value.kind === Kind.OBJECT || value.kind === Kind.LIST) && mentionsVariable(value)

/** Whether a literal is open, or stands where one of them takes it; a look at names only, so that most documents are done with at once. */
function mayHoldOddLiterals(schema: GraphQLSchema, document: DocumentNode): boolean {
  const odd = oddArgumentsOf(schema)
  const holds = (node: { readonly arguments?: readonly ArgumentNode[] | undefined }): boolean =>
    node.arguments?.some(({ name, value }) => isOpen(value) || (value.kind !== Kind.VARIABLE && odd.has(name.value))) === true
  const inSelection = (selection: SelectionNode): boolean =>
    selection.directives?.some(holds) === true ||
    (selection.kind === Kind.FIELD && holds(selection)) ||
    ('selectionSet' in selection && selection.selectionSet?.selections.some(inSelection) === true)
  return document.definitions.some(
    (one) => 'selectionSet' in one && (one.directives?.some(holds) === true || one.selectionSet.selections.some(inSelection)),
  )
}

interface Literal {
  readonly name: string
  /** @returns undefined when it would hold a null that its type forbids */
  readonly read: (coerced: Values) => unknown
}

/**
 * Puts variables in the place of literals that graphql-jit cannot write into the code it makes: it writes them as JSON and before any variable is
 * known. Bytes or 64-bit integers would come out as something else, a variable inside a custom scalar would be null for ever, and one that is left out
 * of an input object would be null where the reference executor leaves the field out or takes its default.
 */
function liftLiterals(
  schema: GraphQLSchema,
  document: DocumentNode,
  taken: ReadonlySet<string>,
): { document: DocumentNode; literals: Literal[] } {
  const literals: Literal[] = []
  if (!mayHoldOddLiterals(schema, document)) return { document, literals }
  const types = new TypeInfo(schema)
  const lifted = (read: Literal['read']): ValueNode => {
    let name = `literal${literals.length}`
    while (taken.has(name)) name += '_'
    literals.push({ name, read })
    return definition(name).variable
  }
  const lift = (node: ValueNode): ValueNode | false | undefined => {
    // inside of a list the type is that of its items
    const type = node.kind === Kind.LIST ? types.getParentInputType() : types.getInputType()
    if (type == null) return undefined
    if (isOpen(node)) return lifted((coerced) => valueFromAST(node, type, coerced))
    const scalar = getNullableType(type)
    if (!isScalarType(scalar) || isSpecifiedScalarType(scalar)) return undefined
    const value = valueFromAST(node, scalar)
    return isPlain(value) ? false : lifted(() => value)
  }
  const visitor: ASTVisitor = {
    VariableDefinition: () => false,
    Variable: () => false,
    StringValue: lift,
    IntValue: lift,
    FloatValue: lift,
    BooleanValue: lift,
    EnumValue: lift,
    ListValue: lift,
    ObjectValue: lift,
  }
  return { document: visit(document, visitWithTypeInfo(types, visitor)), literals }
}

/** Errors are placed by the pipeline, in the text of the client: for each of them the reference executor would count the lines before it. */
function withoutPlaces<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(withoutPlaces) as Node
  if (typeof node !== 'object' || node === null) return node
  // a plain loop: a document has thousands of nodes
  const copy: Partial<Node> = {}
  for (const key in node) if (key !== 'loc') copy[key] = withoutPlaces(node[key])
  return copy as Node
}

const withVariables = (document: DocumentNode, names: readonly string[]): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: withoutPlaces(document).definitions.map((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? { ...one, variableDefinitions: names.map(definition) } : one,
  ),
})

/** Selections, fragments written out: a compilation keeps all others waiting for about 50 µs each, in one piece. */
const maxCompiled = 1000

/**
 * How an operation is run, whatever its variables are.
 * @param document one valid operation and its fragments, without conditions
 */
export function bindingOf(schema: GraphQLSchema, document: DocumentNode): Bind {
  const operation = document.definitions.find((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION)
  const own = (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
  const { document: lifted, literals } = liftLiterals(schema, document, new Set(own))
  const text = print(document)
  const names = [...own, ...literals.map(({ name }) => name)]
  const selections = operation === undefined ? 0 : tallyOperation(document, operation).selections
  const executable: Executable = { text, document: withVariables(lifted, names), compilable: selections <= maxCompiled, selections }
  if (literals.length === 0) return (coerced) => ({ executable, values: coerced })

  let written: Executable | null = null
  return (coerced) => {
    const values: Record<string, unknown> = { ...coerced }
    for (const { name, read } of literals) {
      values[name] = read(coerced)
      // the field fails where the literal is written, and no other
      if (values[name] === undefined) {
        written ??= { text: `${text}\n# as written`, document: withVariables(document, own), compilable: false, selections }
        return { executable: written, values: coerced }
      }
    }
    return { executable, values }
  }
}
