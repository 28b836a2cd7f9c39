import { execute, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit'
import { LRUCache } from 'lru-cache'
import { type Context } from '../context.ts'
import { type Executable, executionSchema } from './executable.ts'

export interface SubscriptionEvent {
  /** What the source gave: the root value of the selection. */
  readonly payload: unknown
  readonly context: Context
  readonly values: Readonly<Record<string, unknown>>
}

/** Executes the events of subscriptions by compiled plans: Mercurius, which keeps the plans of queries, has no place for an event. */
export interface EventPlans {
  run(executable: Executable, event: SubscriptionEvent): ExecutionResult | Promise<ExecutionResult>
}

interface Plan {
  readonly executable: Executable
  events: number
  /** `FAILED`: the compiler refused it, which leaves the reference executor. */
  compiled: CompiledQuery | 'FAILED' | null
}

/** As for queries: who asks a few times is worth a compilation, one a turn of the event loop, and never many in waiting. */
const compileAt = 3
const maxWaiting = 100
const maxPlans = 512

/** One plan per text of an operation, shared by its streams, compiled between events. */
export function createEventPlans(given: GraphQLSchema): EventPlans {
  const schema = executionSchema(given)
  const plans = new LRUCache<string, Plan>({ max: maxPlans })
  const waiting: Plan[] = []

  const compileNext = (): void => {
    const plan = waiting.shift()
    if (plan === undefined) return
    const made = compileQuery(schema, plan.executable.document)
    plan.compiled = isCompiledQuery(made) ? made : 'FAILED'
    if (waiting.length > 0) setImmediate(compileNext)
  }

  const compileSoon = (plan: Plan): void => {
    if (waiting.length >= maxWaiting) return void (plan.events = 0)
    if (waiting.push(plan) === 1) setImmediate(compileNext)
  }

  return {
    run(executable, { payload, context, values }) {
      let plan = plans.get(executable.text)
      if (plan === undefined) plans.set(executable.text, (plan = { executable, events: 0, compiled: null }))
      const { compiled } = plan
      if (compiled !== null && compiled !== 'FAILED') return compiled.query(payload, context, values)
      if (++plan.events === compileAt) compileSoon(plan)
      const { document } = plan.executable
      return execute({ schema, document, rootValue: payload, contextValue: context, variableValues: values })
    },
  }
}
