import { join } from 'node:path'
import t from 'tap'
import { ConfigError, describeSettings, printableConfig, readConfig } from '../src/config.ts'
import { settings } from '../src/settings.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

t.test('without any setting everything is embedded and the caller is in the demo tenant', async (t) => {
  const config = readConfig({})
  t.match(config, {
    port: 4000,
    host: '127.0.0.1',
    sampleData: 'live',
    defaultTenant: 'demo',
    graphiql: true,
    production: false,
    authMode: 'none',
  })
  t.equal(config.natsUrl, undefined)
  t.equal(config.databaseUrl, undefined)
  t.ok(Object.isFrozen(config))
})

t.test('all problems are reported at once, by the name that people wrote', async (t) => {
  const problems = problemsOf({
    PORT: 'ninety',
    NATS_URL: 'http://nats',
    ROLES: 'api,boss',
    GRAPHQL_MAX_COMPLEXITY: '0',
    JWT_SECRET: 'short',
    CRITICAL_SOURCES: 'sql,postgres',
  })
  for (const name of ['PORT', 'NATS_URL', 'ROLES', 'GRAPHQL_MAX_COMPLEXITY', 'JWT_SECRET', 'CRITICAL_SOURCES'])
    t.ok(
      problems.some((problem) => problem.startsWith(`${name}: `)),
      `${name} is named`,
    )
  t.equal(problems.length, 6)
})

t.test('a transport that is not spoken is no address of NATS', async (t) => {
  for (const scheme of ['ws', 'wss']) t.match(problemsOf({ NATS_URL: `${scheme}://nats:443` }), [/^NATS_URL: must be an address/])
  for (const scheme of ['nats', 'tls']) t.strictSame(problemsOf({ NATS_URL: `${scheme}://nats:4222` }), [])
})

