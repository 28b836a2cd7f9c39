import {
  defaultFieldResolver,
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  lexicographicSortSchema,
} from 'graphql'
import { encodeMessage, type Message } from './protobuf.ts'

/** One field or list item of an answer, with when it began and ended, in ns after the start. */
interface TraceNode {
  readonly key: string | number
  readonly info: GraphQLResolveInfo | null
  readonly start: bigint
  end: bigint
  readonly errors: GraphQLError[]
  readonly children: Map<string | number, TraceNode>
}

type Path = GraphQLResolveInfo['path']

const newNode = (key: string | number, info: GraphQLResolveInfo | null, start: bigint): TraceNode => ({
  key,
  info,
  start,
  end: start,
  errors: [],
  children: new Map(),
})

/** Collects what the resolvers of one operation do. */
class Trace {
  readonly startedAt = Date.now()
  readonly #started = process.hrtime.bigint()
  readonly root = newNode('', null, 0n)

  elapsed(): bigint {
    return process.hrtime.bigint() - this.#started
  }

  #at(path: Path | undefined): TraceNode {
    if (path === undefined) return this.root
    const parent = this.#at(path.prev)
    const known = parent.children.get(path.key)
    if (known !== undefined) return known
    const made = newNode(path.key, null, this.elapsed())
    parent.children.set(path.key, made)
    return made
  }

  begin(info: GraphQLResolveInfo): TraceNode {
    const node = newNode(info.path.key, info, this.elapsed())
    this.#at(info.path.prev).children.set(info.path.key, node)
    return node
  }

  fail(error: GraphQLError): void {
    let node = this.root
    for (const key of error.path ?? []) node = node.children.get(key) ?? node
    node.errors.push(error)
  }
}

const encodeError = (error: GraphQLError): Message => [
  [1, error.message],
  [
    2,
    (error.locations ?? []).map(({ line, column }): Message => [
      [1, line],
      [2, column],
    ]),
  ],
]

/** Numbers of the fields as in the trace format that gateways read (`Trace.Node`). */
const encodeNode = ({ key, info, start, end, errors, children }: TraceNode): Message => [
  typeof key === 'number' ? [2, key] : [1, key === '' ? undefined : key],
  [3, info === null ? undefined : String(info.returnType)],
  [8, info === null ? undefined : start],
  [9, info === null ? undefined : end],
  [11, errors.map(encodeError)],
  [12, [...children.values()].map(encodeNode)],
  [13, info?.parentType.name],
  [14, info === null || info.fieldName === key ? undefined : info.fieldName],
]

const timestamp = (ms: number): Message => [
  [1, BigInt(Math.floor(ms / 1000))],
  [2, BigInt(Math.floor((ms % 1000) * 1_000_000))],
]

function encode(trace: Trace, endedAt: number, duration: bigint): string {
  const message: Message = [
    [3, timestamp(endedAt)],
    [4, timestamp(trace.startedAt)],
    [11, duration],
    [14, encodeNode(trace.root)],
  ]
  return Buffer.from(encodeMessage(message)).toString('base64')
}

/** A copy whose every resolver is timed; the original keeps its compiled, untimed ones. */
function timed(schema: GraphQLSchema, traceOf: (context: object) => Trace | undefined): GraphQLSchema {
  // the sorted schema is a deep copy; the order of an answer is that of its operation
  const copy = lexicographicSortSchema(schema)
  for (const type of Object.values(copy.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver
      field.resolve = (source, args, context, info) => {
        const node = typeof context === 'object' && context !== null ? traceOf(context)?.begin(info) : undefined
        const end = (): void => {
          if (node !== undefined) node.end = traceOf(context as object)?.elapsed() ?? node.end
        }
        const value: unknown = resolve(source, args, context, info)
        if (value instanceof Promise) return value.finally(end)
        end()
        return value
      }
    }
  }
  return copy
}

export interface Traced extends ExecutionResult {
  /** The trace, for `extensions.ftv1`. What failed says in it what the client is shown, which is not what was thrown. To be called once. */
  readonly traceOf: (shown: readonly GraphQLError[]) => string
}

/** Executes operations for which a gateway asked for a trace (`apollo-federation-include-trace: ftv1`): not compiled, every field timed. */
export function createTracer(schema: GraphQLSchema) {
  const traces = new WeakMap<object, Trace>()
  let copy: GraphQLSchema | undefined
  return async (document: DocumentNode, context: object, variables: Readonly<Record<string, unknown>>): Promise<Traced> => {
    copy ??= timed(schema, (of) => traces.get(of))
    const trace = new Trace()
    traces.set(context, trace)
    const result = await execute({ schema: copy, document, contextValue: context, variableValues: variables })
    const [endedAt, duration] = [Date.now(), trace.elapsed()]
    const traceOf = (shown: readonly GraphQLError[]): string => {
      for (const error of shown) trace.fail(error)
      return encode(trace, endedAt, duration)
    }
    return { ...result, traceOf }
  }
}
