import { misspeltSettings } from './config/misspelt.ts'
import { withSecretFiles } from './config/secret-files.ts'
import { parseStreams, parseTenants } from './datasources/craton/craton-settings.ts'
import { type Setting, type SettingName, type Settings, settings } from './settings.ts'

/** Everything the program may know about its surroundings, parsed and frozen. Derived values come after the plain settings. */
export interface Config extends Settings {
  readonly production: boolean
  readonly sampleData: 'live' | 'static' | 'off'
  readonly graphiql: boolean
  readonly defaultTenant: string
}

/** All problems of the environment at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const names = Object.keys(settings) as SettingName[]
/** Of each setting, every name under which it can be given. */
const variableNames = Object.values<Setting<unknown>>(settings).map(({ names, secret }): readonly string[] =>
  secret === true ? [...names, ...names.map((name) => `${name}_FILE`)] : names,
)
/** Variables that may hold a secret: each can also be given as a file, by its name with `_FILE`. */
const secretNames = Object.values<Setting<unknown>>(settings).flatMap((setting) => (setting.secret === true ? setting.names : []))

/** @returns the settings that could be read; `problems` names the others */
function readPlain(env: NodeJS.ProcessEnv, problems: string[]): Partial<Settings> {
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const setting: Setting<unknown> = settings[name]
    const used = setting.names.find((variable) => env[variable] !== undefined && env[variable] !== '') ?? setting.names[0]
    const result = setting.schema.safeParse(env[used] === '' ? undefined : env[used])
    if (result.success) values[name] = result.data
    else problems.push(`${used}: ${result.error.issues.map((issue) => issue.message).join('; ')}`)
  }
  return values as Partial<Settings>
}

const withAddresses = (plain: Settings): Settings => ({
  ...plain,
  natsUrl: plain.natsUrl ?? (plain.natsHost === undefined ? undefined : `nats://${plain.natsHost}:${plain.natsPort}`),
  databaseUrl:
    plain.databaseUrl ??
    (plain.postgresHost === undefined
      ? undefined
      : `postgresql://${encodeURIComponent(plain.postgresUser)}:${encodeURIComponent(plain.postgresPassword ?? '')}@${plain.postgresHost}:${plain.postgresPort}/${encodeURIComponent(plain.postgresDb)}`),
  redisUrl:
    plain.redisUrl ??
    (plain.redisHost === undefined
      ? undefined
      : `redis://${plain.redisPassword === undefined ? '' : `:${encodeURIComponent(plain.redisPassword)}@`}${plain.redisHost}:${plain.redisPort}`),
})

