/** For whom a data source reads or writes: the tenant filter of every statement comes from here, never from an argument of the caller's. */
export interface Scope {
  readonly tenantId: string
  /** Ends waiting when the client left or the operation's deadline passed. */
  readonly signal?: AbortSignal | undefined
  /** Told when a store that could have answered was away (DOWN), or gave less than all (DEGRADED). */
  readonly passedOver?: ((source: string, status?: 'DOWN' | 'DEGRADED') => void) | undefined
}
