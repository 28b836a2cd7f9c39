import { type FastifyInstance } from 'fastify'
import { type DocumentNode, type GraphQLSchema, Kind } from 'graphql'
import { LRUCache } from 'lru-cache'
import mercurius from 'mercurius'
import { type Executable, executionSchema } from './executable.ts'
import { type Run } from './execute.ts'

/** Plans that are kept, here and by Mercurius. */
const maxPlans = 512

interface Running {
  readonly executable: Executable
  readonly values: Record<string, unknown>
}

/**
 * Mercurius as what executes queries and mutations: it counts how often a plan is asked for and compiles it between requests. It would parse and validate
 * every text again and coerce its variables, which the pipeline has done: so it is given a document without definitions for each plan, as the key of its
 * cache, and gets the definitions and the variables when it is about to execute.
 */
export async function registerMercurius(app: FastifyInstance, schema: GraphQLSchema): Promise<Run> {
  await app.register(mercurius, {
    schema: executionSchema(schema),
    routes: false,
    cache: maxPlans,
    // one a turn of the event loop; also while the server is busy, or a start under load would stay slow for ever
    jit: { minCount: 3, eluThreshold: 1, maxCompilePerTick: 1, maxQueueSize: 100 },
    // errors are mapped once, by the pipeline
    errorFormatter: (execution) => ({ statusCode: 200, response: execution }),
  })
  const running = new WeakMap<object, Running>()
  app.graphql.addHook('preExecution', (_schema, document, context: object) => {
    const operation = running.get(context)
    if (operation === undefined) return
    // this very document is what the cache of Mercurius holds, and what it compiles
    if (document.definitions.length === 0) Object.assign(document, { definitions: operation.executable.document.definitions })
    return { variables: operation.values }
  })

  const keys = new LRUCache<string, DocumentNode>({ max: maxPlans })
  const keyOf = ({ text }: Executable): DocumentNode => {
    const known = keys.get(text)
    if (known !== undefined) return known
    const key: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }
    keys.set(text, key)
    return key
  }

  return (executable, context, values) => {
    const own = { ...context }
    running.set(own, { executable, values })
    return app.graphql(keyOf(executable), own)
  }
}
