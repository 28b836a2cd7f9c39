import { Writable } from 'node:stream'
import t from 'tap'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { AppError } from '../src/errors.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { everyDoor } from './support/every-transport.ts'
import { fixtureApp } from './support/fixture-app.ts'

const planted = 'planted-password'
const address = `postgres://orrery:${planted}@db.internal/orrery`

/** An error that is part of itself, by every way. */
function circular(): Error {
  const error = new AggregateError([], 'round and round')
  error.errors.push(error, undefined, Object.freeze(new Error(address)))
  error.cause = error
  return error
}

function unreadable(): Error {
  const error = new Error('nobody reads this')
  for (const name of ['message', 'stack', 'name', 'path', 'originalError', 'cause', 'code', 'errors'])
    Object.defineProperty(error, name, {
      get() {
        throw new Error(address)
      },
    })
  return error
}

/** What careless code throws, and what no code should. */
const thrown: Readonly<Record<string, () => unknown>> = {
  'a frozen error': () => Object.freeze(new Error(address)),
  'a frozen cause': () => new AppError('CONFLICT', 'It is taken.', { cause: Object.freeze(new Error(address)) }),
  'errors with nothing among them': () => new AggregateError([new Error(address), undefined, address], address),
  'a circle': circular,
  'an error that cannot be read': unreadable,
  'a long one': () => new Error(address + 'x'.repeat(5_000_000)),
  'an error with a path of its own': () => Object.assign(new Error('moved'), { path: ['srv', 'elsewhere'] }),
  'a text': () => address,
  'a symbol': () => Symbol(planted),
  nothing: () => undefined,
  'an object': () => ({ connection: { address } }),
  'an object without a prototype': () => Object.assign(Object.create(null) as object, { message: address }),
}

const make = (what: string): unknown => thrown[what]?.()
const schema = makeExecutableSchema({
  typeDefs: `
    type Query { thrown(what: String!): String rejected(what: String!): String }
    type Subscription { atStart(what: String!): Int midway(what: String!): Int }
  `,
  resolvers: {
    Query: {
      thrown: (_: unknown, { what }: { what: string }) => {
        throw make(what)
      },
      rejected: (_: unknown, { what }: { what: string }) => Promise.resolve().then(() => Promise.reject(make(what) as Error)),
    },
    Subscription: {
      atStart: {
        subscribe: (_: unknown, { what }: { what: string }) => {
          throw make(what)
        },
      },
      midway: {
        async *subscribe(_: unknown, { what }: { what: string }) {
          yield 1
          throw make(what)
        },
        resolve: (number: number) => number,
      },
    },
  },
})

t.test('whatever is thrown: every transport answers with a code, the log has a line of sane length, and no secret is told', async (t) => {
  const lines: string[] = []
  const logger = createLogger({ logLevel: 'info' }, new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  const { app } = await fixtureApp(t, {}, { schema, logger })
  const doors = await everyDoor(t, app)
  const asked = [
    ...['thrown', 'rejected'].flatMap((field) =>
      Object.entries(doors.single).map(([name, door]) => ({ name, door, field, type: 'query' })),
    ),
    ...['atStart', 'midway'].flatMap((field) =>
      Object.entries(doors.stream).map(([name, door]) => ({ name, door, field, type: 'subscription' })),
    ),
  ]
  for (const what of Object.keys(thrown)) {
    for (const { name, door, field, type } of asked) {
      lines.length = 0
      const answers = await door({ query: `${type} Ask($what: String!) { ${field}(what: $what) }`, variables: { what } })
      const by = `${what}, ${field} by ${name}`
      t.match(
        answers.at(-1)?.errors?.[0]?.extensions,
        { code: what === 'a frozen cause' ? 'CONFLICT' : 'INTERNAL_SERVER_ERROR', requestId: /./ },
        by,
      )
      t.notMatch(JSON.stringify(answers), planted, by)
      t.notMatch(JSON.stringify(answers), 'elsewhere', by)
      const told = lines.filter((line) => /"level":"(?:warn|error)"/.test(line))
      t.ok(told.length >= 1, by)
      for (const line of told) {
        t.ok(line.length < 500_000, `${by}: ${line.length} characters`)
        if (what !== 'a symbol') t.notMatch(line, planted, by)
      }
    }
  }
  t.equal(app.pipeline.active(), 0)
})
