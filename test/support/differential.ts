import { type Test } from 'tap'
import { type DocumentNode, execute, type ExecutionResult, parse, specifiedRules, validate } from 'graphql'
import { pino } from 'pino'
import { type Context } from '../../src/context.ts'
import { mapError } from '../../src/operation/errors.ts'
import { bindingOf, type Bound, executionSchema } from '../../src/operation/executable.ts'
import { createLocator } from '../../src/operation/field-at.ts'
import { isolate, selectOperation } from '../../src/operation/isolate.ts'
import { compilePlan, createPlans } from '../../src/operation/plans.ts'
import { specialise } from '../../src/operation/specialise.ts'
import { coerceVariables } from '../../src/operation/variables.ts'
import { type Generated, type Kind } from './differential-documents.ts'
import { differentialSchema, moon, planet, withLateItems } from './differential-schema.ts'

const schema = differentialSchema()
const referenceSchema = withLateItems(differentialSchema())

/** Null when the document is not valid: generated texts may select one name with two meanings. */
function readGenerated({ query, operationName }: Generated): DocumentNode | null {
  const document = parse(query)
  if (validate(schema, document, specifiedRules).length > 0) return null
  return isolate(document, selectOperation(document, operationName))
}

type Path = readonly (string | number)[]
interface Failure {
  readonly message: string
  readonly path?: Path | undefined
  readonly locations?: unknown
  readonly extensions?: unknown
}
interface Answer {
  readonly data?: unknown
  readonly errors?: readonly Failure[] | undefined
}

/** How many steps of a path lead to something: the rest lies under a null. */
function aliveFor(data: unknown, path: Path): number {
  let value = data
  for (let step = 0; step < path.length; step++) {
    if (typeof value !== 'object' || value === null) return step
    value = (value as Record<string, unknown>)[String(path[step])]
  }
  return path.length
}

/** graphql-jit names a field once for each time it was selected, and without quotes. */
const inOneDialect = (message: string): string =>
  message
    .replace(/^(Runtime Object|Abstract) type .*/, 'no type of ours')
    .replace(/\.\((\w+)(,\1)*\)/, '.$1')
    .replaceAll('"', '')

/**
 * What has to be equal in two answers: the data and its order, every error at a place that is there, and which places are null because something in them
 * failed. Which of several failures in one such place are told is left to the executor (GraphQL specification 6.4.4: one is enough, the rest may be dropped).
 */
export const comparable = ({ data, errors = [] }: Answer) => {
  const told: string[] = []
  const nulled = new Set<string>()
  for (const { message, path = [], locations, extensions } of errors) {
    const alive = aliveFor(data ?? null, path)
    if (alive < path.length) nulled.add(`${path.slice(0, alive).join('/')}: nulled`)
    else told.push(`${JSON.stringify(path)}: ${inOneDialect(message)} ${JSON.stringify({ locations, extensions })}`)
  }
  return { data: JSON.parse(JSON.stringify(data ?? null)) as unknown, errors: [...told.sort(), ...[...nulled].sort()] }
}

const log = pino({ level: 'silent' })

/** What the executors said, and what clients are told of it: codes, details, places. */
const bothTold = ({ data, errors = [] }: ExecutionResult, document: DocumentNode) => {
  // the executors place errors in different texts; clients are told by one mapper, in theirs
  const said = errors.map(({ message, path }) => ({ message, path: path?.map(String) }))
  const locate = createLocator(document)
  const shown = errors.map((error) => mapError(error, { requestId: 'r', log, locate }).toJSON())
  return { said: comparable({ data, errors: said }), shown: comparable({ data, errors: shown }) }
}

/** By the reference executor, and by the compiled plan. */
interface BothAnswers {
  readonly document: DocumentNode
  readonly reference: ExecutionResult
  readonly compiled: ExecutionResult
}

const inLists = (errors: readonly Failure[]): boolean => errors.some(({ path = [] }) => path.some((step) => typeof step === 'number'))

