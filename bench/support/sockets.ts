import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { owner } from './bench.ts'
import { type Counted, type Reply, type Request, type Subscribe } from './socket-clients.ts'

/** Subscribers in a process of their own. */
export interface Sockets {
  subscribe(options: Subscribe): Promise<void>
  count(): Promise<Counted>
  close(): Promise<void>
}

export function openSockets(): Sockets {
  const child: ChildProcess = fork(new URL('./socket-clients.js', import.meta.url))
  const ask = async (request: Request): Promise<Reply> => {
    child.send(request)
    const [reply] = (await once(child, 'message')) as [Reply]
    return reply
  }
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.send({ close: true } satisfies Request)
    await ended
  }
  owner.teardown(close)
  return {
    async subscribe(options) {
      await ask({ subscribe: options })
    },
    async count() {
      const reply = await ask({ count: true })
      if (!('counted' in reply)) throw new Error('another answer was expected')
      return reply.counted
    },
    close,
  }
}
