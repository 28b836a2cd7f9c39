import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type ApiKeyRecord, type ApiKeyStore } from '../datasources/sql-api-keys.ts'
import { type Clock } from '../time.ts'
import { hashSecret, parseApiKey } from './api-keys.ts'
import { roles, scopesOf, type Viewer } from './viewer.ts'

/** Verifies API keys; what the store says is believed for five seconds; streams ask again every five, so a revoked key works for ten at most. */
export interface ApiKeyVerifier {
  /** Who a key stands for; null when it is none of ours, ended or revoked. @throws AppError SOURCE_UNAVAILABLE */
  verify(key: string): Promise<Viewer | null>
}

const believedMs = 5000

export function createApiKeyVerifier({ store, clock }: { store: Pick<ApiKeyStore, 'find'>; clock: Clock }): ApiKeyVerifier {
  const known = new LRUCache<string, Promise<ApiKeyRecord | null>>({ max: 10_000, ttl: believedMs })

  /** One question for all who ask at one moment: thousands of streams may have been opened with one key, and look again together. */
  const find = (keyId: string): Promise<ApiKeyRecord | null> => {
    const believed = known.get(keyId)
    if (believed !== undefined) return believed
    const asked = store.find(keyId).catch((error: unknown) => {
      if (known.peek(keyId) === asked) known.delete(keyId)
      throw error
    })
    known.set(keyId, asked)
    return asked
  }

  const isAlive = (key: ApiKeyRecord | null): key is ApiKeyRecord =>
    key !== null && key.revokedAt === null && (key.expiresAt === null || clock.now() < key.expiresAt)

  return {
    async verify(text) {
      const parsed = parseApiKey(text)
      if (parsed === null) return null
      const key = await find(parsed.keyId)
      // a key that is not there takes as long as one with the wrong secret
      const same = timingSafeEqual(hashSecret(parsed.secret), key?.secretHash ?? hashSecret(''))
      if (!same || !isAlive(key)) return null
      return { ...viewerOf(key), stillHolds: async () => isAlive(await find(key.keyId)) }
    },
  }
}

/** The prefix keeps a key's name from being taken for a person's id. */
function viewerOf(key: ApiKeyRecord): Viewer {
  const held = roles.filter((role) => key.roles.includes(role))
  return {
    actorId: `key:${key.name}`,
    kind: 'SERVICE',
    displayName: key.name,
    tenantId: key.tenantId,
    tenants: [key.tenantId],
    roles: held,
    scopes: scopesOf(held),
    expiresAtSeconds: key.expiresAt === null ? null : Number(key.expiresAt / 1_000_000_000n),
    authenticated: true,
  }
}
