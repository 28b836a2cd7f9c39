import { storable } from '../../projections/event-text.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type Graph } from './graph.ts'
import { OWN } from './sql-graph-content.ts'

/** What the events alone say, whatever a bucket says: what writers go on from. */
export interface ToldByEvents {
  /** The greatest `ts` text of the graph's commits; empty where it has none. */
  newestTs(scope: Scope, graph: Graph): Promise<string>
  /** The commit that a tag's newest event names; null when there is none, or it was deleted. */
  tag(scope: Scope, graph: Graph, tag: string): Promise<string | null>
}

export const createSqlGraphTold = ({ sql }: { sql: Sql }): ToldByEvents => ({
  async newestTs(scope, graph) {
    const row = await sql.maybeOne<{ newest_ts: string }>('select newest_ts from graphs where tenant_id = $1 and graph_seq = $2', [
      scope.tenantId,
      graph.graphSeq,
    ])
    return row?.newest_ts ?? ''
  },
  async tag(scope, graph, tag) {
    const row = await sql.maybeOne<{ commit_id: string }>(`select commit_id from graph_tags where graph_seq = ${OWN} and tag = $3`, [
      scope.tenantId,
      graph.graphSeq,
      storable(tag),
    ])
    return row?.commit_id ?? null
  },
})
