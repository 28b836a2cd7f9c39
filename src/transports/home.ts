import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { commandToTry } from '../command-to-try.ts'
import { type Config } from '../config.ts'
import { packageRoot } from '../root.ts'

const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const link = (href: string, text: string, about: string): string => `<li><a href="${href}">${text}</a> ${about}</li>`

/** What a person sees who opens the server's address in a browser. */
export const homePage = (config: Pick<Config, 'graphiql' | 'authMode'>, origin: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orrery</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>
body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #101828; background: #fff }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f2f4f7; border-radius: 6px }
code { padding: .1rem .3rem } pre { padding: 1rem; overflow-x: auto }
@media (prefers-color-scheme: dark) { body { color: #f2f4f7; background: #101828 } code, pre { background: #1d2939 } a { color: #84caff } }
</style>
</head>
<body>
<h1>Orrery</h1>
<p>One GraphQL API and one live event stream over runs, approvals, graphs, records and objectives.</p>
<ul>
${[
  ...(config.graphiql ? [link('/graphiql', 'GraphiQL', 'with examples that run as they stand')] : []),
  link('/health/detailed', 'Health', 'of every store; probes ask <code>/health/live</code> and <code>/health/ready</code>'),
  link('/metrics', 'Metrics', 'for Prometheus'),
].join('\n')}
</ul>
<p>The API answers at <code>/graphql</code>: POST for queries and mutations, GET for queries, WebSocket and Server-Sent Events for subscriptions too.</p>
<pre>${commandToTry(config, origin, '  ')}</pre>
</body>
</html>
`

/** The address the caller used, for the example; what is no plain name or scheme is not repeated into the page, whatever a proxy passes on. */
const originOf = (request: FastifyRequest): string =>
  /^[\w.:[\]-]+$/.test(request.host) ? `${request.protocol === 'https' ? 'https' : 'http'}://${request.host}` : ''

/** The home page and the icon that browsers ask for. */
export function registerHome(app: FastifyInstance, config: Pick<Config, 'graphiql' | 'authMode'>): void {
  const icon = readFileSync(join(packageRoot, 'assets', 'ide', 'favicon.svg'))
  app.get('/', (request, reply) =>
    reply
      .header('content-security-policy', contentSecurityPolicy)
      .type('text/html; charset=utf-8')
      .send(homePage(config, originOf(request))),
  )
  app.get('/favicon.ico', (_request, reply) => reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(icon))
}
