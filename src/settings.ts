import { z } from 'zod'
import { isTenantName } from './auth/tenant.ts'
import { domains } from './schema.ts'

/** One setting: its name in the environment, what it does, how it is read. The README table and `--help` are made from this list. */
export interface Setting<T> {
  readonly names: readonly [string, ...string[]]
  readonly group: 'Server' | 'Stores' | 'Storage' | 'Demon' | 'Identity' | 'Limits' | 'Streams' | 'Guarantees' | 'Telemetry'
  readonly help: string
  readonly secret?: boolean
  /** Reads the text of the environment; `undefined` text means not set. */
  readonly schema: z.ZodType<T>
  /** The default as shown to people. */
  readonly shown: string
}

const text = z.string().trim()
const optional = text.min(1).optional()
const address = (...schemes: string[]) =>
  text.refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.replace(':', '')), `must be an address with ${schemes.join(' or ')}://`)
const url = (...schemes: string[]) => address(...schemes).optional()
/** `fetch` refuses addresses with credentials, and repeats them in its error. */
const webUrl = address('http', 'https')
  .refine((value) => !URL.canParse(value) || new URL(value).username + new URL(value).password === '', 'must hold no user and no password')
  .optional()
/** A blank would be read as 0, which takes many a limit away. */
const written = z.string().regex(/\S/, 'must be a number')
const number = z.coerce.number<string>('must be a number')
const wholeNumber = (min: number, max: number) => written.pipe(number.int('must be a whole number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
const whole = (fallback: number, min: number, max: number) => wholeNumber(min, max).default(fallback)
/** As browsers send it in `Origin`: a path, a slash at the end or a default port would never match. */
const isOrigin = (value: string): boolean => value === '*' || (/^https?:/.test(value) ? URL.canParse(value) && new URL(value).origin === value : /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/.test(value))
const choice = <const C extends readonly [string, ...string[]]>(...choices: C) => z.enum(choices)
const list = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()).filter((part) => part !== ''))
const onOff = (fallback: boolean) => z.enum(['on', 'off', 'true', 'false', '1', '0']).default(fallback ? 'on' : 'off').transform((value) => ['on', 'true', '1'].includes(value))

/** How many proxies there are in front. */
const proxies = z.union([z.enum(['on', 'true']).transform(() => 1), z.enum(['off', 'false']).transform(() => 0), wholeNumber(0, 16)], 'must be on, off, or how many there are').default(0)

/** At least the first is there: a schema without any domain would be no schema. */
const [firstDomain = 'system', ...otherDomains] = domains
const domainNames = [firstDomain, ...otherDomains] as const

const setting = <T>(definition: Setting<T>): Setting<T> => definition

