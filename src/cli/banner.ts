import { resolve } from 'node:path'
import { commandToTry } from '../command-to-try.ts'
import { type Config } from '../config.ts'

/** What a person reads when the server is up: where to click, a command that works, where the data is, who they are. */
export function banner(config: Config, url: string): string {
  const embedded = config.databaseUrl === undefined
  const lines = [`Orrery is up at ${url}`, '']
  if (config.roles.includes('api')) {
    if (config.graphiql) lines.push(`  GraphiQL   ${url}/graphiql`)
    lines.push(
      `  API        ${url}/graphql   (POST, GET, WebSocket, Server-Sent Events)`,
      `  Try        ${commandToTry(config, url, ' '.repeat(15))}`,
    )
  }
  lines.push(`  Health     ${url}/health/ready`)
  lines.push(
    `  Stores     SQL ${embedded ? `embedded in ${resolve(config.dataDir)}` : 'PostgreSQL'}, log ${config.natsUrl === undefined ? 'in SQL' : 'NATS JetStream'}, cache ${config.redisUrl === undefined ? 'in memory' : 'Redis'}`,
  )
  if (config.authMode === 'none')
    lines.push(`  You are    the local operator: every role, tenant ${config.defaultTenant} (AUTH_MODE=none, or another by x-tenant-id)`)
  else lines.push(`  Identity   ${config.authMode === 'both' ? 'tokens or API keys' : config.authMode === 'jwt' ? 'tokens' : 'API keys'}`)
  if (config.sampleData !== 'off')
    lines.push(`  Sample     in tenant demo${config.sampleData === 'live' ? ', kept moving' : ''}; start with --empty to be without it`)
  return `${lines.join('\n')}\n`
}
