import { fairTurn } from './fair-turns.ts'
import { type OperationRequest, type RequestOrigin } from './operation.ts'
import { refuse, throttled } from './refused.ts'
import { jsonBytes, shallowOnly } from './variables.ts'

/** How much may wait to be read, in bytes as they were sent, with what each request costs beside them. */
const room = { ofTenant: 32 * 1024 * 1024, ofAll: 256 * 1024 * 1024, perRequest: 4096 }
const retryAfterMs = 1000

interface Line {
  bytes: number
  /** Whether one of them has its place in the line of all. */
  isServed: boolean
  readonly waiting: (() => void)[]
}

/**
 * The line of documents that nobody knows yet. Clients can send them faster than they can be read, over one connection: what waits is bounded, tenants
 * take turns, however much one of them sends, and what nobody waits for any more is not read.
 * @throws Refused BUDGET (THROTTLED: no room), COST (nested too deeply), UNAVAILABLE (the client left; nobody sees it)
 */
export function createReadingLine(): (text: string, request: OperationRequest, origin: RequestOrigin) => Promise<void> {
  const ofTenant = new Map<string, Line>()
  let ofAll = 0

  const lineOf = (tenantId: string): Line => {
    const known = ofTenant.get(tenantId)
    if (known !== undefined) return known
    const made: Line = { bytes: 0, isServed: false, waiting: [] }
    ofTenant.set(tenantId, made)
    return made
  }

  const turnOf = async (line: Line): Promise<void> => {
    if (line.isServed) await new Promise<void>((resolve) => line.waiting.push(resolve))
    line.isServed = true
    await fairTurn()
    const next = line.waiting.shift()
    if (next === undefined) line.isServed = false
    else next()
  }

  return async (text, { variables, extensions }, { viewer: { tenantId }, client }) => {
    const bytes = room.perRequest + 2 * text.length + shallowOnly(() => jsonBytes([variables, extensions]))
    if ((ofTenant.get(tenantId)?.bytes ?? 0) + bytes > room.ofTenant || ofAll + bytes > room.ofAll)
      throw throttled('Too many documents wait to be read.', { limit: 'documents' }, retryAfterMs)
    const line = lineOf(tenantId)
    line.bytes += bytes
    ofAll += bytes
    await turnOf(line)
    line.bytes -= bytes
    ofAll -= bytes
    if (line.bytes === 0) ofTenant.delete(tenantId)
    if (client.left) throw refuse('UNAVAILABLE', 'DEADLINE_EXCEEDED', 'The client left.')
  }
}
