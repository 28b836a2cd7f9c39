import { type Writable } from 'node:stream'
import { pino, type Logger, type SerializedError, stdSerializers } from 'pino'
import { type Config } from '../config.ts'

const secretHeaders = ['authorization', 'cookie', 'x-api-key', 'proxy-authorization']

/** Lines are written together, a quarter of a second late at most: a write of its own costs more than all else about a line. What is left is written at exit. */
export const gathered = { sync: false, minLength: 4096, periodicFlush: 250 } as const

/** What is logged of an error: drivers hang the whole command that failed on theirs, with the password in it. */
const errorFields = ['type', 'message', 'stack', 'code', 'sqlState', 'source', 'statusCode', 'path'] as const

/** `http://user:password@host`, as errors about addresses repeat it. */
const credentials = /\/\/[^\s/]*@/g

function shownOf(error: SerializedError): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const name of errorFields) {
    const value: unknown = error[name]
    if (value !== undefined) shown[name] = typeof value === 'string' ? value.replace(credentials, '//[redacted]@') : value
  }
  if (error.aggregateErrors !== undefined) shown['aggregateErrors'] = error.aggregateErrors.map(shownOf)
  return shown
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
      serializers: { err: (error: unknown) => (error instanceof Error ? shownOf(stdSerializers.err(error)) : error) },
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
