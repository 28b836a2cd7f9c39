import { type DenyReason } from './permission.ts'

export const roles = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who asks: verified, never taken from an input. */
export interface Viewer {
  readonly actorId: string
  readonly kind: 'USER' | 'SERVICE' | 'SYSTEM' | 'UNKNOWN'
  readonly displayName: string | null
  readonly tenantId: string
  readonly tenants: readonly string[]
  readonly roles: readonly Role[]
  readonly scopes: ReadonlySet<string>
  /** When the proof ends, in seconds since the epoch; null = never. Streams end then. */
  readonly expiresAtSeconds: number | null
  readonly authenticated: boolean
  /**
   * Whether the proof still holds; absent where it cannot be withdrawn. Asked again while a stream is open.
   * @throws AppError SOURCE_UNAVAILABLE
   */
  readonly stillHolds?: () => Promise<boolean>
}

const reads = ['runs:read', 'approvals:read', 'graph:read', 'storage:read', 'slo:read', 'system:read', 'events:read']

/** What each role may do. A scope is `<domain>:<verb>`; fields name theirs in the SDL. */
export const scopesOfRole: Readonly<Record<Role, readonly string[]>> = {
  viewer: reads,
  operator: [...reads, 'runs:write', 'runs:cancel', 'approvals:request', 'graph:write', 'storage:write'],
  approver: [...reads, 'approvals:request', 'approvals:decide'],
  admin: [
    ...reads,
    'runs:write',
    'runs:cancel',
    'approvals:request',
    'approvals:decide',
    'approvals:override',
    'graph:write',
    'storage:write',
    'storage:sensitive',
    'slo:write',
    'slo:tickets',
    'alerts:silence',
    'system:admin',
  ],
}

/** Every scope there is. */
export const scopes: ReadonlySet<string> = new Set(Object.values(scopesOfRole).flat())

export const scopesOf = (held: readonly Role[]): ReadonlySet<string> => new Set(held.flatMap((role) => scopesOfRole[role]))

/** Why this viewer may not, judged by scope alone; null when they may. */
export function denyByScope(viewer: Viewer, scope: string): DenyReason | null {
  if (viewer.scopes.has(scope)) return null
  return viewer.authenticated ? 'MISSING_SCOPE' : 'NOT_AUTHENTICATED'
}

/** One text for each caller, whatever its names hold; unknown ones are told apart by their address. */
export const callerKey = ({ authenticated, tenantId, actorId }: Viewer, address: () => string | null | undefined): string =>
  authenticated ? JSON.stringify([tenantId, actorId]) : `address:${address() ?? 'unknown'}`
