import { type HubItem } from './hub.ts'

type MessageItem = Extract<HubItem, { kind: 'MESSAGE' }>

/** The newest messages of a stream: everything after `coveredFrom` is here. */
export interface EventRing {
  push(item: MessageItem): void
  /** Every message of the stream with a greater sequence is in the ring, as far as the feed has come. */
  coveredFrom(): bigint
  /** Messages after `sequence`, oldest first, until `visit` says stop by returning false. */
  forEachAfter(sequence: bigint, visit: (item: MessageItem) => boolean): void
  get(sequence: bigint): MessageItem | null
  clear(coveredFrom: bigint): void
  /** Puts what came before in front, as far as there is room; then everything after `coveredFrom` is here. */
  prepend(older: readonly MessageItem[], coveredFrom: bigint): void
  size(): number
  /** How many more it holds without losing any. */
  room(): number
}

export function createEventRing(capacity: number): EventRing {
  let items: MessageItem[] = []
  let first = 0
  let covered = 0n

  const indexAfter = (sequence: bigint): number => {
    let low = first
    let high = items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const item = items[middle]
      if (item !== undefined && item.message.sequence <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    push(item) {
      items.push(item)
      if (items.length - first <= capacity) return
      covered = items[first]?.message.sequence ?? covered
      first++
      // moving the rest once per capacity keeps a push at constant cost
      if (first >= capacity) {
        items = items.slice(first)
        first = 0
      }
    },
    coveredFrom: () => covered,
    forEachAfter(sequence, visit) {
      for (let index = indexAfter(sequence); index < items.length; index++) {
        const item = items[index]
        if (item === undefined || !visit(item)) return
      }
    },
    get(sequence) {
      const item = items[indexAfter(sequence - 1n)]
      return item?.message.sequence === sequence ? item : null
    },
    clear(coveredFrom) {
      items = []
      first = 0
      covered = coveredFrom
    },
    prepend(older, coveredFrom) {
      const fit = older.slice(Math.max(0, older.length - (capacity - (items.length - first))))
      covered = fit.length === older.length ? coveredFrom : (older[older.length - fit.length - 1]?.message.sequence ?? covered)
      items = [...fit, ...items.slice(first)]
      first = 0
    },
    size: () => items.length - first,
    room: () => capacity - (items.length - first),
  }
}
