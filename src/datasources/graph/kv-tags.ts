import { headers } from '@nats-io/transport-node'
import { badUserInput, sourceUnavailable } from '../../errors.ts'
import { decodeText } from '../../projections/event-text.ts'
import { parseNanos } from '../../time.ts'
import { JetstreamRefusal, type NatsClient, openNatsClient, refusals } from '../nats/nats-client.ts'
import { openPull, PullBroken, type PulledMessage } from '../nats/pull.ts'
import { type Scope } from '../scope.ts'
import { type TagStore } from './tags.ts'

export interface KvTagsOptions {
  readonly url: string
  readonly credsPath: string | undefined
  readonly timeoutMs: number
  /** Makes a missing bucket with exactly Demon's settings; never alters one. */
  readonly create: boolean
}

const STREAM = 'KV_GRAPH_TAGS'
const PREFIX = '$KV.GRAPH_TAGS.'

type Owner = Parameters<TagStore['get']>[1]

const keyPrefix = (tenantId: string, { projectId, namespace, graphId }: Owner): string =>
  `${tenantId}/${projectId}/${namespace}/${graphId}/`

/** What a key of the bucket may hold; the tag has its own rule in front of this. (contract: demon 2.3) */
function subjectFor(tenantId: string, graph: Owner, tag: string): string {
  const key = `${keyPrefix(tenantId, graph)}${tag}`
  if (!/^[-/_=.A-Za-z0-9]+$/.test(key) || /^\.|\.$|\.\./.test(key))
    throw badUserInput('This tag cannot be a key of the bucket.', { path: ['tag'] })
  return PREFIX + key
}

/** What the bucket refused, or that it is not there, is to a caller that the log does not answer. */
const translated = (error: unknown): unknown =>
  error instanceof JetstreamRefusal || error instanceof PullBroken ? sourceUnavailable('log', error) : error

/** Exactly what Demon's client makes: file, ten values a key, no deletion of single messages. (contract: demon 2.3) */
async function createBucket(client: NatsClient): Promise<void> {
  await client.use(({ jsm }) =>
    jsm.streams.add({
      name: STREAM,
      description: 'Graph tag to commit ID mappings',
      subjects: [`${PREFIX}>`],
      max_msgs_per_subject: 10,
      discard: 'new',
      storage: 'file',
      num_replicas: 1,
      allow_direct: true,
      allow_rollup_hdrs: true,
      deny_delete: true,
      duplicate_window: 120_000_000_000,
    }),
  )
}

interface Entry {
  readonly key: string
  /** Null: deleted. */
  readonly commitId: string | null
  readonly at: bigint
}

const entryOf = ({ subject, payload, recordedAtNs }: Pick<PulledMessage, 'subject' | 'payload' | 'recordedAtNs'>): Entry => ({
  key: subject.slice(PREFIX.length),
  commitId: payload.byteLength === 0 ? null : decodeText(payload),
  at: recordedAtNs,
})

/** Newest entry of every key. No wildcard selects one graph, so all are read. (contract: demon 2.3) */
async function readAll(client: NatsClient, timeoutMs: number): Promise<Map<string, Entry>> {
  const pull = await openPull(client, { stream: STREAM, from: 1n, window: 1000, mode: 'DRAIN', expiresMs: timeoutMs })
  try {
    const entries = new Map<string, Entry>()
    for (let batch = await pull.next(500); batch !== null && batch.length > 0; batch = await pull.next(500))
      for (const message of batch) entries.set(message.subject, entryOf(message))
    return entries
  } finally {
    pull.close()
  }
}

/** Demon's bucket GRAPH_TAGS. Connects in the background; while the server is away every call says so. */
export function openKvTags(options: KvTagsOptions): TagStore {
  const { timeoutMs, create } = options
  const client = openNatsClient(options)

  /** A missing bucket is made where that was asked for, and holds nothing otherwise. */
  async function withBucket<T>(work: () => Promise<T>, missing: (() => T) | null): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof JetstreamRefusal) || error.code !== refusals.streamNotFound) throw translated(error)
      if (missing !== null) return missing()
      throw translated(error)
    }
  }
  async function publish(subject: string, value: string, deleted: boolean): Promise<void> {
    const marker = headers()
    if (deleted) marker.set('KV-Operation', 'DEL')
    const state = async () => (await client.use(({ jsm }) => jsm.streams.info(STREAM))).config.name
    await withBucket(state, create ? () => '' : null).then(async (name) => {
      if (name === '') await createBucket(client)
    })
    await withBucket(() => client.use(({ js }) => js.publish(subject, value, deleted ? { headers: marker } : {})), null)
  }
  async function get(tenantId: string, graph: Owner, tag: string): Promise<Entry | null> {
    const subject = subjectFor(tenantId, graph, tag)
    const stored = await withBucket(
      () => client.use(({ jsm }) => jsm.streams.getMessage(STREAM, { last_by_subj: subject })),
      () => null,
    )
    if (stored === null) return null
    return entryOf({ subject, payload: stored.data, recordedAtNs: parseNanos(stored.timestamp) ?? 0n })
  }
  const all = (): Promise<Map<string, Entry>> =>
    withBucket(
      () => readAll(client, timeoutMs),
      () => new Map<string, Entry>(),
    )

  return {
    async list({ tenantId }: Scope, graph) {
      const prefix = keyPrefix(tenantId, graph)
      return [...(await all()).values()]
        .filter(({ key, commitId }) => commitId !== null && key.startsWith(prefix))
        .map(({ key, commitId, at }) => ({ tag: key.slice(prefix.length), commitId: commitId ?? '', updatedAt: at }))
        .sort((a, b) => (a.tag < b.tag ? -1 : 1))
    },
    async get({ tenantId }, graph, tag) {
      if (!/^[-/_=.A-Za-z0-9]+$/.test(tag)) return null
      const entry = await get(tenantId, graph, tag)
      return entry === null || entry.commitId === null ? null : { tag, commitId: entry.commitId, updatedAt: entry.at }
    },
    set: ({ tenantId }, graph, tag, commitId) => publish(subjectFor(tenantId, graph, tag), commitId, false),
    async remove({ tenantId }, graph, tag) {
      const entry = await get(tenantId, graph, tag)
      if (entry === null || entry.commitId === null) return false
      await publish(subjectFor(tenantId, graph, tag), '', true)
      return true
    },
    async settled(olderThanMs) {
      const limit = BigInt(Date.now() - olderThanMs) * 1_000_000n
      return [...(await all()).values()].flatMap(({ key, commitId, at }) => {
        const [tenantId, projectId, namespace, graphId, ...tag] = key.split('/')
        if (at > limit || tenantId === undefined || projectId === undefined || namespace === undefined || graphId === undefined) return []
        return tag.length === 0 ? [] : [{ tenantId, projectId, namespace, graphId, tag: tag.join('/'), commitId }]
      })
    },
    close: () => client.close(),
  }
}
