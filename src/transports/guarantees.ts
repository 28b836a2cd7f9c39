import { timingSafeEqual, createHash } from 'node:crypto'
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Actor } from '../auth/actor.ts'
import { type Viewer } from '../auth/viewer.ts'
import { type Config } from '../config.ts'
import { type Cache } from '../datasources/cache/cache.ts'
import { type DataSources } from '../datasources/index.ts'
import { type TicketCode } from '../datasources/tickets/ticket-rules.ts'
import { parseDuration } from '../datasources/slo/windows.ts'
import { isAppError } from '../errors.ts'
import { createBuckets } from '../operation/buckets.ts'
import { isUnstorable } from '../operation/errors.ts'
import { type Pipeline } from '../operation/operation.ts'
import { Refused } from '../operation/refused.ts'
import { retryAfter } from './http-status.ts'
import { actorOfViewer, type Answered, createProvenRoutes, needScope, type Provable } from './proven-routes.ts'

export interface GuaranteesOptions {
  readonly config: Config
  readonly dataSources: DataSources
  readonly authenticate: (headers: FastifyRequest['headers']) => Promise<Viewer>
  readonly cache: Cache | undefined
  readonly pipeline: Pick<Pipeline, 'charge'>
}

const apiVersion = 'arbiter.dev/v1'
/** Bound to no commit: the contract's route does not name one. */
const NO_COMMIT = '0'.repeat(40)
/** What the mutations and fields cost that do the same by GraphQL. */
const prices = { write: 10, stats: 5, verify: 2, look: 1 } as const
/** Who pushes alerts with the token of the webhook. */
const ALERTMANAGER: Actor = { id: 'alertmanager', kind: 'SERVICE', displayName: null }
const planHash = z.string().regex(/^[a-f0-9]{64}$/)
const repoSha = z.string().regex(/^[a-f0-9]{40}$/)
const ticketId = z.string().regex(/^tkn_[a-zA-Z0-9]{16}$/)

const ticketBody = z.object({
  scope: planHash,
  expires: z.string().optional(),
  repoId: z.string().min(1).max(200).optional(),
  repoSHA: repoSha.optional(),
})
const verifyBody = z.object({
  stamp: z.string().max(256),
  repoSHA: repoSha,
  planHash,
  ticketId,
  fileContent: z.string().optional(),
})
const executeBody = z.object({
  ticketId,
  repoSHA: repoSha.optional(),
  mutations: z
    .array(
      z.object({
        // no control characters: a name that no store takes must not cost a ticket
        file: z
          .string()
          .max(1024)
          .regex(/^[^\p{Cc}\p{Cs}]+$/u),
        operation: z.enum(['create', 'update', 'delete']),
        content: z.string().optional(),
      }),
    )
    .min(1)
    .max(500),
})

/** The contract's error codes at the HTTP edge (contract: guarantees 5.3). */
const edgeCode: Readonly<Record<TicketCode, string>> = {
  OK: 'OK',
  INVALID_SIGNATURE: 'INVALID_STAMP',
  TICKET_EXPIRED: 'TICKET_EXPIRED',
  NOT_YET_VALID: 'TICKET_EXPIRED',
  TTL_EXCEEDED: 'TICKET_EXPIRED',
  BINDING_MISMATCH: 'INVALID_STAMP',
  SCOPE_DENIED: 'INVALID_STAMP',
  REVOKED: 'TICKET_EXPIRED',
  REPLAY: 'TICKET_EXPIRED',
  STORE_UNAVAILABLE: 'SERVER_UNAVAILABLE',
}

class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly retryAfterMs: number | undefined
  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

const bad = (message: string): Problem => new Problem(400, 'BAD_REQUEST', message)

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw bad(`${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'cannot be read'}`)
}

/** `^\d+[smh]$`, 5 min to 24 h, an hour unless told (contract: guarantees 5.1 C). */
function ttlMsOf(expires: string | undefined): number {
  if (expires === undefined) return 3_600_000
  if (!/^\d+[smh]$/.test(expires)) throw bad('expires: write a number and s, m or h')
  let ms: number
  try {
    ms = parseDuration(expires) * 1000
  } catch {
    throw bad('expires: write a number and s, m or h')
  }
  if (ms < 300_000 || ms > 86_400_000) throw bad('expires: from 5 min to 24 h')
  return ms
}

