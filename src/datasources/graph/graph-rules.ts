import { badUserInput } from '../../errors.ts'
import { type GraphKey } from './graph.ts'
import { canonicalMutation, type GraphMutation } from './mutations.ts'
import { type Nanos, formatDemonTime, parseNanos } from '../../time.ts'
import { compareUtf8 } from './lexeme-json.ts'

/** Bounds of what we write; the log's own limit on a message comes on top. */
export const graphLimits = {
  mutations: 10_000,
  idBytes: 1024,
  labels: 100,
  labelBytes: 256,
  properties: 1000,
  keyBytes: 256,
  tag: 128,
} as const

const refuse = (path: string, message: string) => badUserInput(message, { path: [path] })

/** @throws AppError BAD_USER_INPUT for what cannot be a token of the subject, or a part of a tag's key (contract: demon 2.4, 8.1) */
export function checkGraphKey(tenantId: string, { source, projectId, namespace, graphId }: GraphKey): void {
  if (source !== 'ORRERY') throw refuse('source', "Summit's graph can only be read here.")
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(projectId)) throw refuse('projectId', 'projectId has 1 to 64 letters, digits, "_" or "-".')
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(namespace)) throw refuse('namespace', 'namespace has 1 to 64 letters, digits, "_" or "-".')
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(graphId) || graphId.includes('..'))
    throw refuse('graphId', 'graphId has 1 to 64 letters, digits, "_", "-" or single dots.')
  if (!/^[^\s.*>\p{Cc}\p{Cs}]{1,256}$/u.test(tenantId)) throw refuse('tenantId', 'The tenant of the caller cannot be part of a subject.')
}

/** @throws AppError BAD_USER_INPUT (contract: demon 2.3) */
export function checkTag(tag: string): void {
  if (tag.length > graphLimits.tag || !/^[-/_=.A-Za-z0-9]+$/.test(tag) || /\.$|\.\./.test(tag))
    throw refuse('tag', 'A tag has 1 to 128 letters, digits, or "- / _ = ."; no dot at its end, no two in a row.')
}

const bytesOf = (text: string): number => Buffer.byteLength(text)

function checkId(name: string, id: string): void {
  if (id === '' || bytesOf(id) > graphLimits.idBytes) throw refuse('mutations', `${name} must have 1 to ${graphLimits.idBytes} bytes.`)
  if (/\p{Cs}/u.test(id)) throw refuse('mutations', `${name} holds half a surrogate pair, which has no UTF-8.`)
}

function checkMutation(mutation: GraphMutation): void {
  if ('nodeId' in mutation) checkId('nodeId', mutation.nodeId)
  else checkId('edgeId', mutation.edgeId)
  if ('from' in mutation) {
    checkId('from', mutation.from)
    checkId('to', mutation.to)
    if (mutation.label !== null && bytesOf(mutation.label) > graphLimits.labelBytes) throw refuse('mutations', 'A label is too long.')
  }
  if (
    'labels' in mutation &&
    (mutation.labels.length > graphLimits.labels || mutation.labels.some((label) => bytesOf(label) > graphLimits.labelBytes))
  )
    throw refuse('mutations', `A node has at most ${graphLimits.labels} labels of at most ${graphLimits.labelBytes} bytes.`)
  if ('properties' in mutation) {
    if (mutation.properties.length > graphLimits.properties) throw refuse('mutations', `At most ${graphLimits.properties} properties.`)
    if (mutation.properties.some(({ key }) => bytesOf(key) > graphLimits.keyBytes))
      throw refuse('mutations', 'A key of a property is too long.')
  }
}

/** @throws AppError BAD_USER_INPUT: none, too many, or one that is out of bounds */
export function checkMutations(mutations: readonly GraphMutation[]): void {
  if (mutations.length === 0) throw refuse('mutations', 'A commit needs at least one change.')
  if (mutations.length > graphLimits.mutations) throw refuse('mutations', `A commit holds at most ${graphLimits.mutations} changes.`)
  for (const mutation of mutations) checkMutation(mutation)
}

export const sizeOfMutation = (mutation: GraphMutation): number => bytesOf(canonicalMutation(mutation))

/**
 * A time later, in byte order, than every earlier commit's of the graph: Demon replays in the order of these texts (contract: demon 8.8).
 * @throws AppError CONFLICT when no time that can be written comes after `newest`
 */
export function nextCommitTime(now: Nanos, newest: string): string {
  const candidates = (from: Nanos): Nanos[] => [
    from,
    ...[1n, 60n, 3600n, 86_400n, 366n * 86_400n].map((seconds) => from + seconds * 1_000_000_000n),
  ]
  const known = parseNanos(newest)
  // Behind a time that is still to come writers would all write the same one: the clock's last digits tell them apart.
  const own = 1n + (now % 1_000_000n)
  for (const at of [...candidates(now), ...(known === null ? [] : [known + own, ...candidates(known + 1_000_000_000n + own)])]) {
    if (known !== null && at > now && at <= known) continue
    const text = formatDemonTime(at)
    if (compareUtf8(text, newest) > 0) return text
  }
  throw badUserInput('The newest commit of this graph carries a time that nothing can come after.', { path: ['graph'] })
}