/** What production needs, of the settings that could be read. */
function productionProblems(config: Partial<Settings>): string[] {
  const problems: string[] = []
  if (!config.embedded) {
    if ((config.natsUrl ?? config.natsHost) === undefined) problems.push('NATS_URL: production needs a real event log (or EMBEDDED=on)')
    if ((config.databaseUrl ?? config.postgresHost) === undefined)
      problems.push('DATABASE_URL: production needs PostgreSQL (or EMBEDDED=on)')
    if ((config.redisUrl ?? config.redisHost) === undefined) problems.push('REDIS_URL: production needs Redis (or EMBEDDED=on)')
  }
  if (config.authMode === 'none') problems.push('AUTH_MODE: `none` is refused in production')
  return problems
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Tenants and streams of the storage server: the streams need the tenants. */
function cratonProblems({ cratonTenants = [], cratonStreams = [] }: Partial<Settings>): string[] {
  const known: { tenants: ReturnType<typeof parseTenants> } = { tenants: new Map() }
  try {
    known.tenants = parseTenants(cratonTenants)
  } catch (error) {
    return [`CRATON_TENANTS: ${messageOf(error)}`]
  }
  try {
    parseStreams(cratonStreams, known.tenants)
  } catch (error) {
    return [`CRATON_STREAMS: ${messageOf(error)}`]
  }
  return []
}

const signatureAlgorithms = /^(?:(?:HS|RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/

/** Tokens that could never be verified would all be refused, each with 401 and none with the reason. */
function algorithmProblems({ authMode, jwtAlgorithms = [], jwtSecret, jwksUrl, oidcIssuer }: Partial<Settings>): string[] {
  if (jwtAlgorithms.some((algorithm) => algorithm.toLowerCase() === 'none')) return ['JWT_ALGORITHMS: `none` is never accepted']
  const unknown = jwtAlgorithms.filter((algorithm) => !signatureAlgorithms.test(algorithm))
  if (unknown.length > 0) return [`JWT_ALGORITHMS: there is no ${unknown.join(', ')}`]
  const publicKeys = jwksUrl ?? oidcIssuer
  if ((authMode !== 'jwt' && authMode !== 'both') || (jwtSecret ?? publicKeys) === undefined) return []
  if (jwtAlgorithms.some((algorithm) => (algorithm.startsWith('HS') ? jwtSecret : publicKeys) !== undefined)) return []
  return ['JWT_ALGORITHMS: none of them fits; JWT_SECRET verifies HS256 to HS512, the keys of an issuer all others']
}

/** What no setting can say of itself alone. */
function jointProblems(config: Partial<Settings>): string[] {
  const problems = config.nodeEnv === 'production' ? productionProblems(config) : []
  if ((config.authMode === 'jwt' || config.authMode === 'both') && (config.jwtSecret ?? config.jwksUrl ?? config.oidcIssuer) === undefined)
    problems.push('AUTH_MODE: tokens need JWT_SECRET, JWKS_URL or OIDC_ISSUER')
  problems.push(...algorithmProblems(config))
  const wantsSample = config.sampleData === 'live' || config.sampleData === 'static'
  if (wantsSample && (config.natsUrl ?? config.natsHost) !== undefined)
    problems.push('SAMPLE_DATA: made-up events are never written into a real log; leave it out beside NATS_URL')
  if (config.entityEvents === true && (config.natsUrl ?? config.natsHost) === undefined)
    problems.push('ENTITY_EVENTS: stubs for routers need NATS_URL')
  if (config.ticketNonces === 'redis' && (config.redisUrl ?? config.redisHost) === undefined)
    problems.push('TICKET_NONCES: redis needs REDIS_URL')
  problems.push(...cratonProblems(config))
  return problems
}

const nameOf = (problem: string): string => problem.slice(0, problem.indexOf(':'))

/**
 * Reads the environment: the only place that does.
 * @throws ConfigError naming every problem at once
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = []
  const given = withSecretFiles(env, secretNames, problems)
  problems.push(...misspeltSettings(env, variableNames))
  const read = readPlain(given, problems)
  const unreadable = new Set(problems.map(nameOf))
  problems.push(...jointProblems(read).filter((problem) => !unreadable.has(nameOf(problem))))
  if (problems.length > 0) throw new ConfigError(problems)
  const settled = withAddresses(read as Settings)
  const production = settled.nodeEnv === 'production'
  const connected = settled.natsUrl !== undefined || settled.databaseUrl !== undefined
  return Object.freeze({
    ...settled,
    production,
    sampleData: settled.sampleData ?? (connected || production ? 'off' : 'live'),
    graphiql: settled.graphiql ?? !production,
    defaultTenant: settled.defaultTenant ?? (connected ? 'default' : 'demo'),
  })
}

/**
 * The environment with some settings given another way, such as by flags of the command line.
 * @throws ConfigError as `readConfig`
 */
export const readConfigWith = (overrides: Readonly<Record<string, string>>): Config => readConfig({ ...process.env, ...overrides })

const withoutPassword = (value: string): string => {
  if (!URL.canParse(value)) return '[redacted]'
  const address = new URL(value)
  if (address.password !== '') address.password = 'redacted'
  return address.toString()
}

/** The settings as they may be printed: secrets are never shown, passwords inside addresses are cut out. */
export function printableConfig(config: Config): Record<string, unknown> {
  const printable: Record<string, unknown> = {}
  for (const name of names) {
    const setting: Setting<unknown> = settings[name]
    const value = config[name]
    if (value === undefined) continue
    if (typeof value === 'string' && (name === 'databaseUrl' || name === 'redisUrl' || name === 'natsUrl'))
      printable[name] = withoutPassword(value)
    else printable[name] = setting.secret === true ? '[redacted]' : value
  }
  return printable
}

/** A setting's line for people: names, default, what it does. */
export const describeSettings = (): { names: readonly string[]; group: string; shown: string; help: string }[] =>
  names.map((name) => {
    const { names: variables, group, shown, help } = settings[name] as Setting<unknown>
    return { names: variables, group, shown, help }
  })

/** The port alone, for a probe of the process in the same container: whatever else is wrong is not the probe's to say. */
export const readPort = (env: NodeJS.ProcessEnv = process.env): number => {
  const port = settings.port.schema.safeParse(env['PORT'] === '' ? undefined : env['PORT'])
  return port.success ? port.data : 4000
}
