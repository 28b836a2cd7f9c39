import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { packageRoot } from '../root.ts'

const assets = join(packageRoot, 'assets', 'ide')

/**
 * No inline script, nothing from elsewhere. Style stays open because the editor writes style elements; `ws:` is named because
 * older browsers do not count a WebSocket to the own origin as 'self'.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const guard = (reply: FastifyReply): FastifyReply =>
  reply
    .header('content-security-policy', contentSecurityPolicy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')

/** The IDE at /graphiql, served whole from our own files: works offline, live subscriptions included. */
export async function registerGraphiql(app: FastifyInstance): Promise<void> {
  const page = readFileSync(join(assets, 'index.html'), 'utf8')
  await app.register(fastifyStatic, {
    root: assets,
    prefix: '/graphiql/assets/',
    index: false,
    decorateReply: false,
    cacheControl: true,
    maxAge: '1h',
    setHeaders: guard,
  })
  app.get('/graphiql', (_request, reply) => guard(reply).type('text/html; charset=utf-8').send(page))
  app.get('/graphiql/', (_request, reply) => reply.redirect('/graphiql', 301))
}
