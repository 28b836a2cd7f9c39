import { type Sql } from '../sql/sql.ts'
import { type SourceCapability } from '../system/sources.ts'
import { type SummitCapabilities } from './summit-detection.ts'

/** The five generations of nodes. (contract: summit 2.1 to 2.5) */
const shapeNames = { A: 'mirror of PostgreSQL', B: 'legacy resolvers', C: 'ingest', D: 'IntelGraph', E: 'GraphStore' }

/** Which shapes of nodes an install has, and which full-text indexes search can use. (contract: summit 10.2, 15.1, 15.2) */
export function graphCapabilities({ present, shapes, fullText }: SummitCapabilities): readonly SourceCapability[] {
  const found = Object.entries(shapeNames).map(([shape, name]): SourceCapability => {
    const count = shapes.get(shape) ?? 0
    return { name: `shape ${shape}`, available: count > 0, detail: `${name}: ${count} nodes of a sample` }
  })
  return [
    {
      name: 'graph',
      available: present,
      detail: present ? 'There are nodes of Summit.' : 'There are no nodes labelled Entity or GraphNode.',
    },
    ...found,
    ...fullText.map((name) => ({ name: `full-text ${name}`, available: true, detail: 'Search uses it.' })),
    ...(fullText.length > 0 ? [] : [{ name: 'full-text', available: false, detail: 'Search scans a bounded number of nodes.' }]),
  ]
}

/** What a table needs before it is read: without them its rows are nobody's. */
const needs: Readonly<Record<string, readonly string[]>> = {
  entities: ['id', 'tenant_id'],
  runs: ['id', 'tenant_id'],
  approvals: ['id', 'run_id'],
}

/** Which of Summit's tables can be read, wherever they lie. */
export async function tableCapabilities(sql: Sql): Promise<readonly SourceCapability[]> {
  const rows = await sql.any<{ place: string; name: string; columns: string[] }>(
    `select table_schema::text as place, table_name::text as name, array_agg(column_name::text order by ordinal_position) as columns
       from information_schema.columns
      where table_name = any($1::text[]) and (table_schema = 'public' or table_schema like 'tenant\\_%') group by 1, 2 order by 1, 2 limit 50`,
    [Object.keys(needs)],
  )
  return Object.entries(needs).flatMap(([name, wanted]): SourceCapability[] => {
    const found = rows.filter((row) => row.name === name)
    if (found.length === 0) return [{ name: `table ${name}`, available: false, detail: 'There is no such table.' }]
    return found.map(({ place, columns }) => {
      const missing = wanted.filter((column) => !columns.includes(column))
      const detail =
        missing.length === 0
          ? `${place}: ${columns.length} columns.`
          : `${place}: it has no ${missing.join(' and no ')}, so it is not read.`
      return { name: `table ${name}`, available: missing.length === 0, detail }
    })
  })
}
