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

interface Plan {
  readonly executable: Executable
  runs: number
  compiled: CompiledPlan | null
}

/** Who runs a few times is worth a compilation: texts that come once would only burn time. */
const compileAt = 3
const maxWaiting = 100
const maxPlans = 512

/** @param schema an `executionSchema` @returns null when it cannot be compiled */
export function compilePlan(schema: GraphQLSchema, { document }: Executable): CompiledPlan | null {
  const compiled: CompiledQuery | ExecutionResult = compileQuery(schema, document)
  return isCompiledQuery(compiled) ? compiled.query : null
}

/**
 * Compiles between requests, one plan a turn of the event loop, busy or not. The compiler of Mercurius waits for a moment of idleness: a server that is
 * loaded from its start on would interpret for ever.
 */
export function createPlans(given: GraphQLSchema): Plans {
  const schema = executionSchema(given)
  const plans = new LRUCache<string, Plan>({ max: maxPlans })
  const waiting: Plan[] = []

  const compileNext = (): void => {
    const plan = waiting.shift()
    if (plan === undefined) return
    plan.compiled = compilePlan(schema, plan.executable)
    if (waiting.length > 0) setImmediate(compileNext)
  }

  return {
    find(executable) {
      if (!executable.compilable) return null
      let plan = plans.get(executable.text)
      if (plan === undefined) plans.set(executable.text, (plan = { executable, runs: 0, compiled: null }))
      if (plan.compiled === null && ++plan.runs === compileAt) {
        // who finds the queue full is counted anew
        if (waiting.length >= maxWaiting) plan.runs = 0
        else if (waiting.push(plan) === 1) setImmediate(compileNext)
      }
      return plan.compiled
    },
  }
}
