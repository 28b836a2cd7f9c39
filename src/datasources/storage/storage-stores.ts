import { asError, badUserInput } from '../../errors.ts'
import { decodeListCursor, encodeListCursor, type CursorOwner } from '../page-cursor.ts'
import { emptyPage, type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type NativeRecordStore } from './sql-record-store.ts'
import {
  type RecordRange,
  type RecordStore,
  type RecordStoreKind,
  type RecordStream,
  type RecordStreamFilter,
  type StorageDataSource,
  recordStoreKinds,
} from './storage.ts'

const ownerOf = (scope: Scope): CursorOwner => ({ list: 'storage.streams', order: 'store,name', tenantId: scope.tenantId })

/** Whose page the cursor belongs to, and the store's own cursor. */
function readCursor(scope: Scope, cursor: string | null): { rank: number; inner: string } | null {
  if (cursor === null) return null
  const [rank, inner] = decodeListCursor(ownerOf(scope), cursor, ['integer', 'text'])
  return { rank: Number(rank), inner: String(inner) }
}

/**
 * Pages over the lists of several stores, one after the other.
 * @param lists in the order of the whole list
 */
async function chainedPage(
  scope: Scope,
  page: PageRequest,
  lists: readonly { readonly rank: number; list(page: PageRequest): Promise<Page<RecordStream>> }[],
): Promise<Page<RecordStream>> {
  const backward = page.direction === 'BACKWARD'
  const from = readCursor(scope, page.cursor)
  const inOrder = backward ? lists.toReversed() : lists
  const reachable = inOrder.filter(({ rank }) => from === null || (backward ? rank <= from.rank : rank >= from.rank))
  const taken: { cursor: string; item: RecordStream }[] = []
  let more = false
  let behind = from !== null && inOrder.length > reachable.length
  for (const { rank, list } of reachable) {
    const left = page.size - taken.length
    const cursor = from !== null && from.rank === rank ? from.inner : null
    const found = await list({ ...page, size: left === 0 ? 1 : left, cursor })
    behind ||= cursor !== null && (backward ? found.hasNextPage : found.hasPreviousPage)
    if (left === 0) {
      more ||= found.items.length > 0
      break
    }
    const items = found.items.map((entry) => ({ cursor: encodeListCursor(ownerOf(scope), [BigInt(rank), entry.cursor]), item: entry.item }))
    if (backward) taken.unshift(...items)
    else taken.push(...items)
    more = backward ? found.hasPreviousPage : found.hasNextPage
    if (more) break
  }
  return { items: taken, hasNextPage: backward ? behind : more, hasPreviousPage: backward ? more : behind }
}

/** The stores of this deployment behind one port. */
export function createStorage({ native, craton }: { native: NativeRecordStore; craton: RecordStore | null }): StorageDataSource {
  const stores = new Map<RecordStoreKind, RecordStore>([['NATIVE', native], ...(craton === null ? [] : [['CRATON', craton] as const])])
  const wanted = (filter: RecordStreamFilter) =>
    [...stores.values()].filter(({ kind }) => filter.stores == null || filter.stores.includes(kind))
  function storeOf(kind: RecordStoreKind): RecordStore {
    const store = stores.get(kind)
    if (store === undefined) throw badUserInput('This deployment has no Craton server (CRATON_ADDR).', { path: ['store'] })
    return store
  }
  return {
    kinds: [...stores.keys()],
    store: storeOf,
    list: (scope, filter, page) =>
      wanted(filter).length === 0
        ? Promise.resolve(emptyPage)
        : chainedPage(
            scope,
            page,
            wanted(filter).map((store) => ({
              rank: recordStoreKinds.indexOf(store.kind),
              list: (request) => store.list(scope, filter, request),
            })),
          ),
    async count(scope, filter) {
      const counts = await Promise.all(wanted(filter).map((store) => store.count(scope, filter)))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async readRanges(scope, ranges) {
      const together = ranges.filter(({ stream }) => stream.store === 'NATIVE')
      const found = together.length === 0 ? [] : await native.readRanges(scope, together).catch(asError)
      const nativeOf = (range: RecordRange) => (found instanceof Error ? found : (found[together.indexOf(range)] ?? []))
      return Promise.all(
        ranges.map((range) =>
          range.stream.store === 'NATIVE' ? nativeOf(range) : storeOf(range.stream.store).read(scope, range.stream, range).catch(asError),
        ),
      )
    },
    ofRuns: (scope, keys, page) => native.ofRuns(scope, keys, page),
    async pinsOf(scope, streams, page) {
      const kinds = [...new Set(streams.map(({ store }) => store))]
      const perKind = await Promise.all(
        kinds.map(async (kind) => {
          const own = streams.filter(({ store }) => store === kind)
          const found = await storeOf(kind).pinsOf(scope, own, page).catch(asError)
          return own.map((stream, at) => [stream, found instanceof Error ? found : (found[at] ?? emptyPage)] as const)
        }),
      )
      const pages = new Map(perKind.flat())
      return streams.map((stream) => pages.get(stream) ?? emptyPage)
    },
    statuses: () => Promise.all([...stores.values()].map((store) => store.status())),
  }
}
