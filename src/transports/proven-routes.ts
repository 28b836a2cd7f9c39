import { type FastifyRequest } from 'fastify'
import { denyByScope, type Viewer } from '../auth/viewer.ts'
import { type Actor } from '../auth/actor.ts'
import { type AuditLog } from '../datasources/storage/audit.ts'
import { prove } from '../datasources/storage/prove.ts'
import { AppError } from '../errors.ts'

/** What a route answers. */
export interface Answered {
  readonly status?: number
  readonly body: object
  /** Number and hash of the audit receipt: for a header, because the contract says what bodies hold. */
  readonly receipt?: string
}

/** An answer with what its receipt says; without an outcome nothing changed, and there is nothing to prove. */
export interface Provable extends Answered {
  readonly outcome: string | null
  readonly subject: string | null
  /** Nothing was done. */
  readonly refused?: boolean
}

export const actorOfViewer = ({ actorId, kind, displayName }: Viewer): Actor => ({ id: actorId, kind, displayName })

/** @throws AppError UNAUTHENTICATED, FORBIDDEN */
export function needScope(viewer: Viewer, scope: string): Viewer {
  const denied = denyByScope(viewer, scope)
  if (denied === 'NOT_AUTHENTICATED') throw new AppError('UNAUTHENTICATED', 'Send a token or an API key.')
  if (denied !== null) throw new AppError('FORBIDDEN', `This needs the scope ${scope}.`)
  return viewer
}

interface Asked {
  readonly action: string
  readonly actor: Actor
  readonly tenantId: string
}

/** Receipts for the routes beside GraphQL, as its mutations have them: written before an answer is given, refusals of missing scopes included. */
export function createProvenRoutes({
  audit,
  authenticate,
}: {
  readonly audit: AuditLog
  readonly authenticate: (request: FastifyRequest) => Promise<Viewer>
}) {
  async function proven(request: FastifyRequest, { action, actor, tenantId }: Asked, provable: Provable): Promise<Answered> {
    const { outcome, subject, refused = false, ...answered } = provable
    if (outcome === null) return answered
    const receipt = await prove(
      { audit, scope: { tenantId }, log: request.log },
      { action, actor, subject, outcome, refused, requestId: request.id, input: request.body },
    )
    return receipt === null ? answered : { ...answered, receipt: `${receipt.sequence} ${receipt.hash}` }
  }

  return {
    proven,
    /** A route that changes something for whoever has a scope. */
    mutating:
      (action: string, scope: string, work: (request: FastifyRequest, viewer: Viewer) => Promise<Provable>) =>
      async (request: FastifyRequest): Promise<Answered> => {
        const viewer = await authenticate(request)
        const asked = { action, actor: actorOfViewer(viewer), tenantId: viewer.tenantId }
        if (denyByScope(viewer, scope) === 'MISSING_SCOPE')
          await proven(request, asked, { body: {}, outcome: 'NotAllowed', subject: null, refused: true })
        return proven(request, asked, await work(request, needScope(viewer, scope)))
      },
  }
}
