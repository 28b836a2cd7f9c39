import { badUserInput } from '../errors.ts'
import { decodeId } from '../ids.ts'
import { eventDomains, severities, type Domain, type DomainEvent, type EventRefs, type Severity } from './event.ts'

type Given<T> = T | null | undefined

/** What a client may ask of events; all given conditions must hold, a list is "one of". The one filter language of `events` and `timeline`. */
export interface EventFilter {
  readonly types?: Given<readonly string[]>
  readonly domains?: Given<readonly Domain[]>
  readonly runId?: Given<string>
  readonly graphId?: Given<string>
  readonly streamId?: Given<string>
  readonly sloId?: Given<string>
  readonly labels?: Given<readonly string[]>
  readonly severityAtLeast?: Given<Severity>
  readonly text?: Given<string>
  readonly all?: Given<readonly EventFilter[]>
  readonly any?: Given<readonly EventFilter[]>
  readonly not?: Given<EventFilter>
}

/** A filter that has been read once and is asked often. */
export interface CompiledFilter {
  /** Equal for filters that are written alike. */
  readonly key: string
  readonly matches: (event: DomainEvent) => boolean
  /**
   * Facets of which every matching event has at least one: what the index finds the filter by. Null: any event may match.
   * Of several possible choices the most selective.
   */
  readonly anchors: readonly string[] | null
  /** Domains outside of which nothing matches. */
  readonly domains: ReadonlySet<Domain>
  /** Types outside of which nothing matches; null = any. */
  readonly types: ReadonlySet<string> | null
  /** The only run whose events match, by global id; null = any. */
  readonly runId: string | null
}

const limits = { depth: 8, nodes: 200, values: 500, text: 500 }

interface Part extends Omit<CompiledFilter, 'key'> {
  /** How few events an anchor lets through: smaller is better. */
  readonly rank: number
}

const everywhere: ReadonlySet<Domain> = new Set(eventDomains)
const anything: Part = { matches: () => true, anchors: null, domains: everywhere, types: null, runId: null, rank: 99 }
const nothing: Part = { matches: () => false, anchors: [], domains: new Set(), types: new Set(), runId: null, rank: 0 }

export const facet = {
  ref: (name: keyof EventRefs, id: string): string => `ref:${name}:${id}`,
  label: (label: string): string => `label:${label}`,
  trigram: (text: string): string => `text:${text}`,
  type: (type: string): string => `type:${type}`,
  severity: (severity: Severity): string => `severity:${severity}`,
  domain: (domain: Domain): string => `domain:${domain}`,
}

const searchable = new WeakMap<DomainEvent, string>()

/** What `text` looks into: type, labels and the payload as written, in lower case. */
export function textOfEvent(event: DomainEvent): string {
  const known = searchable.get(event)
  if (known !== undefined) return known
  const text = `${event.type}\n${event.labels.join('\n')}\n${event.payload}`.toLowerCase()
  searchable.set(event, text)
  return text
}

/** The objects that a filter may name, and the type of their global ids. */
const refTypes = {
  runId: ['run', 'Run'],
  graphId: ['graph', 'Graph'],
  streamId: ['stream', 'RecordStream'],
  sloId: ['slo', 'Slo'],
} as const
const refNames = Object.keys(refTypes) as (keyof typeof refTypes)[]

function refPart(name: keyof typeof refTypes, id: string): Part {
  const [ref, type] = refTypes[name]
  if (decodeId(id)?.type !== type) throw badUserInput(`\`${name}\` is not the id of a ${type}.`)
  const anchors = [facet.ref(ref, id)]
  return { ...anything, matches: ({ refs }) => refs[ref] === id, anchors, rank: 1, runId: ref === 'run' ? id : null }
}

function textPart(given: string): Part {
  const wanted = given.toLowerCase()
  const matches = (event: DomainEvent): boolean => textOfEvent(event).includes(wanted)
  if (wanted.length < 3) return { ...anything, matches }
  // the last three characters: people share beginnings more than ends
  return { ...anything, matches, anchors: [facet.trigram(wanted.slice(-3))], rank: 3 }
}

