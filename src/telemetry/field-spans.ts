import { AsyncLocalStorage } from 'node:async_hooks'
import { defaultFieldResolver, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql'
import { type Span, type Spans } from './spans.ts'

/** Spans of the fields that have a resolver of their own, below the span of their operation. */
export interface FieldSpans {
  /** Work of one operation: its fields are spans below `operation`, ended when it is done. */
  within<T>(operation: Span, work: () => Promise<T>): Promise<T>
}

/** A field on every object of a list is one span, from its first call to its last answer. */
interface FieldSpan {
  readonly span: Span
  calls: number
  failed: boolean
  endNs: bigint
}

interface Operation {
  readonly span: Span
  readonly fields: Map<string, FieldSpan>
  open: boolean
}

/** Fields of one operation that get a span; the rest is part of the operation's. */
const maxFields = 100

/** Where in the answer a field is, list positions left out. */
function placeOf(path: GraphQLResolveInfo['path']): string {
  let place = ''
  for (let step: GraphQLResolveInfo['path'] | undefined = path; step !== undefined; step = step.prev)
    if (typeof step.key === 'string') place = place === '' ? step.key : `${step.key}.${place}`
  return place
}

/** Wraps the resolvers of a schema in place. @param now nanoseconds */
export function traceFields(schema: GraphQLSchema, spans: Spans, now: () => bigint): FieldSpans {
  const operations = new AsyncLocalStorage<Operation>()

  const enter = (info: GraphQLResolveInfo): FieldSpan | null => {
    const operation = operations.getStore()
    if (operation === undefined || !operation.open) return null
    const { span: parent, fields } = operation
    const place = placeOf(info.path)
    let field = fields.get(place)
    if (field === undefined) {
      if (fields.size >= maxFields) return null
      const span = spans.start({
        name: `${info.parentType.name}.${info.fieldName}`,
        kind: 'INTERNAL',
        parent,
        attributes: { 'graphql.field.path': place },
      })
      fields.set(place, (field = { span, calls: 0, failed: false, endNs: now() }))
    }
    field.calls++
    return field
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field
      if (resolve === undefined || resolve === defaultFieldResolver) continue
      field.resolve = (source, args, context, info) => {
        const entered = enter(info)
        if (entered === null) return resolve(source, args, context, info)
        const leave = (failed: boolean): void => {
          entered.failed ||= failed
          entered.endNs = now()
        }
        try {
          const value: unknown = spans.within(entered.span, () => resolve(source, args, context, info))
          if (!(value instanceof Promise)) leave(value instanceof Error)
          else
            value.then(
              () => leave(false),
              () => leave(true),
            )
          return value
        } catch (error) {
          leave(true)
          throw error
        }
      }
    }
  }

  return {
    async within(operation, work) {
      if (!operation.sampled) return spans.within(operation, work)
      const known: Operation = { span: operation, fields: new Map(), open: true }
      try {
        return await operations.run(known, () => spans.within(operation, work))
      } finally {
        known.open = false
        for (const { span, calls, failed, endNs } of known.fields.values())
          span.end({ failed, endNs, attributes: { 'graphql.field.calls': calls } })
      }
    },
  }
}