function kindsAnswered({ data, errors = [] }: ExecutionResult): string[] {
  const whole = data == null ? 'no data at all' : JSON.stringify(data).includes('null') ? 'nulls answered' : 'whole data'
  const coded = errors.some(({ originalError }) => originalError?.name === 'AppError')
  return [
    whole,
    ...(errors.length === 0 ? [] : ['errors']),
    ...(inLists(errors) ? ['errors in lists'] : []),
    ...(errors.length > 0 && data != null ? ['partial data'] : []),
    ...(coded ? ['errors with codes'] : []),
  ]
}

/**
 * Compares the answers to documents of one seed after the other until so many were compared.
 * @returns how often each kind of thing was in them
 */
export async function compareAnswers(
  t: Test,
  {
    count,
    from,
    next,
  }: { count: number; from: number; next: (seed: number) => Promise<{ generated: Generated; answers: readonly BothAnswers[] }> },
): Promise<ReadonlyMap<Kind | string, number>> {
  const seen = new Map<string, number>()
  let compared = 0
  for (let seed = from; compared < count; seed++) {
    const { generated, answers } = await next(seed)
    for (const [at, { document, reference, compiled }] of answers.entries()) {
      compared++
      for (const kind of [...generated.kinds, ...kindsAnswered(reference)]) seen.set(kind, (seen.get(kind) ?? 0) + 1)
      const [expected, actual] = [bothTold(reference, document), bothTold(compiled, document)]
      if (JSON.stringify(expected) !== JSON.stringify(actual))
        t.same(actual, expected, `seed ${seed}, answer ${at}: ${generated.query} ${JSON.stringify(generated.variables)}`)
    }
  }
  t.comment(`${compared} compared: ${JSON.stringify(Object.fromEntries(seen))}`)
  return seen
}

/** As the pipeline hands it on. */
function boundFor(document: DocumentNode, { variables }: Generated): Bound {
  const coerced = coerceVariables(schema, selectOperation(document, null), variables)
  return bindingOf(schema, specialise(document, coerced))(coerced)
}

const executing = executionSchema(schema)

/** What is not for the compiler is run as the pipeline runs it then. */
const interpret = ({ executable, values }: Bound, rootValue: unknown, contextValue: Context) =>
  execute({ schema: executing, document: executable.document, rootValue, contextValue, variableValues: values })

/** The same operation both ways; nothing when the document is not valid. */
export async function bothWays(generated: Generated): Promise<readonly BothAnswers[]> {
  const document = readGenerated(generated)
  if (document === null) return []
  const bound = boundFor(document, generated)
  const plan = compilePlan(executing, bound.executable)
  if (plan === null) throw new Error(`not compiled: ${generated.query}`)
  const context = {} as Context
  const reference = await execute({ schema: referenceSchema, document, variableValues: generated.variables, contextValue: context })
  return [
    {
      document,
      reference,
      compiled: await (bound.executable.compilable ? plan({}, context, bound.values) : interpret(bound, {}, context)),
    },
  ]
}

const payloads: readonly unknown[] = [
  planet(1),
  planet(3),
  moon(5),
  [planet(1), null, moon(2), moon(5)],
  [1, null, 3],
  null,
  new Error('no event'),
  'text',
  7,
]

/** Events of one subscription both ways; none when the document is not valid. */
export async function eventsBothWays(generated: Generated): Promise<readonly BothAnswers[]> {
  const document = readGenerated(generated)
  if (document === null) return []
  const bound = boundFor(document, generated)
  const { executable, values } = bound
  const plans = createPlans(schema)
  const context = {} as Context
  while (executable.compilable && plans.find(executable) === null) await new Promise((resolve) => setImmediate(resolve))
  const answers = []
  for (const value of payloads) {
    // what has no resolver of its own is read from the event
    const payload = { value, plain: value }
    const reference = await execute({
      schema: referenceSchema,
      document,
      rootValue: payload,
      contextValue: context,
      variableValues: generated.variables,
    })
    answers.push({
      document,
      reference,
      compiled: await (plans.find(executable)?.(payload, context, values) ?? interpret(bound, payload, context)),
    })
  }
  return answers
}