t.test('an address that is asked over HTTP holds no password: it would be told with every failure', (t) => {
  for (const name of ['JWKS_URL', 'OIDC_ISSUER', 'PROMETHEUS_URL', 'ALERTMANAGER_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'ORRERY_URL']) {
    const problems = problemsOf({ [name]: 'http://ana:hunter2@host:9090' })
    t.match(problems, [new RegExp(`^${name}: must hold no user and no password`)])
    t.notMatch(problems.join(), /hunter2/)
    t.strictSame(problemsOf({ [name]: 'http://host:9090/under@this' }), [])
  }
  t.end()
})

t.test('a name one slip away from a setting that is given belongs to another program', async (t) => {
  const wrong = { DATABASE_URI: 'mysql://elsewhere/theirs' }
  const right = 'postgres://here/ours'
  t.match(problemsOf(wrong), [/^DATABASE_URI: there is no such setting; DATABASE_URL was meant/])
  t.match(problemsOf({ ...wrong, DATABASE_URL: '' }), [/^DATABASE_URI: /])
  t.strictSame(problemsOf({ ...wrong, DATABASE_URL: right }), [])
  t.match(problemsOf({ CORS_ORIGINZ: 'https://a.example' }), [/^CORS_ORIGINZ: /])
  t.strictSame(problemsOf({ CORS_ORIGINZ: 'https://a.example', ALLOWED_ORIGINS: 'https://b.example' }), [], 'under another of its names')
  const file = join(t.testdir({ url: right }), 'url')
  t.strictSame(problemsOf({ ...wrong, DATABASE_URL_FILE: file }), [], 'or from a file')
})

t.test('production names every missing store and the open door at once', async (t) => {
  const problems = problemsOf({ NODE_ENV: 'production' })
  t.strictSame(
    problems.map((problem) => problem.split(':')[0]),
    ['NATS_URL', 'DATABASE_URL', 'REDIS_URL', 'AUTH_MODE'],
  )
  t.strictSame(problemsOf({ NODE_ENV: 'production', EMBEDDED: 'on', AUTH_MODE: 'apikey' }), [])
})

t.test('what settings need of each other is reported together with what is wrong in them', async (t) => {
  t.strictSame(problemsOf({ NODE_ENV: 'production', PORT: '-1', NATS_URL: 'http://nats', AUTH_MODE: 'jwt', JWT_ALGORITHMS: 'none' }), [
    'PORT: must be at least 0',
    'NATS_URL: must be an address with nats or tls://',
    'DATABASE_URL: production needs PostgreSQL (or EMBEDDED=on)',
    'REDIS_URL: production needs Redis (or EMBEDDED=on)',
    'AUTH_MODE: tokens need JWT_SECRET, JWKS_URL or OIDC_ISSUER',
    'JWT_ALGORITHMS: `none` is never accepted',
  ])
})

t.test('what would silently do nothing, or take a limit away, is refused', async (t) => {
  for (const name of ['BUDGET_CAPACITY', 'RATE_LIMIT_MAX', 'GRAPHQL_MAX_ALIASES', 'GRAPHQL_TRUSTED_MAX_COST', 'OTEL_TRACES_SAMPLER_ARG'])
    t.strictSame(problemsOf({ [name]: ' ' }), [`${name}: must be a number`])
  for (const name of ['prod', 'Production', 'PRODUCTION']) t.match(problemsOf({ NODE_ENV: name }), [/^NODE_ENV: write `production`/])
  t.strictSame(problemsOf({ NODE_ENV: 'staging' }), [])
  for (const origin of ['app.example', 'https://app.example/', 'https://app.example/ui', 'https://app.example:443', 'https://App.example'])
    t.match(problemsOf({ CORS_ORIGINS: `https://other.example,${origin}` }), [/^CORS_ORIGINS: must be origins/], origin)
  t.strictSame(problemsOf({ CORS_ORIGINS: 'https://app.example,http://localhost:3000,tauri://localhost,*' }), [])
  t.match(problemsOf({ DEFAULT_TENANT: 'acme.test' }), [/^DEFAULT_TENANT: must be a name/])
  const tokens = { AUTH_MODE: 'jwt', JWT_SECRET: 'a secret of at least thirty-two characters' }
  t.strictSame(problemsOf({ ...tokens, JWT_ALGORITHMS: 'HS256,HS265' }), ['JWT_ALGORITHMS: there is no HS265'])
  for (const algorithms of ['RS256', ','])
    t.match(problemsOf({ ...tokens, JWT_ALGORITHMS: algorithms }), [/^JWT_ALGORITHMS: none of them fits/])
  t.strictSame(problemsOf({ ...tokens, JWT_ALGORITHMS: 'RS256', OIDC_ISSUER: 'https://issuer.test' }), [])
})

t.test('sample data is for the embedded log only', async (t) => {
  t.match(problemsOf({ SAMPLE_DATA: 'static', NATS_HOST: 'nats' }), [/^SAMPLE_DATA: /])
  t.strictSame(problemsOf({ SAMPLE_DATA: 'off', NATS_HOST: 'nats' }), [])
  t.equal(readConfig({ SAMPLE_DATA: 'live', DATABASE_URL: 'postgres://db/x' }).sampleData, 'live')
})

t.test('an empty variable counts as not set', async (t) => {
  t.equal(readConfig({ PORT: '', NATS_URL: '' }).port, 4000)
})

t.test('addresses can be given in parts, with odd characters in passwords', async (t) => {
  const config = readConfig({
    NATS_HOST: 'nats.internal',
    POSTGRES_HOST: 'db',
    POSTGRES_PASSWORD: 'p@ss/w:rd',
    REDIS_HOST: 'cache',
    REDIS_PASSWORD: 'a b',
  })
  t.equal(config.natsUrl, 'nats://nats.internal:4222')
  t.equal(config.databaseUrl, 'postgresql://orrery:p%40ss%2Fw%3Ard@db:5432/orrery')
  t.equal(config.redisUrl, 'redis://:a%20b@cache:6379')
  t.match(config, { sampleData: 'off', defaultTenant: 'default' })
})

t.test('an address wins over its parts, and a first name over its alias', async (t) => {
  t.equal(readConfig({ NATS_URL: 'nats://a:1', NATS_HOST: 'b' }).natsUrl, 'nats://a:1')
  t.equal(readConfig({ GRAPHQL_MAX_COST: '5', GRAPHQL_MAX_COMPLEXITY: '7' }).maxCost, 5)
  t.equal(readConfig({ GRAPHQL_MAX_COMPLEXITY: '7' }).maxCost, 7)
})

t.test('no secret is in what may be printed', async (t) => {
  const config = readConfig({
    DATABASE_URL: 'postgresql://me:hunter2@db/orrery',
    NATS_URL: 'nats://me:hunter2@nats:4222',
    REDIS_URL: 'redis://:hunter2@cache:6379',
    POSTGRES_PASSWORD: 'hunter2',
    REDIS_PASSWORD: 'hunter2',
    JWT_SECRET: 'hunter2'.repeat(6),
    CURSOR_KEYS: 'hunter2hunter2hunter2',
  })
  const printed = JSON.stringify(printableConfig(config))
  t.notMatch(printed, /hunter2/)
  t.match(printed, /db\/orrery/, 'what is no secret stays readable')
})

t.test('every setting says what it does', async (t) => {
  const described = describeSettings()
  t.equal(described.length, Object.keys(settings).length)
  t.strictSame(
    described.filter(({ help }) => help.trim() === ''),
    [],
  )
})
