import { type GraphNode, type GraphOrigin, type GraphPlace, type GraphRelationship } from '../graph/graph.ts'
import { type Neo4jRow } from '../neo4j/neo4j-client.ts'
import { jsonValue, redacted, summitMap, summitTime } from './summit-values.ts'

type Properties = Readonly<Record<string, unknown>>

/** Never shown as properties: they are fields of their own, or Summit's bookkeeping. (contract: summit 10.3) */
const reserved = new Set([
  ...[
    'id',
    'globalId',
    'uuid',
    'tenantId',
    'tenant',
    'kind',
    'type',
    'entityType',
    'labels',
    'props',
    'createdAt',
    'updatedAt',
    'updated_at',
  ],
  ...['deletedAt', 'validFrom', 'validTo', 'epistemic', 'sourceRefs', 'idempotency_token', 'attributes'],
])
const generic = new Set(['Entity', 'GraphNode'])
const genericEdges = new Set(['REL', 'RELATIONSHIP', 'Relationship'])

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'bigint' ? value.toString() : null
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])

/** Which of the five generations a node is of. (contract: summit 2) */
function nodeShape(labels: readonly string[], props: Properties): string {
  if (labels.includes('GraphNode')) return 'E'
  if (props['tenant'] != null) return 'D'
  if (props['idempotency_token'] != null) return 'C'
  if (props['props'] != null || (props['kind'] != null && typeof props['createdAt'] === 'bigint')) return 'A'
  return 'B'
}

/** The shape of a node as a statement gives it. */
export const shapeOf = (row: Neo4jRow): string => nodeShape(textsOf(row['labels']), (row['props'] ?? {}) as Properties)

function edgeShape(type: string, props: Properties): string {
  if (type === 'REL') return 'A'
  if (props['idempotency_token'] != null) return 'C'
  if (props['tenant'] != null) return 'D'
  if (props['epistemic'] != null || props['validFrom'] != null) return 'E'
  return 'B'
}

const origin = (shape: string): GraphOrigin => ({ system: 'SUMMIT', shape, store: 'neo4j' })

/** What is known of a thing: its flat properties, and those inside `props` and `attributes`. */
function contentOf(props: Properties, warnings: string[]): Record<string, unknown> {
  const content: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(props)) if (!reserved.has(key)) content[key] = jsonValue(value)
  for (const name of ['props', 'attributes']) {
    const map = summitMap(props[name])
    if (map === undefined) warnings.push(`The property \`${name}\` is neither a map nor JSON text of one.`)
    else Object.assign(content, map)
  }
  return content
}

/** As Orrery's own graphs keep properties: `[{"key": ..., "value": ...}]`, personal ones cut out. */
export const propertiesTextOf = (content: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.entries(redacted(content) as Record<string, unknown>)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value: value ?? null })),
  )

function timeOf(props: Properties, names: readonly string[], warnings: string[]): bigint | null {
  for (const name of names) {
    const at = summitTime(props[name])
    if (at === undefined) warnings.push(`The property \`${name}\` is no time.`)
    else if (at !== null) return at
  }
  return null
}

/** One node of any shape. (contract: summit 10.3) */
export function summitNode(place: GraphPlace, row: Neo4jRow): GraphNode {
  const found = textsOf(row['labels'])
  const props = (row['props'] ?? {}) as Properties
  const warnings: string[] = []
  const id = textOf(props['id']) ?? textOf(props['globalId']) ?? ''
  const own = found.filter((label) => !generic.has(label)).sort()
  const type = own[0] ?? textOf(props['kind']) ?? textOf(props['type']) ?? textOf(props['entityType'])
  const labels = [...new Set([...(type === null ? [] : [type]), ...own, ...textsOf(props['labels'])])]
  const createdAt = timeOf(props, ['createdAt'], warnings)
  const updatedAt = timeOf(props, ['updatedAt', 'updated_at'], warnings)
  const content = contentOf(props, warnings)
  return {
    ...{ place, ref: 0, key: id, nodeId: id, labels: labels.length === 0 ? ['Entity'] : labels },
    ...{
      propertiesText: propertiesTextOf(content),
      dangling: false,
      origins: [origin(nodeShape(found, props))],
      warnings,
      createdAt,
      updatedAt,
    },
  }
}

/** The same thing from several shapes or stores: one node, all origins. (contract: summit 15.4) */
export function mergeNodes(nodes: readonly GraphNode[]): GraphNode[] {
  const merged = new Map<string, GraphNode>()
  for (const node of nodes) {
    const known = merged.get(node.key)
    if (known === undefined) {
      merged.set(node.key, node)
      continue
    }
    const properties = new Map(
      [...(JSON.parse(node.propertiesText) as { key: string }[]), ...(JSON.parse(known.propertiesText) as { key: string }[])].map((one) => [
        one.key,
        one,
      ]),
    )
    merged.set(node.key, {
      ...known,
      labels: [...new Set([...known.labels, ...node.labels])],
      propertiesText: JSON.stringify([...properties.values()]),
      origins: [...known.origins, ...node.origins].filter(
        (one, at, all) => all.findIndex((other) => other.shape === one.shape && other.store === one.store) === at,
      ),
      warnings: [...known.warnings, ...node.warnings],
    })
  }
  return [...merged.values()]
}

/** One relationship of any shape. (contract: summit 10.4) */
export function summitRelationship(place: GraphPlace, row: Neo4jRow): GraphRelationship {
  const props = (row['props'] ?? {}) as Properties
  const neoType = String(row['type'])
  const id = textOf(props['id']) ?? String(row['elementId'])
  const given = props['confidence'] ?? props['weight']
  const confidence = typeof given === 'bigint' ? Number(given) : given
  const end = (name: string) => ({ ref: 0, key: String(row[name]) })
  const content = contentOf(props, [])
  for (const name of ['confidence', 'source']) if (props[name] !== undefined) content[name] = jsonValue(props[name])
  return {
    ...{ place, ref: 0, key: id, relationshipId: id, from: end('source'), to: end('target') },
    type: genericEdges.has(neoType) ? (textOf(props['type']) ?? neoType) : neoType,
    propertiesText: propertiesTextOf(content),
    confidence: typeof confidence === 'number' && Number.isFinite(confidence) ? confidence : null,
    origins: [origin(edgeShape(neoType, props))],
  }
}
