import { type IncomingMessage } from 'node:http'

/**
 * Where a request comes from, as Fastify has it for `trustProxy`: the address that so many proxies in front saw. Each of them appends whom it was asked
 * by; what stands before that, anybody may have written.
 */
export function callerAddress({ headers, socket }: IncomingMessage, proxies: number): string | null {
  const seen = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  const forwarded = proxies === 0 ? undefined : (seen.at(-proxies) ?? seen[0])
  return forwarded ?? socket.remoteAddress ?? null
}
