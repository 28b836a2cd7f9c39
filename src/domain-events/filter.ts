import { keyOf } from '../datasources/graph/keys.ts'
import { badUserInput } from '../errors.ts'
import { decodeId } from '../ids.ts'
import { eventDomains, severities, type Domain, type DomainEvent, type EventRefs, type Severity } from './event.ts'

type Given<T> = T | null | undefined

/** A node of a graph, by the graph's global id; without `ref` as the graph is. */
export interface GraphPoint {
  readonly graph: string
  readonly nodeId: string
  readonly ref?: Given<{ readonly commit?: Given<string>; readonly tag?: Given<string>; readonly at?: Given<bigint> }>
}

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
  readonly downstreamOf?: Given<GraphPoint>
  readonly all?: Given<readonly EventFilter[]>
  readonly any?: Given<readonly EventFilter[]>
  readonly not?: Given<EventFilter>
}

/** A filter that has been read once and is asked often. */
export interface CompiledFilter {
  /** Equal for filters that are written alike. */
  readonly key: string
  /** Whether the event matches; with `points`, whether it may: they have to be asked for. */
  readonly matches: (event: DomainEvent) => boolean
  /** Nodes that the filter asks about: an event may have to be downstream of them. */
  readonly points: readonly GraphPoint[]
  /** The whole answer, once it is known which of `points` the event is downstream of. */
  readonly confirm: (event: DomainEvent, isDownstream: (point: GraphPoint) => boolean) => boolean
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

const limits = { depth: 8, nodes: 200, values: 500, text: 500, points: 10 }

/** Whether an event matches; where it is not known whether it is downstream of a point, the answer is `unknown`. */
type Test = (event: DomainEvent, isDownstream: ((point: GraphPoint) => boolean) | null, unknown: boolean) => boolean

interface Part extends Omit<CompiledFilter, 'key' | 'matches' | 'confirm'> {
  readonly test: Test
  /** How few events an anchor lets through: smaller is better. */
  readonly rank: number
}

const everywhere: ReadonlySet<Domain> = new Set(eventDomains)
const anything: Part = { test: () => true, points: [], anchors: null, domains: everywhere, types: null, runId: null, rank: 99 }
const nothing: Part = { test: () => false, points: [], anchors: [], domains: new Set(), types: new Set(), runId: null, rank: 0 }

export const facet = {
  ref: (name: keyof EventRefs, id: string): string => `ref:${name}:${id}`,
  label: (label: string): string => `label:${label}`,
  /** The event is downstream of this node. */
  point: (graph: string, key: string): string => `point:${graph}:${key}`,
  /** The event may be downstream of something. */
  anyPoint: 'point',
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
  return { ...anything, test: ({ refs }) => refs[ref] === id, anchors, rank: 1, runId: ref === 'run' ? id : null }
}

function textPart(given: string): Part {
  const wanted = given.toLowerCase()
  const test: Test = (event) => textOfEvent(event).includes(wanted)
  if (wanted.length < 3) return { ...anything, test }
  // the last three characters: people share beginnings more than ends
  return { ...anything, test, anchors: [facet.trigram(wanted.slice(-3))], rank: 3 }
}

/** What an event downstream of the node has among its facets, once these are known. A graph as it was is asked for itself. */
export const facetOfPoint = ({ graph, nodeId, ref }: GraphPoint): string =>
  ref == null ? facet.point(graph, keyOf(nodeId).key) : facet.anyPoint

const carriers: ReadonlySet<Domain> = new Set(['RUNS', 'APPROVALS', 'GRAPH', 'STORAGE', 'SLO'])

/** What changes a node, or is about a run that a node names; which of it is downstream is asked later. */
function pointPart(point: GraphPoint): Part {
  if (decodeId(point.graph)?.type !== 'Graph') throw badUserInput('`graph` is not the id of a Graph.')
  const mayBe = ({ refs }: DomainEvent): boolean => refs.run !== undefined || refs.graph === point.graph
  const test: Test = (event, isDownstream, unknown) => mayBe(event) && (isDownstream?.(point) ?? unknown)
  return { ...anything, test, points: [point], anchors: [facetOfPoint(point)], rank: 1, domains: carriers }
}

function leafParts(filter: EventFilter): Part[] {
  const parts: Part[] = []
  const { types, domains, labels, severityAtLeast, text, downstreamOf } = filter
  for (const name of refNames) {
    const id = filter[name]
    if (id != null) parts.push(refPart(name, id))
  }
  if (downstreamOf != null) parts.push(pointPart(downstreamOf))
  if (labels != null) {
    const wanted = new Set(labels)
    const test: Test = (event) => event.labels.some((label) => wanted.has(label))
    parts.push({ ...anything, test, anchors: [...wanted].map(facet.label), rank: 2 })
  }
  if (text != null && text !== '') parts.push(textPart(text))
  if (types != null) {
    const wanted = new Set(types)
    parts.push({ ...anything, test: ({ type }) => wanted.has(type), anchors: [...wanted].map(facet.type), types: wanted, rank: 4 })
  }
  if (severityAtLeast != null && severityAtLeast !== 'INFO') {
    const wanted = new Set(severities.slice(severities.indexOf(severityAtLeast)))
    parts.push({ ...anything, test: ({ severity }) => wanted.has(severity), anchors: [...wanted].map(facet.severity), rank: 5 })
  }
  if (domains != null) {
    const wanted = new Set(domains)
    parts.push({
      ...anything,
      test: ({ domain }) => wanted.has(domain),
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
    test: (...asked) => byRank.every(({ test }) => test(...asked)),
    points: parts.flatMap(({ points }) => points),
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
    test: (...asked) => parts.some(({ test }) => test(...asked)),
    points: parts.flatMap(({ points }) => points),
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
    const { test, points } = inner(not)
    parts.push({ ...anything, points, test: (event, isDownstream, unknown) => !test(event, isDownstream, !unknown) })
  }
  return every(parts)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`
  if (typeof value === 'bigint') return `n${value}`
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
  if (wanted.points.length > limits.points) throw badUserInput(`A filter may ask about at most ${limits.points} nodes of graphs.`)
  const allowed = readable.length === eventDomains.length ? wanted : every([wanted, ...leafParts({ domains: readable })])
  const { test, points, anchors, domains, types, runId } = allowed
  return {
    ...{ key: canonical([filter ?? {}, readable]), points, anchors, domains, types, runId },
    matches: (event) => test(event, null, true),
    confirm: (event, isDownstream) => test(event, isDownstream, true),
  }
}
