import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type BucketShape, type Cache } from '../datasources/cache/cache.ts'
import { isAppError } from '../errors.ts'
import { type Buckets } from './buckets.ts'
import { type OperationRequest, type RequestOrigin } from './operation.ts'
import { maxDocumentCharacters } from './parse.ts'
import { refuse, type Refused } from './refused.ts'

/** The text that a request stands for. */
export interface DocumentText {
  readonly text: string
  /** It was known to this deployment before it started: it has a ceiling of its own, and none of the other rules less. */
  readonly trusted: boolean
  /** Keeps the text for the next request that knows its hash; called once it has passed every rule. */
  readonly remember?: () => void
}

/** Documents that clients name instead of sending them: trusted ones from files, others as they were sent once (APQ). */
export interface PersistedDocuments {
  /**
   * The text of a request: at once, unless the shared store has to be asked.
   * @throws Refused MALFORMED (no text; a hash that is not the text's), DOCUMENT (an id or hash that stands for nothing), FORBIDDEN (a text that
   * is not trusted, where only trusted ones may run)
   */
  find(request: OperationRequest, origin: RequestOrigin): DocumentText | Promise<DocumentText>
}

export interface PersistedOptions {
  readonly trusted: ReadonlyMap<string, string>
  /** Refuses every text that is not trusted. */
  readonly onlyPersisted: boolean
  /** Where texts that were sent once are kept; null = they are not. */
  readonly store: Cache | null
  readonly ttlSeconds: number
  /** Count what each tenant adds to the store. */
  readonly buckets: Buckets
}

// what this process remembers of the shared store, in characters: a store that is away costs clients one more round trip and no errors
const localCharacters = 4_000_000
/** What one tenant can have kept in the store, and once more in the life time of a text: it would fill a Redis within minutes, and push out all others' texts. */
const tenantCharacters = 8_000_000
/** What a text counts at least: so many short ones would fill the store as well. */
const leastCharacters = 500

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
const isSha256 = (hash: string): boolean => /^[0-9a-f]{64}$/.test(hash)
const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
/** `sha256:<hex>` and `<hex>` name the same document. */
const bare = (id: string): string => (id.startsWith('sha256:') ? id.slice('sha256:'.length) : id)

// the protocol's own words: clients look for them
const notFound = (): Refused => refuse('DOCUMENT', 'NOT_FOUND', 'PersistedQueryNotFound')
const notSupported = (): Refused => refuse('DOCUMENT', 'BAD_USER_INPUT', 'PersistedQueryNotSupported')

/** @throws Refused MALFORMED, DOCUMENT */
function hashOf({ extensions }: OperationRequest): string | null {
  const persisted = extensions?.['persistedQuery']
  if (persisted === undefined || persisted === null) return null
  if (!isMap(persisted) || typeof persisted['sha256Hash'] !== 'string')
    throw refuse('MALFORMED', 'BAD_USER_INPUT', '`extensions.persistedQuery` needs a `sha256Hash`.')
  if (persisted['version'] !== 1) throw notSupported()
  return persisted['sha256Hash']
}

export function createPersistedDocuments({ trusted, onlyPersisted, store, ttlSeconds, buckets }: PersistedOptions): PersistedDocuments {
  const trustedTexts = new Set(trusted.values())
  const local = new LRUCache<string, string>({
    maxSize: localCharacters,
    sizeCalculation: (text) => text.length + 1,
    ttl: ttlSeconds * 1000,
  })
  const trustedText = (id: string): string | undefined => trusted.get(id) ?? trusted.get(bare(id)) ?? trusted.get(`sha256:${bare(id)}`)
  // a tenant's documents are its own affair: nobody else can find out whether it uses one
  const keyOf = (hash: string, { viewer }: RequestOrigin): string => `apq:${viewer.tenantId}:${hash}`

  const fromStore = async (hash: string, origin: RequestOrigin): Promise<DocumentText> => {
    if (store === null) throw notSupported()
    if (!isSha256(hash)) throw notFound()
    const key = keyOf(hash, origin)
    try {
      const text = local.get(key) ?? (await store.get(key))
      // the store is shared with others: what it gives must be what the client named
      if (text !== null && sha256(text) === hash) {
        local.set(key, text)
        return { text, trusted: false }
      }
    } catch (error) {
      if (!isAppError(error)) throw error
      origin.log.warn({ err: error }, 'the store of persisted documents does not answer: clients send them again')
    }
    throw notFound()
  }

  const share: BucketShape = { capacity: tenantCharacters, restorePerSecond: tenantCharacters / ttlSeconds }

  const keep = async (key: string, text: string, { viewer, log }: RequestOrigin): Promise<void> => {
    const { granted } = await buckets.take(`apq:${viewer.tenantId}`, Math.max(text.length, leastCharacters), share, log)
    if (granted) await store?.set(key, text, ttlSeconds * 1000)
  }

  const remember = (hash: string, text: string, origin: RequestOrigin): void => {
    if (store === null || text.length > maxDocumentCharacters) return
    const key = keyOf(hash, origin)
    if (local.has(key)) return
    local.set(key, text)
    keep(key, text, origin).catch((error: unknown) => origin.log.warn({ err: error }, 'a document could not be kept for the next request'))
  }

  const byText = (text: string, request: OperationRequest, origin: RequestOrigin): DocumentText => {
    const hash = hashOf(request)
    if (hash !== null && sha256(text) !== hash.toLowerCase())
      throw refuse('MALFORMED', 'BAD_USER_INPUT', 'The `sha256Hash` is not that of the `query` beside it.')
    if (trustedTexts.has(text)) return { text, trusted: true }
    if (onlyPersisted) throw refuse('FORBIDDEN', 'FORBIDDEN', 'Only trusted documents may be run here.')
    return hash === null ? { text, trusted: false } : { text, trusted: false, remember: () => remember(hash.toLowerCase(), text, origin) }
  }

  return {
    find(request, origin) {
      if (request.query != null && request.query !== '') return byText(request.query, request, origin)
      const { documentId } = request
      if (documentId != null && documentId !== '') {
        const text = trustedText(documentId)
        if (text === undefined) throw refuse('DOCUMENT', 'NOT_FOUND', 'No document has this `documentId`.')
        return { text, trusted: true }
      }
      const hash = hashOf(request)
      if (hash === null) throw refuse('MALFORMED', 'BAD_USER_INPUT', 'The request holds neither a `query` nor a `documentId`.')
      // of a trusted document it is the id, which a manifest may have made in another way
      const text = trustedText(hash) ?? trustedText(hash.toLowerCase())
      if (text !== undefined) return { text, trusted: true }
      if (onlyPersisted) throw notFound()
      return fromStore(hash.toLowerCase(), origin)
    },
  }
}