export const settings = {
  nodeEnv: setting({ names: ['NODE_ENV'], group: 'Server', help: '`production` refuses missing stores and open doors.', schema: text.refine((value) => value === 'production' || !/^prod/i.test(value), 'write `production`: anything else is none').default('development'), shown: 'development' }),
  host: setting({ names: ['HOST'], group: 'Server', help: 'Address to listen on.', schema: text.default('127.0.0.1'), shown: '127.0.0.1' }),
  port: setting({ names: ['PORT'], group: 'Server', help: 'Port to listen on; 0 takes a free one.', schema: whole(4000, 0, 65535), shown: '4000' }),
  dataDir: setting({ names: ['DATA_DIR'], group: 'Server', help: 'Folder of the embedded store; locked while in use.', schema: text.min(1).default('data'), shown: 'data' }),
  sampleData: setting({ names: ['SAMPLE_DATA'], group: 'Server', help: '`live` loads a sample into tenant `demo` and keeps it moving, `static` only loads it, `off` starts empty. Embedded only.', schema: choice('live', 'static', 'off').optional(), shown: 'live when embedded, else off' }),
  roles: setting({ names: ['ROLES'], group: 'Server', help: 'What this process does: `api`, `worker` or both.', schema: list.pipe(z.array(choice('api', 'worker')).min(1)).prefault('api,worker'), shown: 'api,worker' }),
  subgraphs: setting({ names: ['SUBGRAPHS'], group: 'Server', help: 'Comma list of the domains that this process serves as a Federation v2 subgraph of its own.', schema: list.pipe(z.array(choice(...domainNames)).min(1)).optional(), shown: 'all' }),
  graphiql: setting({ names: ['GRAPHIQL'], group: 'Server', help: 'Serves the IDE at /graphiql.', schema: onOff(true).optional(), shown: 'on, off in production' }),
  introspection: setting({ names: ['GRAPHQL_INTROSPECTION'], group: 'Server', help: 'Answers introspection queries.', schema: onOff(true), shown: 'on' }),
  corsOrigins: setting({ names: ['CORS_ORIGINS', 'ALLOWED_ORIGINS', 'CORS_ORIGIN'], group: 'Server', help: 'Comma list of origins that browsers may call from, such as `https://app.example`; `*` = any.', schema: list.pipe(z.array(z.string().refine(isOrigin, 'must be origins such as https://app.example, without a path or a slash at the end'))).prefault(''), shown: 'none' }),
  trustProxy: setting({ names: ['TRUST_PROXY'], group: 'Server', help: 'Believes X-Forwarded-* of the proxy in front; a number where there are several in a row.', schema: proxies, shown: 'off' }),
  httpProfile: setting({ names: ['GRAPHQL_HTTP_PROFILE'], group: 'Server', help: 'Status codes of GraphQL over HTTP: `audit` or `spec2026`.', schema: choice('audit', 'spec2026').default('audit'), shown: 'audit' }),
  drainTimeoutMs: setting({ names: ['DRAIN_TIMEOUT_MS'], group: 'Server', help: 'How long a stopping server waits for requests and streams, in ms.', schema: whole(10_000, 0, 600_000), shown: '10000' }),
  drainGraceMs: setting({ names: ['DRAIN_GRACE_MS'], group: 'Server', help: 'How long a stopping server goes on answering, so that nobody sends a request into a connection that is being closed, in ms.', schema: whole(500, 0, 60_000), shown: '500' }),

  natsUrl: setting({ names: ['NATS_URL'], group: 'Stores', help: 'NATS with JetStream: the event log. Unset: a table in SQL.', schema: url('nats', 'tls'), shown: 'embedded' }),
  natsHost: setting({ names: ['NATS_HOST'], group: 'Stores', help: 'Host, where NATS_URL is not given.', schema: optional, shown: '' }),
  natsPort: setting({ names: ['NATS_PORT'], group: 'Stores', help: 'Port beside NATS_HOST.', schema: whole(4222, 1, 65535), shown: '4222' }),
  natsCredsPath: setting({ names: ['NATS_CREDS_PATH'], group: 'Stores', help: 'File with NATS credentials.', schema: optional, shown: '' }),
  natsCreateStreams: setting({ names: ['NATS_CREATE_STREAMS'], group: 'Stores', help: 'Makes missing streams with exactly Demon\'s settings.', schema: onOff(false), shown: 'off' }),
  databaseUrl: setting({ names: ['DATABASE_URL'], group: 'Stores', help: 'PostgreSQL. Unset: PGlite in DATA_DIR.', secret: true, schema: url('postgres', 'postgresql'), shown: 'embedded' }),
  postgresHost: setting({ names: ['POSTGRES_HOST'], group: 'Stores', help: 'Host, where DATABASE_URL is not given.', schema: optional, shown: '' }),
  postgresPort: setting({ names: ['POSTGRES_PORT'], group: 'Stores', help: 'Port beside POSTGRES_HOST.', schema: whole(5432, 1, 65535), shown: '5432' }),
  postgresDb: setting({ names: ['POSTGRES_DB'], group: 'Stores', help: 'Database beside POSTGRES_HOST.', schema: text.default('orrery'), shown: 'orrery' }),
  postgresUser: setting({ names: ['POSTGRES_USER'], group: 'Stores', help: 'User beside POSTGRES_HOST.', schema: text.default('orrery'), shown: 'orrery' }),
  postgresPassword: setting({ names: ['POSTGRES_PASSWORD'], group: 'Stores', help: 'Password beside POSTGRES_HOST.', secret: true, schema: optional, shown: '' }),
  databasePoolSize: setting({ names: ['DATABASE_POOL_SIZE'], group: 'Stores', help: 'PostgreSQL connections of this process.', schema: whole(10, 1, 200), shown: '10' }),
  redisUrl: setting({ names: ['REDIS_URL'], group: 'Stores', help: 'Redis: budgets, persisted documents. Unset: memory.', secret: true, schema: url('redis', 'rediss'), shown: 'embedded' }),
  redisHost: setting({ names: ['REDIS_HOST'], group: 'Stores', help: 'Host, where REDIS_URL is not given.', schema: optional, shown: '' }),
  redisPort: setting({ names: ['REDIS_PORT'], group: 'Stores', help: 'Port beside REDIS_HOST.', schema: whole(6379, 1, 65535), shown: '6379' }),
  redisPassword: setting({ names: ['REDIS_PASSWORD'], group: 'Stores', help: 'Password beside REDIS_HOST.', secret: true, schema: optional, shown: '' }),
  prometheusUrl: setting({ names: ['PROMETHEUS_URL'], group: 'Stores', help: 'Prometheus: objectives that it measures. Unset: only our own counters and events.', schema: webUrl, shown: '' }),
  alertmanagerUrl: setting({ names: ['ALERTMANAGER_URL'], group: 'Stores', help: 'Alertmanager: alerts, silences, inhibitions.', schema: webUrl, shown: '' }),
  sourceTimeoutMs: setting({ names: ['SOURCE_TIMEOUT_MS'], group: 'Stores', help: 'Deadline of one call to a store, in ms.', schema: whole(5000, 50, 600_000), shown: '5000' }),
  embedded: setting({ names: ['EMBEDDED'], group: 'Stores', help: 'Allows embedded stores in production.', schema: onOff(false), shown: 'off' }),
  criticalSources: setting({ names: ['CRITICAL_SOURCES'], group: 'Stores', help: 'Comma list of the sources without which the server is not ready.', schema: list.pipe(z.array(choice('sql', 'log', 'cache'))).prefault('sql,log'), shown: 'sql,log' }),

  recordMaxBytes: setting({ names: ['RECORD_MAX_BYTES'], group: 'Storage', help: 'Largest payload of one record of a native stream.', schema: whole(65_536, 1, 8_388_608), shown: '65536' }),
  recordBatchMax: setting({ names: ['RECORD_BATCH_MAX'], group: 'Storage', help: 'Most records of one append.', schema: whole(1_000, 1, 10_000), shown: '1000' }),
  recordBatchMaxBytes: setting({ names: ['RECORD_BATCH_MAX_BYTES'], group: 'Storage', help: 'Largest sum of payloads of one append.', schema: whole(4_194_304, 1, 33_554_432), shown: '4194304' }),
  cratonAddr: setting({ names: ['CRATON_ADDR'], group: 'Storage', help: 'Craton or Kimberlite server, as `host:port` of its wire protocol. Unset: native streams only.', schema: text.regex(/^.+:\d{1,5}$/, 'must be host:port').optional(), shown: 'none' }),
  cratonHttpUrls: setting({ names: ['CRATON_HTTP_URL'], group: 'Storage', help: 'Comma list of the HTTP sidecars of its nodes.', schema: list.pipe(z.array(z.url({ protocol: /^https?$/ }))).prefault(''), shown: 'none' }),
  cratonTenants: setting({ names: ['CRATON_TENANTS'], group: 'Storage', help: 'Comma list of our tenants and their numbers there: `demo=7,acme=8`.', schema: list.prefault(''), shown: 'none' }),
  cratonStreams: setting({ names: ['CRATON_STREAMS'], group: 'Storage', help: 'Comma list of the streams that are served: `demo/orders=1:PHI` (local id and data class).', schema: list.prefault(''), shown: 'those made through Orrery' }),
  cratonToken: setting({ names: ['CRATON_TOKEN'], group: 'Storage', help: 'Token or API key of the handshake.', secret: true, schema: optional, shown: '' }),
  cratonTls: setting({ names: ['CRATON_TLS'], group: 'Storage', help: 'Speaks TLS, to a proxy in front of the server.', schema: onOff(false), shown: 'off' }),
  cratonTlsCaPath: setting({ names: ['CRATON_TLS_CA_PATH'], group: 'Storage', help: 'File with the certificate authority of that proxy.', schema: optional, shown: '' }),
  cratonVersion: setting({ names: ['CRATON_VERSION'], group: 'Storage', help: 'Accepts a server of this version, though it is neither 0.8 nor 0.9.', schema: optional, shown: '0.8 or 0.9' }),
  cratonDataDir: setting({ names: ['CRATON_DATA_DIR'], group: 'Storage', help: "The server's data directory, where it can be read: chains are then checked from its files.", schema: optional, shown: '' }),
  cratonPoolSize: setting({ names: ['CRATON_POOL_SIZE'], group: 'Storage', help: 'Connections to the server.', schema: whole(4, 1, 64), shown: '4' }),
  cratonPollMs: setting({ names: ['CRATON_POLL_MS'], group: 'Storage', help: 'First pause between two looks at a stream that is followed, in ms; it grows while nothing comes, up to 5 s.', schema: whole(250, 10, 60_000), shown: '250' }),
  cratonMaxEventBytes: setting({ names: ['CRATON_MAX_EVENT_BYTES'], group: 'Storage', help: 'Largest record sent there; beyond 900 bytes a server can fail.', schema: whole(900, 1, 4_004), shown: '900' }),
  apiUrl: setting({ names: ['ORRERY_URL'], group: 'Storage', help: 'Server that `orrery records` and `orrery audit` speak to. Unset: HOST and PORT.', schema: webUrl, shown: 'HOST and PORT' }),
  apiToken: setting({ names: ['ORRERY_TOKEN'], group: 'Storage', help: 'Token or API key for it.', secret: true, schema: optional, shown: '' }),
  recordPinSeconds: setting({ names: ['RECORD_PIN_SECONDS'], group: 'Storage', help: 'Time between two rounds that pin every stream which has grown, audit logs included, in s.', schema: whole(3_600, 1, 604_800), shown: '3600' }),

  ritualStreamName: setting({ names: ['RITUAL_STREAM_NAME'], group: 'Demon', help: 'Name of Demon\'s stream of runs; unset: RITUAL_EVENTS, else DEMON_RITUAL_EVENTS.', schema: optional, shown: 'RITUAL_EVENTS' }),
  writeTimeoutMs: setting({ names: ['PROJECTION_WAIT_MS'], group: 'Demon', help: 'How long a mutation, or a read with `minCursor`, waits for the read model, in ms.', schema: whole(2000, 0, 60_000), shown: '2000' }),
  approverAllowlist: setting({ names: ['APPROVER_ALLOWLIST'], group: 'Demon', help: 'Comma list of actors who may decide, as in Demon; unset: everybody with the scope.', schema: list.optional(), shown: 'everybody with the scope' }),

  graphRunProperty: setting({ names: ['GRAPH_RUN_PROPERTY'], group: 'Demon', help: 'Property of a node that names a run; changing it needs `orrery rebuild`.', schema: text.min(1).default('runId'), shown: 'runId' }),
  neo4jUri: setting({ names: ['NEO4J_URI'], group: 'Stores', help: 'Neo4j: traversal of graphs, and Summit\'s live graph where it lies there. Unset: memory and SQL.', schema: url('bolt', 'bolt+s', 'neo4j', 'neo4j+s'), shown: 'embedded' }),
  neo4jUser: setting({ names: ['NEO4J_USER', 'NEO4J_USERNAME'], group: 'Stores', help: 'User of Neo4j.', schema: text.default('neo4j'), shown: 'neo4j' }),
  neo4jPassword: setting({ names: ['NEO4J_PASSWORD'], group: 'Stores', help: 'Password of Neo4j.', secret: true, schema: optional, shown: '' }),
  neo4jDatabase: setting({ names: ['NEO4J_DATABASE'], group: 'Stores', help: 'Database of Neo4j.', schema: text.default('neo4j'), shown: 'neo4j' }),
  neo4jLabelPrefix: setting({ names: ['NEO4J_LABEL_PREFIX'], group: 'Stores', help: 'What our labels in Neo4j begin with.', schema: text.regex(/^[A-Za-z][A-Za-z0-9]{0,40}$/, 'must be a plain word').default('Orrery'), shown: 'Orrery' }),
  graphTraversal: setting({ names: ['GRAPH_TRAVERSAL'], group: 'Stores', help: 'Where ways through graphs are searched first: `auto` is Neo4j where it is connected, else memory; then `memory`, then `sql`.', schema: choice('auto', 'neo4j', 'memory', 'sql').default('auto'), shown: 'auto' }),
  summitNeo4jUri: setting({ names: ['SUMMIT_NEO4J_URI'], group: 'Stores', help: 'Summit\'s Neo4j, read only; unset: the one of NEO4J_URI.', schema: url('bolt', 'bolt+s', 'neo4j', 'neo4j+s'), shown: 'as NEO4J_URI' }),
  summitNeo4jUser: setting({ names: ['SUMMIT_NEO4J_USER', 'SUMMIT_NEO4J_USERNAME'], group: 'Stores', help: 'User of Summit\'s Neo4j.', schema: text.default('neo4j'), shown: 'neo4j' }),
  summitNeo4jPassword: setting({ names: ['SUMMIT_NEO4J_PASSWORD'], group: 'Stores', help: 'Password of Summit\'s Neo4j.', secret: true, schema: optional, shown: '' }),
  summitNeo4jDatabase: setting({ names: ['SUMMIT_NEO4J_DATABASE'], group: 'Stores', help: 'Database of Summit\'s Neo4j.', schema: text.default('neo4j'), shown: 'neo4j' }),
  summitDatabaseUrl: setting({ names: ['SUMMIT_DATABASE_URL'], group: 'Stores', help: 'Summit\'s PostgreSQL, read only: its entities, runs and approvals.', secret: true, schema: url('postgres', 'postgresql'), shown: '' }),
  graphMemoryBytes: setting({ names: ['GRAPH_MEMORY_BYTES'], group: 'Stores', help: 'Memory that graphs may take for their traversal index; larger ones are searched in Neo4j or SQL.', schema: whole(268_435_456, 0, 17_179_869_184), shown: '268435456' }),

  authMode: setting({ names: ['AUTH_MODE'], group: 'Identity', help: '`none` (refused in production), `jwt`, `apikey` or `both`.', schema: choice('none', 'jwt', 'apikey', 'both').default('none'), shown: 'none' }),
  defaultTenant: setting({ names: ['DEFAULT_TENANT'], group: 'Identity', help: 'Tenant of callers who name none.', schema: text.refine(isTenantName, 'must be a name without dots, white space, `*` or `>`').optional(), shown: 'demo when embedded, default when connected' }),
  jwtSecret: setting({ names: ['JWT_SECRET'], group: 'Identity', help: 'Shared secret of HS256 tokens, at least 32 characters.', secret: true, schema: text.min(32, 'must have at least 32 characters').optional(), shown: '' }),
  jwksUrl: setting({ names: ['JWKS_URL'], group: 'Identity', help: 'Where the issuer publishes its keys.', schema: webUrl, shown: '' }),
  oidcIssuer: setting({ names: ['OIDC_ISSUER'], group: 'Identity', help: 'OpenID Connect issuer: tokens must name it; without JWKS_URL it is asked where its keys are.', schema: webUrl, shown: '' }),
  jwtIssuer: setting({ names: ['JWT_ISSUER'], group: 'Identity', help: 'Issuer that tokens must name.', schema: optional, shown: 'OIDC_ISSUER' }),
  jwtAudience: setting({ names: ['JWT_AUDIENCE'], group: 'Identity', help: 'Audience that tokens must name.', schema: optional, shown: '' }),
  jwtAlgorithms: setting({ names: ['JWT_ALGORITHMS'], group: 'Identity', help: 'Comma list of accepted signature algorithms; `none` is never accepted.', schema: list.prefault('HS256,RS256,ES256'), shown: 'HS256,RS256,ES256' }),
  jwtClockSkewSeconds: setting({ names: ['JWT_CLOCK_SKEW_SECONDS'], group: 'Identity', help: 'Tolerated clock difference.', schema: whole(30, 0, 600), shown: '30' }),
  jwtTenantClaim: setting({ names: ['JWT_TENANT_CLAIM'], group: 'Identity', help: 'Claim that names the tenant (dots go deeper).', schema: text.default('tenant'), shown: 'tenant' }),
  jwtScopesClaim: setting({ names: ['JWT_SCOPES_CLAIM'], group: 'Identity', help: 'Comma list of claims that hold scopes, beside those of the roles; `none`: only roles count.', schema: list.prefault('scope,scp'), shown: 'scope,scp' }),
  jwtRolesClaim: setting({ names: ['JWT_ROLES_CLAIM'], group: 'Identity', help: 'Claim that lists the roles.', schema: text.default('roles'), shown: 'roles' }),

  maxDepth: setting({ names: ['GRAPHQL_MAX_DEPTH'], group: 'Limits', help: 'Deepest nesting of fields.', schema: whole(12, 1, 100), shown: '12' }),
  maxCost: setting({ names: ['GRAPHQL_MAX_COST', 'GRAPHQL_MAX_COMPLEXITY'], group: 'Limits', help: 'Dearest single operation.', schema: whole(1000, 1, 1_000_000), shown: '1000' }),
  maxNodes: setting({ names: ['GRAPHQL_MAX_NODES'], group: 'Limits', help: 'Objects that one answer may hold.', schema: whole(10_000, 1, 10_000_000), shown: '10000' }),
  costMode: setting({ names: ['GRAPHQL_COST_MODE', 'ENFORCE_GRAPHQL_COST_LIMITS'], group: 'Limits', help: '`enforce` refuses what is too dear or over budget, `measure` only says so.', schema: z.enum(['enforce', 'measure', 'true', 'false']).default('enforce').transform((value) => (value === 'measure' || value === 'false' ? 'measure' : 'enforce')), shown: 'enforce' }),
  costMeasuredTenants: setting({ names: ['GRAPHQL_COST_MEASURE_TENANTS', 'COST_EXEMPT_TENANTS'], group: 'Limits', help: 'Comma list of tenants that are only measured.', schema: list.prefault(''), shown: 'none' }),
  maxTokens: setting({ names: ['GRAPHQL_MAX_TOKENS'], group: 'Limits', help: 'Longest document, in tokens.', schema: whole(2000, 10, 100_000), shown: '2000' }),
  maxAliases: setting({ names: ['GRAPHQL_MAX_ALIASES'], group: 'Limits', help: 'Aliases in one operation.', schema: whole(30, 0, 10_000), shown: '30' }),
  maxRootFields: setting({ names: ['GRAPHQL_MAX_ROOT_FIELDS'], group: 'Limits', help: 'Root fields in one operation.', schema: whole(20, 1, 1000), shown: '20' }),
  maxDirectives: setting({ names: ['GRAPHQL_MAX_DIRECTIVES'], group: 'Limits', help: 'Directives in one operation.', schema: whole(50, 0, 10_000), shown: '50' }),
  maxFragmentSpreads: setting({ names: ['GRAPHQL_MAX_FRAGMENT_SPREADS'], group: 'Limits', help: 'Fragment spreads in one document.', schema: whole(100, 0, 10_000), shown: '100' }),
  maxBatch: setting({ names: ['GRAPHQL_MAX_BATCH'], group: 'Limits', help: 'Operations in one HTTP batch.', schema: whole(10, 1, 1000), shown: '10' }),
  maxBodyBytes: setting({ names: ['MAX_BODY_BYTES'], group: 'Limits', help: 'Largest request body.', schema: whole(262_144, 1024, 67_108_864), shown: '262144' }),
  maxVariablesBytes: setting({ names: ['GRAPHQL_MAX_VARIABLES_BYTES'], group: 'Limits', help: 'Variables of one operation, as JSON.', schema: whole(65_536, 16, 67_108_864), shown: '65536' }),
  maxResponseBytes: setting({ names: ['MAX_RESPONSE_BYTES'], group: 'Limits', help: 'Largest answer to one query or mutation, or to one event of a subscription.', schema: whole(16_777_216, 1024, 1_073_741_824), shown: '16777216' }),
  requestTimeoutMs: setting({ names: ['REQUEST_TIMEOUT_MS'], group: 'Limits', help: 'How long a client may take to send a request, in ms; then 408.', schema: whole(30_000, 100, 600_000), shown: '30000' }),
  maxOperations: setting({ names: ['MAX_OPERATIONS'], group: 'Limits', help: 'Queries and mutations that run at once in one process; beyond, 503.', schema: whole(2000, 1, 100_000), shown: '2000' }),
  maxOperationsPerTenant: setting({ names: ['MAX_OPERATIONS_PER_TENANT'], group: 'Limits', help: 'Queries and mutations of one tenant that run at once in one process; beyond, 429.', schema: whole(500, 1, 100_000), shown: '500' }),
  rateLimitMax: setting({ names: ['RATE_LIMIT_MAX', 'RATE_LIMIT_MAX_REQUESTS', 'GRAPHQL_RATE_MAX_REQUESTS'], group: 'Limits', help: 'Operations that one caller may ask for per window, over all transports, whatever they cost; 0 = any number.', schema: whole(0, 0, 1_000_000_000), shown: '0' }),
  rateLimitWindowMs: setting({ names: ['RATE_LIMIT_WINDOW_MS', 'GRAPHQL_RATE_WINDOW_MS'], group: 'Limits', help: 'That window, in ms.', schema: whole(60_000, 100, 86_400_000), shown: '60000' }),
  trustedDocuments: setting({ names: ['GRAPHQL_TRUSTED_DOCUMENTS', 'PERSISTED_MANIFEST'], group: 'Limits', help: 'Comma list of files with trusted documents: Apollo manifests or Relay maps.', schema: list.prefault(''), shown: 'none' }),
  onlyPersisted: setting({ names: ['GRAPHQL_ONLY_PERSISTED', 'PERSISTED_QUERIES'], group: 'Limits', help: 'Refuses every document that is not trusted.', schema: onOff(false), shown: 'off' }),
  trustedMaxCost: setting({ names: ['GRAPHQL_TRUSTED_MAX_COST'], group: 'Limits', help: 'Dearest single operation of a trusted document.', schema: wholeNumber(1, 1_000_000).optional(), shown: 'as GRAPHQL_MAX_COST' }),
  persistedQueries: setting({ names: ['GRAPHQL_APQ'], group: 'Limits', help: 'Keeps documents under their hash when clients ask for it (automatic persisted queries).', schema: onOff(true), shown: 'on' }),
  persistedTtlSeconds: setting({ names: ['GRAPHQL_APQ_TTL_SECONDS'], group: 'Limits', help: 'For how long.', schema: whole(86_400, 1, 31_536_000), shown: '86400' }),
  operationTimeoutMs: setting({ names: ['OPERATION_TIMEOUT_MS'], group: 'Limits', help: 'Deadline of one query or mutation, in ms.', schema: whole(15_000, 100, 600_000), shown: '15000' }),
  budgetCapacity: setting({ names: ['BUDGET_CAPACITY'], group: 'Limits', help: 'Cost a tenant may spend at once; 0 = no budget.', schema: whole(10_000, 0, 1_000_000_000), shown: '10000' }),
  budgetRestorePerSecond: setting({ names: ['BUDGET_RESTORE_PER_SECOND'], group: 'Limits', help: 'Cost a tenant gets back each second.', schema: whole(500, 1, 1_000_000_000), shown: '500' }),

  cursorKeys: setting({ names: ['CURSOR_KEYS'], group: 'Streams', help: 'Comma list of secrets that sign cursors, newest first; older ones still verify. Unset: made once and kept in SQL.', secret: true, schema: list.pipe(z.array(text.min(16, 'each must have at least 16 characters')).min(1)).optional(), shown: 'made once, kept in SQL' }),
  ringSize: setting({ names: ['STREAM_RING_EVENTS'], group: 'Streams', help: 'Recent events a process keeps for resuming subscribers, per stream.', schema: whole(10_000, 10, 1_000_000), shown: '10000' }),
  subscriberQueue: setting({ names: ['STREAM_QUEUE_EVENTS'], group: 'Streams', help: 'Events that may wait for one subscriber before its policy applies.', schema: whole(1000, 1, 100_000), shown: '1000' }),
  entityEvents: setting({ names: ['ENTITY_EVENTS'], group: 'Streams', help: 'Publishes stubs of changed runs and gates on `orrery.entity.<Type>.<id>`, for routers; needs NATS.', schema: onOff(false), shown: 'off' }),
  maxSubscriptionsPerConnection: setting({ names: ['MAX_SUBSCRIPTIONS_PER_CONNECTION'], group: 'Streams', help: 'Operations open on one WebSocket.', schema: whole(50, 1, 10_000), shown: '50' }),
  maxSubscriptionsPerTenant: setting({ names: ['MAX_SUBSCRIPTIONS_PER_TENANT'], group: 'Streams', help: 'Subscriptions open for one tenant in one process.', schema: whole(1000, 1, 100_000), shown: '1000' }),

  otelEndpoint: setting({ names: ['OTEL_EXPORTER_OTLP_ENDPOINT'], group: 'Telemetry', help: 'OpenTelemetry collector (OTLP over HTTP) that gets traces.', schema: webUrl, shown: 'none' }),
  otelHeaders: setting({ names: ['OTEL_EXPORTER_OTLP_HEADERS'], group: 'Telemetry', help: 'Comma list of `name=value` that the collector wants.', secret: true, schema: list.prefault(''), shown: '' }),
  otelServiceName: setting({ names: ['OTEL_SERVICE_NAME'], group: 'Telemetry', help: 'Name of this service in traces.', schema: text.default('orrery'), shown: 'orrery' }),
  otelRatio: setting({ names: ['OTEL_TRACES_SAMPLER_ARG'], group: 'Telemetry', help: 'Share of the traces that begin here which are sampled, 0..1.', schema: written.pipe(number.min(0).max(1)).default(1), shown: '1' }),
  slowOperationMs: setting({ names: ['SLOW_OPERATION_MS'], group: 'Telemetry', help: 'Operations that take longer are logged as slow, with their text, in ms; 0 = none.', schema: whole(1000, 0, 600_000), shown: '1000' }),
  sloMonitoring: setting({ names: ['SLO_MONITORING_ENABLED'], group: 'Guarantees', help: 'Makes our own objectives and evaluates all of them (worker role).', schema: onOff(true), shown: 'on' }),
  sloEvaluationIntervalMs: setting({ names: ['SLO_EVALUATION_INTERVAL_MS'], group: 'Guarantees', help: 'How often the evaluator looks at all objectives, in ms.', schema: whole(10_000, 100, 3_600_000), shown: '10000' }),
  sloFiles: setting({ names: ['SLO_FILES'], group: 'Guarantees', help: 'Comma list of OpenSLO v1 files (or folders of them) that are applied at every start, in the default tenant.', schema: list.prefault(''), shown: 'none' }),
  responseTimeP95TargetMs: setting({ names: ['RESPONSE_TIME_P95_TARGET_MS'], group: 'Guarantees', help: 'Our own objective: 95 % of operations take at most so long, in ms.', schema: whole(400, 1, 600_000), shown: '400' }),
  ticketVerifyP95TargetMs: setting({ names: ['TICKET_VERIFY_P95_TARGET_MS'], group: 'Guarantees', help: 'Our own objective: 95 % of ticket verifications take at most so long, in ms.', schema: whole(25, 1, 600_000), shown: '25' }),
  availabilityTarget: setting({ names: ['AVAILABILITY_TARGET'], group: 'Guarantees', help: 'Our own objective: share of operations that succeed, in percent.', schema: written.pipe(number.min(0).max(99.9999)).default(99.9), shown: '99.9' }),
  burnRateThreshold: setting({ names: ['ERROR_BUDGET_BURN_RATE_THRESHOLD'], group: 'Guarantees', help: 'Burn rate above which the generated rule ErrorBudgetBurnRateHigh fires.', schema: written.pipe(number.positive()).default(2), shown: '2.0' }),
  alertsWebhookToken: setting({ names: ['ALERTS_WEBHOOK_TOKEN'], group: 'Guarantees', help: 'Bearer token with which Alertmanager may post to /alerts/security; without it a caller with `slo:write` may.', secret: true, schema: text.min(16, 'must have at least 16 characters').optional(), shown: '' }),
  securityEventRetentionMs: setting({ names: ['SECURITY_EVENT_RETENTION_MS'], group: 'Guarantees', help: 'How long security events are kept, in ms.', schema: whole(604_800_000, 60_000, 31_622_400_000), shown: '604800000' }),
  ticketKey: setting({ names: ['ARBITER_HMAC_KEY'], group: 'Guarantees', help: 'Secret that signs tickets, at least 32 characters. Unset: made once, kept in SQL and rotated there.', secret: true, schema: text.min(32, 'must have at least 32 characters').optional(), shown: 'made once, kept in SQL' }),
  ticketKeyId: setting({ names: ['TICKET_KEY_ID'], group: 'Guarantees', help: 'Id of that key, as tickets name it.', schema: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, dashes or underscores').default('k1'), shown: 'k1' }),
  ticketPreviousKeys: setting({ names: ['TICKET_PREVIOUS_KEYS'], group: 'Guarantees', help: 'Comma list of `kid:secret` that still verify; keep one at least 24 h and 5 min after a rotation.', secret: true, schema: list.pipe(z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}:.{32,}$/, 'each must be kid:secret with at least 32 characters'))).prefault(''), shown: 'none' }),
  ticketKeyRotationHours: setting({ names: ['TICKET_KEY_ROTATION_HOURS'], group: 'Guarantees', help: 'Age at which a key kept in SQL is replaced.', schema: whole(168, 1, 87_600), shown: '168' }),
  ticketNonces: setting({ names: ['TICKET_NONCES'], group: 'Guarantees', help: 'Where used tickets are remembered: `sql`, or `redis` if that Redis never evicts (`maxmemory-policy noeviction`).', schema: choice('sql', 'redis').default('sql'), shown: 'sql' }),
  maxTicketTtlMs: setting({ names: ['MAX_TICKET_TTL_MS'], group: 'Guarantees', help: 'Longest life of a ticket, in ms; at most 24 h.', schema: whole(86_400_000, 60_000, 86_400_000), shown: '86400000' }),
  nonceCleanupIntervalMs: setting({ names: ['NONCE_CLEANUP_INTERVAL_MS'], group: 'Guarantees', help: 'How often nonces past their time are removed, in ms.', schema: whole(300_000, 1000, 86_400_000), shown: '300000' }),
  ticketRequestsPerMinute: setting({ names: ['TICKET_REQUESTS_PER_MINUTE'], group: 'Guarantees', help: 'POST /v1/ticket of one address in a minute; 0 = no limit.', schema: whole(10, 0, 1_000_000), shown: '10' }),
  verifyRequestsPerMinute: setting({ names: ['VERIFY_REQUESTS_PER_MINUTE'], group: 'Guarantees', help: 'POST /v1/verify of one address in a minute; 0 = no limit.', schema: whole(100, 0, 1_000_000), shown: '100' }),
  executeRequestsPerMinute: setting({ names: ['EXECUTE_REQUESTS_PER_MINUTE'], group: 'Guarantees', help: 'POST /execute/epic of one address in a minute; 0 = no limit.', schema: whole(5, 0, 1_000_000), shown: '5' }),
  invariantValidation: setting({ names: ['INVARIANT_VALIDATION_ENABLED'], group: 'Guarantees', help: 'Notes violations of invariants.', schema: onOff(true), shown: 'on' }),
  budgetCpuPercent: setting({ names: ['PERFORMANCE_BUDGET_CPU_PERCENT'], group: 'Guarantees', help: 'CPU this process may use, in percent of the machine.', schema: whole(70, 1, 100), shown: '70' }),
  budgetMemoryMb: setting({ names: ['PERFORMANCE_BUDGET_MEMORY_MB'], group: 'Guarantees', help: 'Memory this process may use, in MiB.', schema: whole(512, 16, 1_048_576), shown: '512' }),
  budgetDiskMb: setting({ names: ['PERFORMANCE_BUDGET_DISK_MB'], group: 'Guarantees', help: 'Disk that may be used under DATA_DIR, in MiB.', schema: whole(1024, 16, 1_073_741_824), shown: '1024' }),
  artifactsDir: setting({ names: ['ARTIFACTS_OUTPUT_DIR'], group: 'Guarantees', help: 'Folder with one folder a release.', schema: text.min(1).default('artifacts'), shown: 'artifacts' }),
  debugPerformance: setting({ names: ['DEBUG_PERFORMANCE'], group: 'Guarantees', help: 'Serves /debug/performance to callers with `system:admin`.', schema: onOff(false), shown: 'off' }),
  logLevel: setting({ names: ['LOG_LEVEL'], group: 'Telemetry', help: 'Least severe log line that is written.', schema: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'), shown: 'info' }),
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof settings
export type Settings = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> }