const problemOf = (error: unknown): Problem | null => {
  if (error instanceof Problem) return error
  if (error instanceof Refused)
    return error.refusal === 'BUDGET'
      ? new Problem(429, 'RESOURCE_LIMIT', error.message, error.retryAfterMs)
      : new Problem(503, 'SERVER_UNAVAILABLE', error.message, error.retryAfterMs)
  if (isUnstorable(error)) return bad('A text holds a character that is stored nowhere.')
  if (!isAppError(error)) return null
  if (error.code === 'BAD_USER_INPUT') return bad(error.message)
  if (error.code === 'UNAUTHENTICATED') return new Problem(401, 'UNAUTHENTICATED', error.message)
  if (error.code === 'FORBIDDEN') return new Problem(403, 'FORBIDDEN', error.message)
  if (error.details['written'] === 'YES')
    return new Problem(503, 'SERVER_UNAVAILABLE', 'This is done, but its audit receipt could not be written.')
  if (error.code === 'SOURCE_UNAVAILABLE') return new Problem(503, 'SERVER_UNAVAILABLE', 'A store does not answer; nothing was done.')
  if (error.code === 'DEADLINE_EXCEEDED') return new Problem(503, 'TIMEOUT', 'A store does not answer in time.')
  return null
}

const same = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest())

