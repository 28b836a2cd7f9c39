import { LRUCache } from 'lru-cache'
import { type CratonClient, refusalError } from './craton-client.ts'
import { CratonRefusal, mayBeWritten } from './craton-connection.ts'
import { createDeadlyStreams } from './deadly-streams.ts'

const CACHE_BYTES = 16 * 1024 * 1024
/** Well under what one frame holds: the last record of an answer may overshoot (contract: craton 6.2). */
const PAGE_BYTES = 1024 * 1024
const TYPICAL_BYTES = 1_024
const MOST_STREAMS = 100_000
const STREAM_NOT_FOUND = 5

/** Lengths and records of one server, for as long as it lives. */
export interface CratonReader {
  /** @throws AppError NOT_FOUND when the server does not know the stream, as after a restart */
  length(tenant: bigint, streamId: bigint): Promise<bigint>
  /** At most `count` events from an offset on; fewer at the end. Immutable, so they are remembered. */
  read(tenant: bigint, streamId: bigint, range: { from: bigint; count: number; signal?: AbortSignal | undefined }): Promise<Uint8Array[]>
  /** The files of the stream were found sound: it may be read again. */
  clear(streamId: bigint): void
}

/**
 * Reading a stream whose chain is broken kills a stock server, so a read is never repeated by itself, and a stream during whose reading a server
 * died twice is not read again (contract: craton 6.7, 13).
 */
export function createCratonReader(client: CratonClient): CratonReader {
  const events = new LRUCache<string, Uint8Array>({ maxSize: CACHE_BYTES, sizeCalculation: (event) => event.length + 100 })
  const lengths = new LRUCache<bigint, bigint>({ max: MOST_STREAMS })
  const deadly = createDeadlyStreams()
  let life: string | null = null

  async function enterLife(): Promise<void> {
    const { name } = await client.epoch()
    if (life === name) return
    events.clear()
    lengths.clear()
    life = name
  }

  function amnesia(): void {
    client.noteAmnesia()
    events.clear()
    lengths.clear()
    life = client.lastEpoch()?.name ?? null
  }

  async function readOnce(
    tenant: bigint,
    streamId: bigint,
    { from, count, signal }: { from: bigint; count: number; signal?: AbortSignal | undefined },
  ) {
    const maxBytes = count === 1 ? 1n : BigInt(Math.min(PAGE_BYTES, count * TYPICAL_BYTES))
    const { name } = await client.epoch()
    deadly.check(streamId, name)
    try {
      const answer = await client.call({ type: 'ReadEvents', streamId, fromOffset: from, maxBytes }, 'ReadEvents', {
        tenantId: tenant,
        signal,
      })
      deadly.noteRead(streamId, { from, maxBytes })
      return answer.events
    } catch (error) {
      if (mayBeWritten(error) && signal?.aborted !== true) deadly.noteLost(streamId, name, { from, maxBytes })
      throw refusalError(error)
    }
  }

  return {
    async length(tenant, streamId) {
      await enterLife()
      const known = lengths.get(streamId)
      try {
        const { length } = await client.call({ type: 'StreamInfo', streamId }, 'StreamInfo', { tenantId: tenant })
        if (known !== undefined && length < known) amnesia()
        lengths.set(streamId, length)
        return length
      } catch (error) {
        if (error instanceof CratonRefusal && error.code === STREAM_NOT_FOUND && known !== undefined) amnesia()
        throw refusalError(error)
      }
    },
    async read(tenant, streamId, { from, count, signal }) {
      await enterLife()
      const found: Uint8Array[] = []
      const keyOf = (offset: bigint): string => `${streamId}:${offset}`
      while (found.length < count) {
        const next = from + BigInt(found.length)
        const known = events.get(keyOf(next))
        if (known !== undefined) {
          found.push(known)
          continue
        }
        const page = await readOnce(tenant, streamId, { from: next, count: count - found.length, signal })
        if (page.length === 0) return found
        page.forEach((event, index) => events.set(keyOf(next + BigInt(index)), event))
        found.push(...page.slice(0, count - found.length))
      }
      return found
    },
    clear: (streamId) => deadly.clear(streamId),
  }
}
