import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** A full collection, now. */
export const collectGarbage = (): void => {
  if (typeof collect === 'function') collect()
}

/** What is reachable, in bytes. */
export const heapInUse = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
