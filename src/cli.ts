#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Arguments, readArguments, UsageError } from './cli/arguments.ts'
import { describeFailure } from './cli/failure.ts'
import { packageRoot } from './root.ts'

/** Commands by name; each is loaded only when it is asked for, so that `--help` answers at once. */
const commands: Readonly<Record<string, (given: Arguments) => Promise<void>>> = {
  serve: async (given) => (await import('./server.ts')).serve(given.overrides),
  migrate: async (given) => (await import('./cli/migrate.ts')).migrateCommand(given),
  doctor: async (given) => {
    process.exitCode = await (await import('./cli/doctor/doctor.ts')).doctorCommand(given)
  },
  rebuild: async (given) => (await import('./cli/rebuild.ts')).rebuildCommand(given),
  schema: async (given) => (await import('./cli/schema.ts')).schemaCommand(given),
  keys: async (given) => (await import('./cli/keys.ts')).keysCommand(given),
  graph: async (given) => (await import('./cli/graph.ts')).graphCommand(given),
  records: async (given) => (await import('./cli/records.ts')).recordsCommand(given),
  audit: async (given) => (await import('./cli/audit.ts')).auditCommand(given),
  slo: async (given) => (await import('./cli/slo.ts')).sloCommand(given),
  help: async () => {
    process.stdout.write((await import('./cli/help.ts')).helpText())
  },
}

async function main(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv)
  if (given.version) {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
    process.stdout.write(`${version}\n`)
    return
  }
  const command = commands[given.command]
  if (command === undefined) throw new UsageError(`There is no command "${given.command}".`)
  await command(given)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`orrery: ${describeFailure(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
