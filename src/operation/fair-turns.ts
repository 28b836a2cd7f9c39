import { setImmediate as nextLoop } from 'node:timers/promises'

/** How long those in the line may work before the loop goes round. Short: it takes in one new connection a round. */
const sliceMs = 4

const waiting: (() => void)[] = []
let running = false

/** Resolves when everything that could go on without waiting has gone on: microtasks come before the next tick. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

async function serve(): Promise<void> {
  running = true
  while (waiting.length > 0) {
    const until = performance.now() + sliceMs
    do {
      waiting.shift()?.()
      await settled()
    } while (waiting.length > 0 && performance.now() < until)
    await nextLoop()
  }
  running = false
}

/**
 * A place in the line of all streams and of all documents that nobody knows yet. Whoever has much to read at once, and whose socket takes everything,
 * would go on from promise to promise and let nobody else in: no other reader, no request, no new connection. So would a packet of many documents.
 */
export function fairTurn(): Promise<void> {
  const turn = new Promise<void>((resolve) => waiting.push(resolve))
  if (!running) void serve()
  return turn
}
