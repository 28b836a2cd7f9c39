export const denyReasons = [
  'NOT_AUTHENTICATED',
  'MISSING_SCOPE',
  'NOT_AN_APPROVER',
  'SEPARATION_OF_DUTIES',
  'ALREADY_TERMINAL',
  'READ_ONLY_SOURCE',
  'LEGACY_SUBJECT',
] as const
export type DenyReason = (typeof denyReasons)[number]

export interface Permission {
  readonly allowed: boolean
  readonly reason: DenyReason | null
}

export const allowed: Permission = Object.freeze({ allowed: true, reason: null })
export const denied = (reason: DenyReason): Permission => ({ allowed: false, reason })
