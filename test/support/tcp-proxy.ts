import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  readonly url: string
}

/** How often it is looked at who is ready. */
const checkMs = 50

/** A TCP proxy as they are: takes turns among the ports that are ready, and knows nothing of what it carries. */
export async function startProxy(t: { teardown(close: () => unknown): unknown }, ports: readonly number[]): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let turn = 0
  let ready: readonly number[] = ports
  const check = async (port: number) => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null))?.status === 200
  const checking = setInterval(() => {
    void Promise.all(ports.map(check)).then((answers) => (ready = ports.filter((_, index) => answers[index])))
  }, checkMs)

  const join = (client: Socket, tries: number): void => {
    const among = ready.length === 0 ? ports : ready
    const port = among[turn++ % among.length] ?? 0
    const server = connect({ port, host: '127.0.0.1' })
    const refused = (): void => (tries > 1 ? join(client, tries - 1) : void client.destroy())
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on('error', () => to.destroy())
        from.once('close', () => to.end())
      }
      client.pipe(server)
      server.pipe(client)
    })
  }

  const proxy = createServer((client) => {
    open.add(client)
    client.once('close', () => open.delete(client))
    client.on('error', () => undefined)
    join(client, ports.length)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    clearInterval(checking)
    for (const client of open) client.destroy()
    proxy.close()
  })
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
}
