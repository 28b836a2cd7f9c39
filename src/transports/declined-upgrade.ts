import { type IncomingMessage, type Server } from 'node:http'
import { type Socket } from 'node:net'

const isOffer = (name: string): boolean => name === 'upgrade' || name === 'http2-settings'

/** The head of a request as it was sent, without the offer to go on in another protocol. */
function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (isOffer(name.toLowerCase())) continue
    const kept = name.toLowerCase() === 'connection' ? withoutOffers(value) : value
    lines.push(`${name}: ${kept}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

const withoutOffers = (connection: string): string =>
  connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !isOffer(option.toLowerCase()))
    .join(', ')

/**
 * Serves a request as if it had offered no other protocol, as every server may (RFC 9110, 7.8). Node gives all of them to whoever listens for one
 * upgrade, and Java's HTTP client offers HTTP/2 with each first request.
 * @param head what has come of the request after its headers
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(headWithoutOffer(request), 'latin1'), head]))
  server.emit('connection', socket)
}
