import { type Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import { type Config } from '../config.ts'

const secretHeaders = ['authorization', 'cookie', 'x-api-key', 'proxy-authorization']

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
    destination ?? pino.destination({ fd: 2, sync: false }),
  )
}
