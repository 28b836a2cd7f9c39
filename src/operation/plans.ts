import { type ExecutionResult, type GraphQLSchema } from 'graphql'
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit'
import { LRUCache } from 'lru-cache'
import { type Context } from '../context.ts'
import { type Executable, executionSchema } from './executable.ts'

/** Runs a compiled operation. @param root what its fields are read from: the event, for a subscription */
export type CompiledPlan = (
  root: unknown,
  context: Context,
  values: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult>

/** Compiled plans of all operations, whichever transport asks; one per text. */
export interface Plans {
  /** The plan of an operation that is about to run; null when there is none yet, or never will be: it is to be interpreted. */
  find(executable: Executable): CompiledPlan | null
}

interface Candidate {
  readonly executable: Executable
  runs: number
}

interface Known {
  readonly plan: CompiledPlan | null
  readonly bytes: number
}

/** Who runs a few times is worth a compilation: texts that come once would only burn time. */
const compileAt = 3
const maxPlans = 512
/** What all plans keep in memory, and what each of them does: so much for each selection. */
const planBytes = { all: 128 * 1024 * 1024, each: 8000, perSelection: 1600 }
/** After a compilation the loop belongs to others for so many times as long: new texts, three times each, would keep it compiling. */
const restFactor = 3

/** @param schema an `executionSchema` @returns null when it cannot be compiled */
export function compilePlan(schema: GraphQLSchema, { document }: Executable): CompiledPlan | null {
  const compiled: CompiledQuery | ExecutionResult = compileQuery(schema, document)
  return isCompiledQuery(compiled) ? compiled.query : null
}

/**
 * Compiles between requests, one plan at a time, also while the event loop is busy: that which runs most first. The compiler of Mercurius waits for a
 * moment of idleness: a server that is loaded from its start on would interpret for ever.
 */
export function createPlans(given: GraphQLSchema): Plans {
  const schema = executionSchema(given)
  /** By text; what cannot be compiled has null for ever. */
  const compiled = new LRUCache<string, Known>({ max: maxPlans, maxSize: planBytes.all, sizeCalculation: ({ bytes }) => bytes })
  // apart from those that are compiled: texts that come once push none of them out
  const candidates = new LRUCache<string, Candidate>({ max: maxPlans })
  let working = false

  const mostWanted = (): Candidate | null => {
    let most: Candidate | null = null
    for (const candidate of candidates.values()) if (candidate.runs >= compileAt && candidate.runs > (most?.runs ?? 0)) most = candidate
    return most
  }

  const compileNext = (): void => {
    const wanted = mostWanted()
    working = wanted !== null
    if (wanted === null) return
    const start = performance.now()
    candidates.delete(wanted.executable.text)
    const bytes = planBytes.each + planBytes.perSelection * wanted.executable.selections
    compiled.set(wanted.executable.text, { plan: compilePlan(schema, wanted.executable), bytes })
    setTimeout(compileNext, restFactor * (performance.now() - start)).unref()
  }

  const count = (executable: Executable): void => {
    let candidate = candidates.get(executable.text)
    if (candidate === undefined) candidates.set(executable.text, (candidate = { executable, runs: 0 }))
    candidate.runs++
    if (working || candidate.runs < compileAt) return
    working = true
    setImmediate(compileNext)
  }

  return {
    find(executable) {
      if (!executable.compilable) return null
      const known = compiled.get(executable.text)
      if (known === undefined) count(executable)
      return known?.plan ?? null
    },
  }
}
