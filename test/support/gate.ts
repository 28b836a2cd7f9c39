import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

interface Owner {
  teardown(work: () => unknown): unknown
}

/** A port in front of a real server, which can be shut and opened: what is behind it is then gone, or back. */
export interface Gate {
  readonly port: number
  open(): Promise<void>
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>
}

export async function gateTo(t: Owner, target: { host: string; port: number }, port: number): Promise<Gate> {
  let server: Server | null = null
  const sockets = new Set<Socket>()
  const hold = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const gate: Gate = {
    port,
    async open() {
      server = createServer((near) => {
        const far = connect(target)
        hold(near)
        hold(far)
        near.pipe(far).on('close', () => near.destroy())
        far.pipe(near)
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async shut() {
      const closing = server
      server = null
      for (const socket of sockets) socket.destroy()
      if (closing !== null) await new Promise((resolve) => closing.close(resolve))
    },
  }
  t.teardown(() => gate.shut())
  return gate
}
