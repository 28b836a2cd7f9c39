import { type Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import { type Config } from '../config.ts'

const secretHeaders = ['authorization', 'cookie', 'x-api-key', 'proxy-authorization']

/** Lines are written together, a quarter of a second late at most: a write of its own costs more than all else about a line. What is left is written at exit. */
export const gathered = { sync: false, minLength: 4096, periodicFlush: 250 } as const

/** What is logged of an error besides its text: drivers hang the whole command that failed on theirs, with the password in it. */
const errorFields = ['code', 'sqlState', 'source', 'statusCode', 'path'] as const

/** Of a chain of causes, and of errors in one. */
const mostErrors = 10
const mostCharacters = 20_000

/** `http://user:password@host`, as errors about addresses repeat it. */
const credentials = /\/\/[^\s/]*@/g

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function'

/** A text as it may be logged. What is cut off is never the end of a password whose beginning stays. */
const shownText = (text: string): string =>
  text
    .slice(0, 2 * mostCharacters)
    .replace(credentials, '//[redacted]@')
    .slice(0, mostCharacters)

const shownField = (value: unknown): unknown => (typeof value === 'string' ? shownText(value) : value)

function textsOf(chain: readonly object[], field: 'message' | 'stack', between: string): string {
  return shownText(
    chain
      .map((link): unknown => Reflect.get(link, field))
      .filter((text) => typeof text === 'string')
      .map((text) => text.slice(0, mostCharacters))
      .join(between),
  )
}

/** Nothing is written on the error, which may be frozen: pino's own way marks those that it has seen. */
function readError(error: object): Record<string, unknown> {
  const chain = [error]
  for (let cause: unknown = Reflect.get(error, 'cause'); isObject(cause) && chain.length < mostErrors; cause = Reflect.get(cause, 'cause'))
    chain.push(cause)
  const made: unknown = Reflect.get(error, 'constructor')
  const shown: Record<string, unknown> = {
    type: typeof made === 'function' ? made.name : Reflect.get(error, 'name'),
    message: textsOf(chain, 'message', ': '),
    stack: textsOf(chain, 'stack', '\ncaused by: '),
  }
  for (const name of errorFields) {
    const value: unknown = Reflect.get(error, name)
    if (value !== undefined) shown[name] = shownField(value)
  }
  return shown
}

/** Whatever was thrown, as it is logged. It may be no error at all, and need not like to be read. */
function shownError(thrown: unknown): unknown {
  if (!isObject(thrown)) return typeof thrown === 'string' ? shownText(thrown) : String(thrown)
  try {
    const parts: unknown = Reflect.get(thrown, 'errors')
    const shown = readError(thrown)
    if (Array.isArray(parts))
      shown['aggregateErrors'] = parts.slice(0, mostErrors).map((part) => (isObject(part) ? readError(part) : shownError(part)))
    return shown
  } catch (error) {
    return { type: 'unreadable', message: `reading what was thrown failed: ${error instanceof Error ? error.name : typeof error}` }
  }
}

/**
 * Structured logs, one JSON object a line, on stderr; stdout is for what a person reads. Headers that carry proof of identity never get in, nor what drivers tell beside an error's text.
 */
export function createLogger(config: Pick<Config, 'logLevel'>, destination?: Writable): Logger {
  return pino(
    {
      level: config.logLevel,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: shownError },
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          ...secretHeaders.map((name) => `req.headers["${name}"]`),
          ...secretHeaders.map((name) => `headers["${name}"]`),
          '*.password',
          '*.token',
          '*.secret',
        ],
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ fd: 2, ...gathered }),
  )
}
