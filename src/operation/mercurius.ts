import { type FastifyInstance } from 'fastify'
import { type DocumentNode, type GraphQLSchema, Kind } from 'graphql'
import { LRUCache } from 'lru-cache'
import mercurius from 'mercurius'
import { type Executable, executionSchema } from './executable.ts'
import { type Run } from './execute.ts'
import { type Plans } from './plans.ts'

const maxDocuments = 512

interface Running {
  readonly executable: Executable
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Queries and mutations: by their compiled plan, and by Mercurius until there is one. Mercurius would parse and validate every text again and coerce its
 * variables, which the pipeline has done: so it is given a document without definitions, as the key of its cache, and gets the definitions and the
 * variables when it is about to execute.
 */
export async function registerMercurius(app: FastifyInstance, schema: GraphQLSchema, plans: Plans): Promise<Run> {
  await app.register(mercurius, {
    schema: executionSchema(schema),
    routes: false,
    cache: maxDocuments,
    // errors are mapped once, by the pipeline
    errorFormatter: (execution) => ({ statusCode: 200, response: execution }),
  })
  const running = new WeakMap<object, Running>()
  app.graphql.addHook('preExecution', (_schema, document, context: object) => {
    const operation = running.get(context)
    if (operation === undefined) return
    // this very document is what the cache of Mercurius holds
    if (document.definitions.length === 0) Object.assign(document, { definitions: operation.executable.document.definitions })
    return { variables: operation.values }
  })

  const keys = new LRUCache<string, DocumentNode>({ max: maxDocuments })
  const keyOf = ({ text }: Executable): DocumentNode => {
    const known = keys.get(text)
    if (known !== undefined) return known
    const key: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }
    keys.set(text, key)
    return key
  }

  return async (executable, context, values) => {
    const compiled = plans.find(executable)
    if (compiled !== null) return compiled(undefined, context, values)
    running.set(context, { executable, values })
    // notes things of its own on it
    return app.graphql(keyOf(executable), context as typeof context & Record<string, unknown>)
  }
}
