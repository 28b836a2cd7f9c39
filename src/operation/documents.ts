import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, type OperationTypeNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type Requirement } from '../auth/requirements.ts'
import { collectRequirements } from './authorise.ts'
import { compileCost, type CostPlan } from './cost-plan.ts'
import { createWeights } from './cost-weights.ts'
import { type Bind, bindingOf } from './executable.ts'
import { createFairCache } from './fair-cache.ts'
import { createIntrospectionCheck } from './introspection.ts'
import { isolate, selectOperation } from './isolate.ts'
import { checkLimits, type Limits } from './limits.ts'
import { parseDocument } from './parse.ts'
import { Refused } from './refused.ts'
import { conditionVariables, specialise } from './specialise.ts'
import { validateDocument } from './validate.ts'

/** One operation of a document, with everything that can be known without its variables. */
export interface KnownOperation {
  /** As the client wrote it, without the document's other operations. */
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  /** What is executed, its conditions decided by the coerced variables. Two spellings of one operation share its text, and with it the compiled plan. */
  readonly bind: Bind
  readonly name: string | null
  readonly type: OperationTypeNode
  readonly plan: CostPlan
  /** What its fields ask of the caller. */
  readonly requirements: readonly Requirement[]
}

export interface DocumentsOptions {
  readonly schema: GraphQLSchema
  readonly maxTokens: number
  readonly limits: Limits
  readonly introspection: boolean
  readonly onLookup?: ((outcome: 'hit' | 'miss') => void) | undefined
}

/** Parsed and validated documents by their text. */
export interface Documents {
  /** Whether it was read before: then it costs nothing to find, or to refuse again. */
  knows(text: string): boolean
  /**
   * @param tenantId who asks: nobody can push out what others use
   * @throws Refused PARSE, COST, OPERATION or VALIDATION
   */
  find(text: string, operationName: string | null, tenantId: string): KnownOperation
}

interface Entry {
  readonly document: DocumentNode
  readonly operations: Map<string | null, KnownOperation>
}

/** What a parsed document keeps in memory grows with its tokens: each is an object, and part of a node or two. */
const bytesPerToken = 300
/** What one way to run an operation keeps, its price and its text among it: so much, and as much again for each character of the text. */
const bytesPerBinding = 4000
const bytesPerCharacter = 30
const goodBytes = 64 * 1024 * 1024
const badCharacters = 500_000

/** Combinations of conditions that are remembered: beyond, they are decided anew. */
const maxCombinations = 16

/** Comments are tokens too, though the parser does not count them. */
const bytesOf = (document: DocumentNode, text: string): number =>
  2 * text.length + bytesPerToken * ((document.tokenCount ?? text.length) + text.split('#').length)

/** @param onKept told what each combination of conditions keeps in memory from now on */
function bindingsOf(schema: GraphQLSchema, document: DocumentNode, onKept: (bytes: number) => void): Bind {
  const names = conditionVariables(document)
  const known = new Map<string, Bind>()
  return (values) => {
    const key = names?.map((name) => (values[name] === true ? '1' : '0')).join('') ?? ''
    const before = known.get(key)
    if (before !== undefined) return before(values)
    const made = bindingOf(schema, names === null ? document : specialise(document, values))
    const bound = made(values)
    if (known.size < maxCombinations) {
      known.set(key, made)
      onKept(bytesPerBinding + bytesPerCharacter * bound.executable.text.length)
    }
    return bound
  }
}

/** Bounded; documents that were refused have a cache of their own, so that they cannot push good ones out. */
export function createDocuments(options: DocumentsOptions): Documents {
  // what is kept of a document grows with what is made of it
  const good = createFairCache<Entry>({ maxBytes: goodBytes, maxEntries: 2000 })
  const bad = new LRUCache<string, Refused>({ max: 200, maxSize: badCharacters, sizeCalculation: (_, text) => text.length + 1 })

  const { schema } = options
  const weights = createWeights(schema)
  const checkIntrospection = createIntrospectionCheck(schema)

  const read = (text: string): Entry => {
    const refused = bad.get(text)
    if (refused !== undefined) throw refused
    try {
      const document = parseDocument(text, options.maxTokens)
      checkLimits(document, options.limits)
      validateDocument(schema, document, { introspection: options.introspection, maxDepth: options.limits.maxDepth })
      checkIntrospection(document)
      return { document, operations: new Map() }
    } catch (error) {
      if (error instanceof Refused) bad.set(text, error)
      throw error
    }
  }

  const known = (text: string, entry: Entry, operationName: string | null): KnownOperation => {
    const definition = selectOperation(entry.document, operationName)
    const document = isolate(entry.document, definition)
    return {
      document,
      definition,
      bind: bindingsOf(schema, document, (bytes) => good.grow(text, entry, bytes)),
      name: definition.name?.value ?? null,
      type: definition.operation,
      plan: compileCost(schema, weights, document, definition),
      requirements: collectRequirements(schema, document),
    }
  }

  return {
    knows: (text) => good.has(text) || bad.has(text),
    find(text, operationName, tenantId) {
      let entry = good.get(text, tenantId)
      options.onLookup?.(entry === undefined ? 'miss' : 'hit')
      if (entry === undefined) {
        entry = read(text)
        good.set(text, entry, { bytes: bytesOf(entry.document, text), tenantId })
      }
      let operation = entry.operations.get(operationName)
      if (operation === undefined) {
        operation = known(text, entry, operationName)
        entry.operations.set(operationName, operation)
      }
      return operation
    },
  }
}
