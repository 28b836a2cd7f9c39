/** For whom a data source reads or writes: the tenant filter of every statement comes from here, never from an argument of the caller's. */
export interface Scope {
  readonly tenantId: string
  /** Ends waiting when the client left or the operation's deadline passed. */
  readonly signal?: AbortSignal | undefined
  /** Told when a store that could have answered was away and another one, or a shorter answer, stood in for it. */
  readonly passedOver?: ((source: string) => void) | undefined
}
