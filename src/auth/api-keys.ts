import { createHash, randomBytes } from 'node:crypto'

/** An API key as it is shown once: `orr_<id>_<secret>`. Only the hash of the secret is ever stored. */
export interface NewApiKey {
  readonly keyId: string
  readonly text: string
  readonly secretHash: Uint8Array
}

const SHAPE = /^orr_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** SHA-256 is enough: the secret is 256 random bits, there is nothing to guess. */
export const hashSecret = (secret: string): Uint8Array => createHash('sha256').update(secret, 'utf8').digest()

export function makeApiKey(): NewApiKey {
  const keyId = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  return { keyId, text: `orr_${keyId}_${secret}`, secretHash: hashSecret(secret) }
}

/** The parts of a key that somebody presents, or null when it is none of ours. */
export function parseApiKey(text: string): { readonly keyId: string; readonly secret: string } | null {
  const [, keyId, secret] = SHAPE.exec(text) ?? []
  return keyId === undefined || secret === undefined ? null : { keyId, secret }
}
