import { banner } from './cli/banner.ts'
import { describeFailure } from './cli/failure.ts'
import { readConfigWith } from './config.ts'
import { isLateFieldFailure } from './operation/late-failure.ts'
import { type Runtime, startRuntime } from './runtime.ts'
import { createLogger } from './telemetry/logger.ts'

/**
 * The process: settings, start, signals, end. Resolves when the server is up; the process then lives until a signal. The first SIGTERM or SIGINT
 * drains, a second one ends at once.
 * @param overrides settings given by flags; they win over the environment
 * @throws what made the start impossible
 */
export async function serve(overrides: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfigWith(overrides)
  const logger = createLogger(config)
  let runtime: Runtime | null = null
  let stopping = false

  async function end(code: number): Promise<void> {
    stopping = true
    try {
      await runtime?.stop()
    } catch (error) {
      logger.error({ err: error }, 'the stop was not clean')
      process.exit(1)
    }
    process.exit(code)
  }

  const fatal = (error: unknown): void => {
    logger.fatal({ err: error }, 'the server cannot go on')
    process.stderr.write(`orrery: ${describeFailure(error)}\n`)
    if (stopping) process.exit(1)
    void end(1)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130)
    logger.info({ signal }, 'stopping')
    void end(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('uncaughtException', fatal)
  process.on('unhandledRejection', (reason) => {
    if (!isLateFieldFailure(reason)) return fatal(reason)
    logger.warn({ err: reason }, 'a field failed after its operation was answered')
  })

  runtime = await startRuntime({ config, logger, onFatal: fatal })
  // a signal may have come while the start was under way: `end` had nothing to stop then
  if (stopping) return
  process.stdout.write(banner(config, runtime.url))
}
