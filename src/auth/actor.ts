export type ActorKind = 'USER' | 'SERVICE' | 'SYSTEM' | 'UNKNOWN'

export interface Actor {
  readonly id: string
  readonly kind: ActorKind
  readonly displayName: string | null
}

const service = /^(?:bot|svc|service)(?:[-_.:/].*)?$|[-_.:/](?:bot|svc|service)$|\[bot\]$/i

/**
 * What kind of actor an id of the log names, as far as its text tells: `system` is the control plane itself (contract: demon 4.3), an address with
 * `@` a person, `bot`, `svc` or `service` as first or last word a program.
 */
export function actorKind(id: string): ActorKind {
  if (id === 'system') return 'SYSTEM'
  if (id.includes('@')) return 'USER'
  return service.test(id) ? 'SERVICE' : 'UNKNOWN'
}

export const actorOf = (id: string): Actor => ({ id, kind: actorKind(id), displayName: null })
