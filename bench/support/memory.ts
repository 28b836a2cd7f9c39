/** Bytes in use after a full collection: the heap and what hangs on it outside. */
export function heapBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
