import { type Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import { type Config } from '../config.ts'

const secretHeaders = ['authorization', 'cookie', 'x-api-key', 'proxy-authorization']

/** Lines are written together, a quarter of a second late at most: a write of its own costs more than all else about a line. What is left is written at exit. */
export const gathered = { sync: false, minLength: 4096, periodicFlush: 250 } as const

/**
 * Structured logs, one JSON object a line, on stderr; stdout is for what a person reads. Headers that carry proof of identity never get in.
 */
export function createLogger(config: Pick<Config, 'logLevel'>, destination?: Writable): Logger {
  return pino(
    {
      level: config.logLevel,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
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