/** The contract's routes beside GraphQL, in its shapes: tickets, stamps, the webhook of Alertmanager, `/debug/performance`. */
export function registerGuarantees(app: FastifyInstance, { config, dataSources, authenticate, cache, pipeline }: GuaranteesOptions): void {
  const { tickets, security, performance } = dataSources

  /** Who asks, and has paid; nobody is refused for nothing. */
  const paying = async (request: FastifyRequest, price: number): Promise<Viewer> => {
    const viewer = await authenticate(request.headers)
    if (viewer.authenticated) await pipeline.charge({ viewer, log: request.log, address: () => request.ip }, price)
    return viewer
  }
  const { mutating, proven } = createProvenRoutes({
    audit: dataSources.audit,
    authenticate: (request) => paying(request, prices.write),
  })
  const viewerWith = async (request: FastifyRequest, scope: string, price: number): Promise<Viewer> =>
    needScope(await paying(request, price), scope)
  const buckets = cache === undefined ? null : createBuckets(cache)

  const originOf = (request: FastifyRequest) => ({ ip: request.ip, userAgent: String(request.headers['user-agent'] ?? '') })

  /** So many requests of one address in a minute, restored evenly. */
  async function limit(request: FastifyRequest, name: string, perMinute: number, tenantId: string): Promise<void> {
    if (perMinute === 0 || buckets === null) return
    const shape = { capacity: perMinute, restorePerSecond: perMinute / 60 }
    const { granted, retryAfterMs } = await buckets.take(`guarantees:${name}:${request.ip}`, 1, shape, request.log)
    if (granted) return
    const event = { type: 'rate_limit_exceeded', severity: 'medium', repoId: null, details: { route: name }, blocked: true } as const
    await security.record({ tenantId }, { ...event, ...originOf(request) })
    throw new Problem(429, 'RESOURCE_LIMIT', `At most ${perMinute} such requests a minute.`, retryAfterMs)
  }

  const answer = (reply: FastifyReply, status: number, body: object): FastifyReply =>
    reply
      .code(status)
      .header('cache-control', 'no-store')
      .send({ apiVersion, ...body })

  const handle =
    (work: (request: FastifyRequest) => Promise<Answered>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      try {
        const { status = 200, body, receipt } = await work(request)
        if (receipt !== undefined) reply.header('x-audit-receipt', receipt)
        return answer(reply, status, body)
      } catch (error) {
        const problem = problemOf(error)
        if (problem === null) throw error
        reply.headers(retryAfter([problem]))
        if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
        return answer(reply, problem.status, { error: { code: problem.code, message: problem.message } })
      }
    }

  app.post(
    '/v1/ticket',
    { bodyLimit: 1024 },
    handle(
      mutating('issueTicket', 'slo:tickets', async (request, viewer) => {
        await limit(request, 'ticket', config.ticketRequestsPerMinute, viewer.tenantId)
        const body = parse(ticketBody, request.body)
        const asked = {
          ...{ repoId: body.repoId ?? 'default', baseCommit: body.repoSHA ?? NO_COMMIT, planHash: body.scope, patchSha256: '', run: null },
          ...{ scopes: ['write', 'execute'], ttlMs: ttlMsOf(body.expires) },
        }
        const { ticket, warnings } = await tickets.issue({ tenantId: viewer.tenantId }, asked, viewer.actorId)
        const { id: ticketId, planHash } = ticket
        const said = warnings.length === 0 ? {} : { warnings }
        return {
          ...{ outcome: 'TicketIssued', subject: ticketId },
          body: { ticketId, expiresAt: new Date(ticket.expiresAtMs).toISOString(), planHash, ...said },
        }
      }),
    ),
  )

  app.post(
    '/v1/verify',
    { bodyLimit: 16_384 },
    handle(async (request) => {
      const started = globalThis.performance.now()
      const viewer = await viewerWith(request, 'slo:read', prices.verify)
      await limit(request, 'verify', config.verifyRequestsPerMinute, viewer.tenantId)
      const body = parse(verifyBody, request.body)
      const known = await tickets.find({ tenantId: viewer.tenantId }, body.ticketId)
      const { fileContent: content = '', ...given } = body
      const holds = await tickets.isStamp({ ...given, repoSha: given.repoSHA, content })
      const valid = holds && known !== null && known.planHash === body.planHash && known.revokedAtMs === null
      performance.took('stamp_verify', globalThis.performance.now() - started)
      if (valid) return { body: { valid, message: 'The stamp holds.' } }
      // which part is wrong is nobody's business: the right stamp could be found by trying
      return { body: { valid, message: 'The stamp does not hold.', violationId: request.id } }
    }),
  )

  app.post(
    '/execute/epic',
    { bodyLimit: 65_536 },
    handle(
      mutating('executeEpic', 'slo:tickets', async (request, viewer) => {
        const started = globalThis.performance.now()
        await limit(request, 'execute', config.executeRequestsPerMinute, viewer.tenantId)
        const body = parse(executeBody, request.body)
        const scope = { tenantId: viewer.tenantId }
        const missing = body.mutations.find(({ operation, content }) => operation !== 'delete' && content === undefined)
        if (missing !== undefined) throw bad(`mutations: ${missing.operation} of ${missing.file} needs content`)
        const refused = (status: number, error: object): Provable => ({
          ...{ status, outcome: 'TicketRefused', subject: body.ticketId, refused: true },
          body: { success: false, stamps: [], errors: [error] },
        })
        const signed = await tickets.signed(scope, body.ticketId)
        if (signed === null) return refused(403, { code: 'INVALID_STAMP', message: 'There is no such ticket.' })
        const bound = signed.baseCommit === NO_COMMIT ? null : (body.repoSHA ?? null)
        const files = body.mutations.map(({ file, content = '' }) => ({ path: file, content }))
        const changes = { ticket: signed, repoSha: body.repoSHA ?? signed.baseCommit, files }
        const { code, stamps } = await tickets.execute(scope, changes, { scope: 'execute', baseCommit: bound }, originOf(request))
        if (code !== 'OK') {
          const status = code === 'STORE_UNAVAILABLE' ? 503 : code === 'REPLAY' ? 409 : 403
          return refused(status, { code: edgeCode[code], ticketCode: code, message: 'The ticket does not hold.' })
        }
        performance.took('end_to_end', globalThis.performance.now() - started)
        const told = stamps.map(({ path: file, stamp, stampId }) => ({ file, stamp, stampId }))
        return { outcome: 'TicketConsumed', subject: signed.id, body: { success: true, stamps: told } }
      }),
    ),
  )

  app.get(
    '/v1/ticket/stats',
    handle(async (request) => {
      const viewer = await viewerWith(request, 'slo:read', prices.stats)
      const { activeTickets, stampHistory, oldestTicketMs } = await tickets.stats({ tenantId: viewer.tenantId })
      const oldest = oldestTicketMs === null ? {} : { oldestTicket: new Date(oldestTicketMs).toISOString() }
      return { body: { stats: { activeTickets, stampHistory, ...oldest } } }
    }),
  )

  app.post(
    '/alerts/security',
    { bodyLimit: 1_048_576 },
    handle(async (request) => {
      const { authorization = '' } = request.headers
      const token = config.alertsWebhookToken
      const byToken = token !== undefined && same(authorization, `Bearer ${token}`)
      const viewer = byToken ? null : await viewerWith(request, 'slo:write', prices.write)
      const tenantId = viewer?.tenantId ?? config.defaultTenant
      const actor = viewer === null ? ALERTMANAGER : actorOfViewer(viewer)
      const body = await dataSources.receivedAlerts.receive({ tenantId }, request.body)
      // what is sent again changes nothing
      const outcome = body.created + body.changed > 0 ? 'AlertsReceived' : null
      return proven(request, { action: 'receiveAlerts', actor, tenantId }, { body, outcome, subject: null })
    }),
  )

  if (config.debugPerformance)
    app.get(
      '/debug/performance',
      handle(async (request) => {
        await viewerWith(request, 'system:admin', prices.look)
        const budgets = new Map((await performance.budgets()).map((budget) => [budget.resource, budget.limit]))
        const operations = Object.fromEntries(
          [...performance.operations()].map(([name, times]) => {
            const budgetMs = budgets.get(name) ?? null
            return [name, { ...times, budgetMs, overBudget: budgetMs === null || times.p95 === null ? null : times.p95 > budgetMs }]
          }),
        )
        return { body: { ...performance.host(), operations, budgets: performance.limits } }
      }),
    )
}
