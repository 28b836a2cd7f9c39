import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type Nanos } from '../../src/time.ts'
import { type ContenderName } from './contenders.ts'

/** A server to be measured: where it answers, and the CPU time that its process has used so far, in µs. */
export interface Contender {
  readonly name: ContenderName
  readonly url: string
  cpuMicros(): Promise<number>
  close(): Promise<void>
}

/**
 * Starts a server in a process of its own, which ends with this one.
 * @param store `remembered` (what the store said first is said again at once), `pglite`, or the address of a PostgreSQL database that is filled
 * @param now the moment of the sample that fills a store of its own
 */
export async function startContender(name: ContenderName, store: string, now: Nanos): Promise<Contender> {
  // each with the room for young objects that `npm start` and the image give a server
  const execArgv = [`--max-semi-space-size=${process.env['SEMI_SPACE_MB'] ?? '64'}`]
  const child = fork(new URL('./contender-process.js', import.meta.url), [name, store, now.toString()], { execArgv })
  const answer = async (): Promise<unknown> => {
    const left = new AbortController()
    const exit = once(child, 'exit', { signal: left.signal }).then(
      () => Promise.reject(new Error(`${name} has ended`)),
      () => undefined,
    )
    const [message]: unknown[] = (await Promise.race([once(child, 'message'), exit])) ?? []
    left.abort()
    return message
  }
  const { url } = (await answer()) as { url: string }
  return {
    name,
    url,
    async cpuMicros() {
      child.send('cpu')
      return ((await answer()) as { cpuMicros: number }).cpuMicros
    },
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
