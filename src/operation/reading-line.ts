import { fairTurn } from './fair-turns.ts'
import { type OperationRequest, type RequestOrigin } from './operation.ts'
import { refuse, throttled } from './refused.ts'
import { jsonBytes, shallowOnly } from './variables.ts'

/** How much may wait to be read, in bytes as they were sent, with what each request costs beside them. */
const room = { ofTenant: 32 * 1024 * 1024, ofAll: 256 * 1024 * 1024, perRequest: 4096 }
const retryAfterMs = 1000

/**
 * The line of documents that nobody knows yet. Clients can send them faster than they can be read, over one connection: what waits is bounded, and
 * what nobody waits for any more is not read.
 * @throws Refused BUDGET (THROTTLED: no room), COST (nested too deeply), UNAVAILABLE (the client left; nobody sees it)
 */
export function createReadingLine(): (text: string, request: OperationRequest, origin: RequestOrigin) => Promise<void> {
  const ofTenant = new Map<string, number>()
  let ofAll = 0

  const take = (tenantId: string, bytes: number): void => {
    ofAll += bytes
    const left = (ofTenant.get(tenantId) ?? 0) + bytes
    if (left === 0) ofTenant.delete(tenantId)
    else ofTenant.set(tenantId, left)
  }

  return async (text, { variables, extensions }, { viewer: { tenantId }, client }) => {
    const bytes = room.perRequest + 2 * text.length + shallowOnly(() => jsonBytes([variables, extensions]))
    if ((ofTenant.get(tenantId) ?? 0) + bytes > room.ofTenant || ofAll + bytes > room.ofAll)
      throw throttled('Too many documents wait to be read.', { limit: 'documents' }, retryAfterMs)
    take(tenantId, bytes)
    await fairTurn()
    take(tenantId, -bytes)
    if (client.left) throw refuse('UNAVAILABLE', 'DEADLINE_EXCEEDED', 'The client left.')
  }
}
