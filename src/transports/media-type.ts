/** What a client accepts, of what we can send. */
export interface Acceptable {
  /** The media type of a single answer; null when none fits. */
  readonly single: 'application/graphql-response+json' | 'application/json' | null
  /** How it takes a stream, if it does. */
  readonly stream: 'sse' | 'multipart' | null
}

interface Range {
  readonly type: string
  readonly quality: number
  readonly parameters: string
}

const readRanges = (accept: string): Range[] =>
  accept
    .slice(0, 2048)
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return { type, parameters: parameters.join(';'), quality: quality === undefined ? 1 : Number(quality) || 0 }
    })
    .filter(({ type }) => type !== '')

const known = new Map<string, Acceptable>()

/**
 * Reads an `Accept` header (platform 3.4): missing or `*` means JSON; `q` is honoured; on equal `q` application/graphql-response+json wins if it is
 * named. `multipart/mixed` counts only with `subscriptionSpec`: without it an incremental-delivery client speaks.
 */
export function readAccept(accept: string | undefined): Acceptable {
  const header = accept?.trim() ?? ''
  if (header === '') return { single: 'application/json', stream: null }
  const cached = known.get(header)
  if (cached !== undefined) return cached
  const acceptable = negotiate(readRanges(header))
  // clients send a handful of spellings; an attacker's are not worth remembering
  if (known.size < 200) known.set(header, acceptable)
  return acceptable
}

function negotiate(ranges: readonly Range[]): Acceptable {
  const quality = (...types: string[]): number | undefined => {
    for (const type of types) {
      const range = ranges.find((candidate) => candidate.type === type)
      if (range !== undefined) return range.quality
    }
    return undefined
  }
  const named = quality('application/graphql-response+json') ?? 0
  const json = quality('application/json', 'application/*', '*/*') ?? 0
  const single = named > 0 && named >= json ? 'application/graphql-response+json' : json > 0 ? 'application/json' : null
  const sse = ranges.findIndex((range) => range.type === 'text/event-stream' && range.quality > 0)
  const multipart = ranges.findIndex(
    (range) => range.type === 'multipart/mixed' && range.quality > 0 && /subscriptionspec="?1/.test(range.parameters),
  )
  const stream = sse >= 0 && (multipart < 0 || sse < multipart) ? 'sse' : multipart >= 0 ? 'multipart' : null
  return { single, stream }
}

/** Whether the client takes a stream and nothing else: then even a query is answered as one. */
export const acceptsStream = (accept: string | undefined): 'sse' | 'multipart' | null => {
  const { single, stream } = readAccept(accept)
  return single === null ? stream : null
}
