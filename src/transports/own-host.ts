import { isIP, isIPv4 } from 'node:net'
import { type Config } from '../config.ts'

/** An address of the machine itself. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '::ffff:127.0.0.1' || (isIPv4(host) && host.startsWith('127.'))

/** The machine as containers on it call it; nobody's name on the internet. */
const namesFromContainers = ['host.docker.internal', 'host.containers.internal']

/** `localhost` and what is below it never leave the machine (RFC 6761, section 6.3). */
const isLocalName = (name: string): boolean => /(?:^|\.)localhost$/.test(name) || namesFromContainers.includes(name)

/** The name or address in a `Host` header, without port, brackets and the dot at the end; null when it is none. */
function nameIn(host: string): string | null {
  if (!URL.canParse(`http://${host}`)) return null
  const { hostname } = new URL(`http://${host}`)
  return hostname.replace(/^\[|\]$|\.$/g, '')
}

/**
 * Whether a request is meant for this server, by its `Host`. Where everybody is the local operator, the loopback address alone keeps others out; a
 * page elsewhere whose name is made to mean that address would be let in by its visitor's browser (DNS rebinding). It cannot do that with an
 * address for a name. Sites that may call anyway may also be this server's name.
 * @returns null where every name will do
 */
export function ownHost({
  authMode,
  host,
  corsOrigins,
}: Pick<Config, 'authMode' | 'host' | 'corsOrigins'>): ((given: string | undefined) => boolean) | null {
  if (authMode !== 'none' || !isLoopback(host) || corsOrigins.includes('*')) return null
  const configured = new Set(corsOrigins.filter((origin) => /^https?:/.test(origin)).map((origin) => new URL(origin).hostname))
  return (given) => {
    // HTTP/1.0 knows no such header, nor does any browser speak it
    if (given === undefined) return true
    const name = nameIn(given)
    return name !== null && (isIP(name) !== 0 || isLocalName(name) || configured.has(name))
  }
}