function leafParts(filter: EventFilter): Part[] {
  const parts: Part[] = []
  const { types, domains, labels, severityAtLeast, text } = filter
  for (const name of refNames) {
    const id = filter[name]
    if (id != null) parts.push(refPart(name, id))
  }
  if (labels != null) {
    const wanted = new Set(labels)
    const matches = (event: DomainEvent): boolean => event.labels.some((label) => wanted.has(label))
    parts.push({ ...anything, matches, anchors: [...wanted].map(facet.label), rank: 2 })
  }
  if (text != null && text !== '') parts.push(textPart(text))
  if (types != null) {
    const wanted = new Set(types)
    parts.push({ ...anything, matches: ({ type }) => wanted.has(type), anchors: [...wanted].map(facet.type), types: wanted, rank: 4 })
  }
  if (severityAtLeast != null && severityAtLeast !== 'INFO') {
    const wanted = new Set(severities.slice(severities.indexOf(severityAtLeast)))
    parts.push({ ...anything, matches: ({ severity }) => wanted.has(severity), anchors: [...wanted].map(facet.severity), rank: 5 })
  }
  if (domains != null) {
    const wanted = new Set(domains)
    parts.push({
      ...anything,
      matches: ({ domain }) => wanted.has(domain),
      anchors: [...wanted].map(facet.domain),
      domains: wanted,
      rank: 6,
    })
  }
  return parts
}

const intersect = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> => new Set([...a].filter((item) => b.has(item)))

const both = <T>(a: ReadonlySet<T> | null, b: ReadonlySet<T> | null): ReadonlySet<T> | null =>
  a === null ? b : b === null ? a : intersect(a, b)

function every(parts: readonly Part[]): Part {
  const [only] = parts
  if (only === undefined) return anything
  if (parts.length === 1) return only
  // cheap conditions first: the anchors have let through what the best of them names
  const byRank = [...parts].sort((a, b) => a.rank - b.rank)
  const best = byRank.find(({ anchors }) => anchors !== null)
  return {
    matches: (event) => byRank.every(({ matches }) => matches(event)),
    anchors: best?.anchors ?? null,
    rank: best?.rank ?? anything.rank,
    domains: parts.reduce<ReadonlySet<Domain>>((sum, { domains }) => intersect(sum, domains), everywhere),
    types: parts.reduce<ReadonlySet<string> | null>((sum, { types }) => both(sum, types), null),
    runId: parts.find(({ runId }) => runId !== null)?.runId ?? null,
  }
}

function some(parts: readonly Part[]): Part {
  const [first] = parts
  if (first === undefined) return nothing
  return {
    matches: (event) => parts.some(({ matches }) => matches(event)),
    anchors: parts.some(({ anchors }) => anchors === null) ? null : parts.flatMap(({ anchors }) => anchors ?? []),
    rank: Math.max(...parts.map(({ rank }) => rank)),
    domains: new Set(parts.flatMap(({ domains }) => [...domains])),
    types: parts.some(({ types }) => types === null) ? null : new Set(parts.flatMap(({ types }) => [...(types ?? [])])),
    runId: parts.every(({ runId }) => runId === first.runId) ? first.runId : null,
  }
}

interface Budget {
  nodes: number
  values: number
}

function compilePart(filter: EventFilter, budget: Budget, depth: number): Part {
  budget.nodes -= 1
  const { types, labels, domains, text, all, any, not } = filter
  budget.values -= (types?.length ?? 0) + (labels?.length ?? 0) + (domains?.length ?? 0)
  if (depth > limits.depth) throw badUserInput(`A filter may be at most ${limits.depth} levels deep.`)
  if (budget.nodes < 0 || budget.values < 0)
    throw badUserInput(`A filter may have at most ${limits.nodes} parts and ${limits.values} values.`)
  if ((text?.length ?? 0) > limits.text) throw badUserInput(`\`text\` may have at most ${limits.text} characters.`)
  const inner = (part: EventFilter): Part => compilePart(part, budget, depth + 1)
  const parts = [...leafParts(filter), ...(all ?? []).map(inner)]
  if (any != null) parts.push(some(any.map(inner)))
  if (not != null) {
    const { matches } = inner(not)
    parts.push({ ...anything, matches: (event) => !matches(event) })
  }
  return every(parts)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, entry]) => entry != null)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`
}

/**
 * Reads a filter once, so that asking it is cheap and the index can find it.
 * @param readable domains the viewer may read; others never match
 * @throws AppError BAD_USER_INPUT for an id of another type, and for filters that are too deep or too large
 */
export function compileFilter(filter: EventFilter | null, readable: readonly Domain[] = eventDomains): CompiledFilter {
  const wanted = compilePart(filter ?? {}, { nodes: limits.nodes, values: limits.values }, 1)
  const allowed = readable.length === eventDomains.length ? wanted : every([wanted, ...leafParts({ domains: readable })])
  const { matches, anchors, domains, types, runId } = allowed
  return { key: canonical([filter ?? {}, readable]), matches, anchors, domains, types, runId }
}
