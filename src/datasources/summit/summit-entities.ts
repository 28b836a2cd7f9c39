import { type GraphDrift, type GraphDriftPage, type GraphNode, type GraphPlace } from '../graph/graph.ts'
import { type PageRequest } from '../page.ts'
import { decodeListCursor, encodeListCursor } from '../page-cursor.ts'
import { type Scope } from '../scope.ts'
import { propertiesTextOf } from './summit-shapes.ts'
import { firstColumn, type SummitTable, type SummitTables } from './summit-tables.ts'
import { jsonValue, summitMap, summitTime } from './summit-values.ts'

/** What Neo4j says of an entity. */
export interface GraphSide {
  readonly id: string
  readonly stub: boolean
  readonly own: boolean
  readonly updatedAt: unknown
}

/** Summit's table of entities: what the graph mirrors. */
export interface SummitEntities {
  byIds(scope: Scope, place: GraphPlace, ids: readonly string[]): Promise<GraphNode[]>
  /** Rows in the order of their ids, compared with their nodes. */
  drift(scope: Scope, page: PageRequest, nodesOf: (ids: readonly string[]) => Promise<readonly GraphSide[]>): Promise<GraphDriftPage>
}

interface EntityRow {
  readonly id: string
  readonly kind: string | null
  readonly props: unknown
  readonly labels: unknown
  readonly updated_at: Date | null
}

/** A table without a tenant's column shows everybody's rows: it is not read. (contract: summit 10.6) */
function columnsOf(table: SummitTable): string | null {
  if (!table.columns.has('tenant_id') || !table.columns.has('id')) return null
  const kind = firstColumn(table, ['kind', 'type'])
  const props = firstColumn(table, ['props', 'properties'])
  const updated = firstColumn(table, ['updated_at', 'created_at'])
  const or = (column: string | null, cast = ''): string => (column === null ? 'null' : `${column}${cast}`)
  return `id::text as id, ${or(kind, '::text')} as kind, ${or(props)} as props, ${table.columns.has('labels') ? 'to_jsonb(labels)' : 'null'} as labels, ${or(updated, '::timestamptz')} as updated_at`
}

function nodeOf(place: GraphPlace, row: EntityRow): GraphNode {
  const labels = Array.isArray(row.labels) ? row.labels.filter((label) => typeof label === 'string') : []
  const content = summitMap(row.props)
  const warnings = content === undefined ? ['The properties of the row are no map.'] : []
  return {
    ...{ place, ref: 0, key: row.id, nodeId: row.id, labels: [...new Set([row.kind ?? 'Entity', ...labels])], dangling: false, warnings },
    propertiesText: propertiesTextOf((jsonValue(content ?? {}) as Record<string, unknown>) ?? {}),
    origins: [{ system: 'SUMMIT', shape: 'A', store: 'postgres' }],
    ...{ createdAt: null, updatedAt: summitTime(row.updated_at) ?? null },
  }
}

/** A mirror that lags less than this is on its way. */
const STALE_NS = 60_000_000_000n

export function createSummitEntities({ tables }: { tables: SummitTables }): SummitEntities {
  return {
    byIds: (scope, place, ids) =>
      tables.read(scope, async (tx) => {
        const table = await tables.table(tx, scope.tenantId, 'entities')
        const columns = table === null ? null : columnsOf(table)
        if (table === null || columns === null) return []
        const rows = await tx.any<EntityRow>(
          `select ${columns} from ${table.name} where tenant_id::text = $1 and id::text = any($2::text[])`,
          [scope.tenantId, ids],
        )
        return rows.map((row) => nodeOf(place, row))
      }),
    async drift(scope, page, nodesOf) {
      const owner = { list: 'Graph.drift', order: 'ID', tenantId: scope.tenantId }
      const after = page.cursor === null ? '' : String(decodeListCursor(owner, page.cursor, ['text'])[0])
      const rows = await tables.read(scope, async (tx) => {
        const table = await tables.table(tx, scope.tenantId, 'entities')
        const columns = table === null ? null : columnsOf(table)
        if (table === null || columns === null) return []
        return tx.any<EntityRow>(
          `select ${columns} from ${table.name} where tenant_id::text = $1 and id::text collate "C" > $2 order by id::text collate "C" limit $3`,
          [scope.tenantId, after, page.size + 1],
        )
      })
      const kept = rows.slice(0, page.size)
      const sides = new Map<string, GraphSide>()
      // One id may be of nodes of several tenants: those of others say nothing of the row where there is one of its own.
      for (const side of await nodesOf(kept.map(({ id }) => id))) {
        const known = sides.get(side.id)
        if (known === undefined || side.own || (side.stub && !known.own)) sides.set(side.id, side)
      }
      const entries = kept.flatMap((row): GraphDrift[] => {
        const side = sides.get(row.id)
        const postgresUpdatedAt = summitTime(row.updated_at) ?? null
        const graphUpdatedAt = (side?.own === true ? summitTime(side.updatedAt) : null) ?? null
        const entry = { nodeId: row.id, postgresUpdatedAt, graphUpdatedAt }
        if (side === undefined) return [{ ...entry, kind: 'MISSING' }]
        if (side.stub) return [{ ...entry, kind: 'STUB' }]
        if (!side.own) return [{ ...entry, kind: 'FOREIGN' }]
        const stale = postgresUpdatedAt !== null && graphUpdatedAt !== null && postgresUpdatedAt - graphUpdatedAt > STALE_NS
        return stale ? [{ ...entry, kind: 'STALE' }] : []
      })
      const last = kept.at(-1)
      return {
        checked: kept.length,
        entries,
        hasNextPage: rows.length > page.size,
        endCursor: last === undefined ? null : encodeListCursor(owner, [last.id]),
      }
    },
  }
}
