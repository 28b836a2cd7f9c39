import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { digestOf } from './digest.ts'
import { type GraphPlace } from './graph.ts'
import { createLevelTraversal, type Expansion, type LevelStore } from './level-traversal.ts'
import { OWN, placed } from './sql-graph-content.ts'
import { type GraphDigest, type GraphTraversal, MAX_LEVEL } from './traversal.ts'

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
      const typed = types === null ? '' : ` and e.type = any(${params.add(types)}::text[])`
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
          : ` and string_to_array(v.label_text, E'\\x01') && ${params.add(labels.filter((label) => label !== ''))}::text[]`
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

const PAGE = 10_000

/** Everything that holds at a place, page by page. */
async function digestOfTables(sql: Sql, scope: Scope, place: GraphPlace): Promise<GraphDigest> {
  const page = async <Row extends { ref: number }>(table: string, columns: string): Promise<Row[]> => {
    const rows: Row[] = []
    for (let after = -1; ;) {
      const params = placed(scope, place)
      const at = params.add(place.position)
      const found: Row[] = await sql.any<Row>(
        `select ref, ${columns} from ${table} where graph_seq = ${OWN} and ref > ${params.add(after)} and from_pos <= ${at} and to_pos > ${at}
          order by ref limit ${PAGE}`,
        params.values,
        { signal: scope.signal, timeoutMs: 30_000 },
      )
      rows.push(...found)
      if (found.length < PAGE) return rows
      after = found.at(-1)?.ref ?? after
    }
  }
  const nodes = await page<{ ref: number; label_text: string }>('graph_nodes', 'label_text')
  const edges = await page<{ ref: number; from_ref: number; to_ref: number; type: string | null }>('graph_edges', 'from_ref, to_ref, type')
  return digestOf(place.position, (node, edge) => {
    for (const { ref, label_text } of nodes) node(ref, label_text.split('\u0001').slice(0, -1))
    for (const { ref, from_ref, to_ref, type } of edges) edge(ref, from_ref, to_ref, type)
  })
}

/** Traversal in the tables themselves: slower than an index of its own, always there, always as new as any read. */
export function createSqlTraversal({ sql }: { sql: Sql }): GraphTraversal {
  return { name: 'sql', store: null, ...createLevelTraversal(levelStore(sql)), digest: (scope, place) => digestOfTables(sql, scope, place) }
}
