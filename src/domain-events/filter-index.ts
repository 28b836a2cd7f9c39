import { type DomainEvent, type EventRefs } from './event.ts'
import { type CompiledFilter, facet, facetOfPoint, textOfEvent } from './filter.ts'

/** Finds the readers whose filter an event fits without asking every filter; equal filters of one tenant are asked once. */
export interface FilterIndex<T> {
  add(tenantId: string, filter: CompiledFilter, reader: T): void
  remove(tenantId: string, filter: CompiledFilter, reader: T): void
  /** Whether anybody of the tenant reads. */
  has(tenantId: string): boolean
  /**
   * @param downstreamOf facets of the nodes that the event is downstream of; null: not known, so that whoever asks for nodes may want it
   * @param visit `sure`: nothing is left to be asked
   */
  visit(event: DomainEvent, visit: (reader: T, sure: boolean) => void, downstreamOf?: ReadonlySet<string> | null): void
  /** How many filters have been asked since the start, and how many different ones there are now. */
  stats(): { readonly evaluations: number; readonly filters: number }
}

interface Entry<T> {
  readonly filter: CompiledFilter
  readonly readers: Set<T>
}

interface Tenant<T> {
  readonly byKey: Map<string, Entry<T>>
  readonly byAnchor: Map<string, Set<Entry<T>>>
  /** Filters that any event may fit. */
  readonly open: Set<Entry<T>>
  /** Pieces of text that some filter is found by, with how many of them. */
  readonly trigrams: Map<string, number>
}

const refNames: readonly (keyof EventRefs)[] = ['run', 'graph', 'stream', 'slo']
const nowhere: ReadonlySet<string> = new Set()
const textAnchor = facet.trigram('')

/** More pieces than this are looked up from the text instead of searched in it. */
const fewTrigrams = 32

export function createFilterIndex<T>(): FilterIndex<T> {
  const tenants = new Map<string, Tenant<T>>()
  let evaluations = 0

  const anchor = (tenant: Tenant<T>, entry: Entry<T>): void => {
    if (entry.filter.anchors === null) return void tenant.open.add(entry)
    for (const name of new Set(entry.filter.anchors)) {
      const found = tenant.byAnchor.get(name) ?? new Set()
      tenant.byAnchor.set(name, found.add(entry))
      if (name.startsWith(textAnchor)) tenant.trigrams.set(name, (tenant.trigrams.get(name) ?? 0) + 1)
    }
  }

  const release = (tenant: Tenant<T>, entry: Entry<T>): void => {
    tenant.open.delete(entry)
    for (const name of new Set(entry.filter.anchors)) {
      const found = tenant.byAnchor.get(name)
      if (found?.delete(entry) !== true) continue
      if (found.size === 0) tenant.byAnchor.delete(name)
      const left = (tenant.trigrams.get(name) ?? 0) - 1
      if (left > 0) tenant.trigrams.set(name, left)
      else tenant.trigrams.delete(name)
    }
  }

  const textAnchorsOf = (tenant: Tenant<T>, event: DomainEvent): string[] => {
    const { trigrams } = tenant
    if (trigrams.size === 0) return []
    const text = textOfEvent(event)
    if (trigrams.size <= fewTrigrams) return [...trigrams.keys()].filter((name) => text.includes(name.slice(textAnchor.length)))
    const found = new Set<string>()
    for (let at = 0; at + 3 <= text.length; at++) {
      const name = facet.trigram(text.slice(at, at + 3))
      if (trigrams.has(name)) found.add(name)
    }
    return [...found]
  }

  const anchorsOf = (tenant: Tenant<T>, event: DomainEvent): string[] => [
    ...refNames.flatMap((name) => {
      const id = event.refs[name]
      return id === undefined ? [] : [facet.ref(name, id)]
    }),
    ...event.labels.map(facet.label),
    facet.type(event.type),
    facet.severity(event.severity),
    facet.domain(event.domain),
    ...textAnchorsOf(tenant, event),
  ]

  const candidatesOf = (tenant: Tenant<T>, event: DomainEvent, downstreamOf: ReadonlySet<string> | null): Iterable<Entry<T>> => {
    if (downstreamOf === null) return tenant.byKey.values()
    const candidates = new Set(tenant.open)
    const visitAnchor = (name: string): void => tenant.byAnchor.get(name)?.forEach((entry) => candidates.add(entry))
    anchorsOf(tenant, event).forEach(visitAnchor)
    visitAnchor(facet.anyPoint)
    downstreamOf.forEach(visitAnchor)
    return candidates
  }

  return {
    add(tenantId, filter, reader) {
      const tenant = tenants.get(tenantId) ?? { byKey: new Map(), byAnchor: new Map(), open: new Set(), trigrams: new Map() }
      tenants.set(tenantId, tenant)
      const known = tenant.byKey.get(filter.key)
      if (known !== undefined) return void known.readers.add(reader)
      const entry: Entry<T> = { filter, readers: new Set([reader]) }
      tenant.byKey.set(filter.key, entry)
      anchor(tenant, entry)
    },
    remove(tenantId, filter, reader) {
      const tenant = tenants.get(tenantId)
      const entry = tenant?.byKey.get(filter.key)
      if (tenant === undefined || entry === undefined || !entry.readers.delete(reader) || entry.readers.size > 0) return
      tenant.byKey.delete(filter.key)
      release(tenant, entry)
      if (tenant.byKey.size === 0) tenants.delete(tenantId)
    },
    has: (tenantId) => tenants.has(tenantId),
    visit(event, visit, downstreamOf = nowhere) {
      const tenant = tenants.get(event.tenantId)
      if (tenant === undefined) return
      for (const { filter, readers } of candidatesOf(tenant, event, downstreamOf)) {
        evaluations++
        const sure = downstreamOf !== null && filter.points.every((point) => point.ref == null)
        const fits = sure ? filter.confirm(event, (point) => downstreamOf.has(facetOfPoint(point))) : filter.matches(event)
        if (fits) for (const reader of readers) visit(reader, sure)
      }
    },
    stats: () => ({ evaluations, filters: [...tenants.values()].reduce((sum, { byKey }) => sum + byKey.size, 0) }),
  }
}
