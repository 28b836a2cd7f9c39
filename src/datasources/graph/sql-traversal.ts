import { storable } from '../../projections/event-text.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type GraphPlace } from './graph.ts'
import { createLevelTraversal, type Expansion, type LevelStore } from './level-traversal.ts'
import { OWN, placed } from './sql-graph-content.ts'
import { type GraphTraversal, MAX_LEVEL } from './traversal.ts'

interface StepRow {
  source: number
  target: number
  edge: number
}

/** One level of a walk in one statement, whatever the size of the level. */
function levelStore(sql: Sql): LevelStore {
  return {
    async expand(scope: Scope, place: GraphPlace, { frontier, direction, types }: Expansion) {
      const params = placed(scope, place)
      const at = params.add(place.position)
      const refs = `${params.add(frontier)}::integer[]`
      const typed = types === null ? '' : ` and e.type = any(${params.add(types.map(storable))}::text[])`
      const side = (near: string, far: string): string =>
        `select e.${near} as source, e.${far} as target, e.ref as edge from graph_edges e
          where e.graph_seq = ${OWN} and e.${near} = any(${refs}) and e.to_pos > ${at} and e.from_pos <= ${at}${typed} limit ${MAX_LEVEL + 1}`
      const sides = [
        ...(direction === 'IN' ? [] : [side('from_ref', 'to_ref')]),
        ...(direction === 'OUT' ? [] : [side('to_ref', 'from_ref')]),
      ]
      const rows = await sql.any<StepRow>(sides.map((text) => `(${text})`).join(' union all '), params.values, { signal: scope.signal })
      return { steps: rows.slice(0, MAX_LEVEL), truncated: rows.length > MAX_LEVEL }
    },
    async shown(scope, place, refs, labels) {
      if (refs.length === 0) return new Set()
      const params = placed(scope, place)
      const at = params.add(place.position)
      const labelled =
        labels === null
          ? ''
          : ` and string_to_array(v.label_text, E'\\x01') && ${params.add(labels.map(storable).filter((label) => label !== ''))}::text[]`
      const rows = await sql.any<{ ref: number }>(
        `select v.ref from graph_nodes v where v.graph_seq = ${OWN} and v.ref = any(${params.add(refs)}::integer[])
          and v.from_pos <= ${at} and v.to_pos > ${at}${labelled}`,
        params.values,
        { signal: scope.signal },
      )
      return new Set(rows.map(({ ref }) => ref))
    },
  }
}

/** Traversal in the tables themselves: slower than an index of its own, always there, always as new as any read. */
export function createSqlTraversal({ sql }: { sql: Sql }): GraphTraversal {
  return { name: 'sql', ...createLevelTraversal(levelStore(sql)), digest: async () => null }
}
