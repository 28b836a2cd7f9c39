import { badUserInput } from './errors.ts'

/** Types that have a global id. The version inside an id lets its parts change later without breaking stored ids. */
export type NodeType =
  | 'Run'
  | 'Approval'
  | 'Ritual'
  | 'RunEvent'
  | 'GenericEvent'
  | 'Slo'
  | 'RecordStream'
  | 'Record'
  | 'AuditReceipt'
  | 'Graph'
  | 'GraphCommit'
  | 'GraphNode'
  | 'GraphRelationship'

const VERSION = 'v1'
/** Ids of nodes of graphs may be long texts in any script. */
const MAX_ID = 8192

const needsEscape = /[^\w.~-]/

/** What `encodeURIComponent` gives, which leaves most parts as they are. */
const escape = (part: string): string => (needsEscape.test(part) ? encodeURIComponent(part) : part)

// an answer holds hundreds of ids, and nearly all of them fit: a buffer for each would be most of their cost
const scratch = Buffer.allocUnsafe(512)

/** @param text of ASCII characters only */
const base64url = (text: string): string =>
  text.length > scratch.length
    ? Buffer.from(text, 'latin1').toString('base64url')
    : scratch.toString('base64url', 0, scratch.write(text, 'latin1'))

/** An opaque, typed, URL-safe global id over its natural key; parts may hold any Unicode text. */
export function encodeId(type: NodeType, parts: readonly string[]): string {
  let text: string = `${type}:${VERSION}`
  for (const part of parts) text += `:${escape(part)}`
  return base64url(text)
}

/** @returns the type and natural key of an id of ours, or null when the text is not one */
export function decodeId(id: string): { type: string; parts: string[] } | null {
  if (id.length > MAX_ID || !/^[A-Za-z0-9_-]+$/.test(id)) return null
  const [type, version, ...parts] = Buffer.from(id, 'base64url').toString('utf8').split(':')
  if (type === undefined || version !== VERSION || parts.length === 0) return null
  try {
    const decoded = parts.map(decodeURIComponent)
    return encodeId(type as NodeType, decoded) === id ? { type, parts: decoded } : null
  } catch {
    return null
  }
}

/**
 * The natural key of an id that must be of one type.
 * @throws AppError BAD_USER_INPUT when the text is no id of ours, or one of another type
 */
export function expectId(type: NodeType, id: string, length: number): string[] {
  const decoded = decodeId(id)
  if (decoded === null || decoded.type !== type || decoded.parts.length !== length)
    throw badUserInput(`This is not the id of ${/^[AEIOU]/.test(type) ? 'an' : 'a'} ${type}.`)
  return decoded.parts
}
