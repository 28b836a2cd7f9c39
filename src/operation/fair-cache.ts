/** Values by their keys, bounded together; who fills it pushes out what is its own. */
export interface FairCache<Value> {
  has(key: string): boolean
  /** Used now: others of the same share go before it. */
  get(key: string, tenantId: string): Value | undefined
  set(key: string, value: Value, of: { readonly bytes: number; readonly tenantId: string }): void
  /** What it keeps in memory has become more. */
  grow(key: string, value: Value, bytes: number): void
}

interface Share {
  bytes: number
  /** The least recently used first. */
  readonly keys: Set<string>
}

interface Held<Value> {
  readonly value: Value
  bytes: number
  share: Share
}

/**
 * What several tenants use is in a share of its own. Where there is no room, the oldest of the largest share goes: a tenant that floods the cache loses
 * what it has put there itself.
 */
export function createFairCache<Value>({ maxBytes, maxEntries }: { maxBytes: number; maxEntries: number }): FairCache<Value> {
  const held = new Map<string, Held<Value>>()
  const ofTenant = new Map<string, Share>()
  const ofSeveral: Share = { bytes: 0, keys: new Set() }
  const leastBytes = maxBytes / maxEntries
  let used = 0

  const shareOf = (tenantId: string): Share => {
    const known = ofTenant.get(tenantId)
    if (known !== undefined) return known
    const made: Share = { bytes: 0, keys: new Set() }
    ofTenant.set(tenantId, made)
    return made
  }

  const add = (share: Share, key: string, bytes: number): void => {
    share.keys.add(key)
    share.bytes += bytes
    used += bytes
  }

  const take = (share: Share, key: string, bytes: number): void => {
    share.keys.delete(key)
    share.bytes -= bytes
    used -= bytes
  }

  const makeRoom = (): void => {
    while (used > maxBytes) {
      let largest = ofSeveral
      for (const [tenantId, share] of ofTenant)
        if (share.keys.size === 0) ofTenant.delete(tenantId)
        else if (share.bytes > largest.bytes) largest = share
      const [oldest] = largest.keys
      const entry = oldest === undefined ? undefined : held.get(oldest)
      if (oldest === undefined || entry === undefined) return
      held.delete(oldest)
      take(largest, oldest, entry.bytes)
    }
  }

  return {
    has: (key) => held.has(key),
    get(key, tenantId) {
      const entry = held.get(key)
      if (entry === undefined) return undefined
      take(entry.share, key, entry.bytes)
      if (entry.share !== ofTenant.get(tenantId)) entry.share = ofSeveral
      add(entry.share, key, entry.bytes)
      return entry.value
    },
    set(key, value, { bytes, tenantId }) {
      const before = held.get(key)
      if (before !== undefined) take(before.share, key, before.bytes)
      const entry = { value, bytes: Math.max(bytes, leastBytes), share: shareOf(tenantId) }
      held.set(key, entry)
      add(entry.share, key, entry.bytes)
      makeRoom()
    },
    grow(key, value, bytes) {
      const entry = held.get(key)
      if (entry?.value !== value) return
      entry.bytes += bytes
      entry.share.bytes += bytes
      used += bytes
      makeRoom()
    },
  }
}
