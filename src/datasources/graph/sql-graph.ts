import { AppError, badUserInput, isOutage } from '../../errors.ts'
import { fitsIndex, storable } from '../../projections/event-text.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { containing, type ListOrder, type Parameters, parameters } from '../sql-keyset.ts'
import { readPage } from '../sql-list.ts'
import {
  type Graph,
  type GraphCommit,
  type GraphDataSource,
  type GraphFilter,
  type GraphKey,
  type GraphPlace,
  type GraphRef,
  type GraphTag,
} from './graph.ts'
import { dryRun } from './dry-run.ts'
import { createSqlGraphChanges } from './sql-graph-changes.ts'
import * as content from './sql-graph-content.ts'
import { pageOf } from './pages.ts'
import { createGraphSearch } from './graph-search.ts'
import { commitColumns, commitOfRow, type CommitRow, graphColumns, graphOfRow, type GraphRow } from './sql-graph-rows.ts'
import { type TagStore } from './tags.ts'
import { type GraphTraversal } from './traversal.ts'

export interface SqlGraphParts {
  readonly sql: Sql
  readonly traversal: GraphTraversal
  /** Where tags live when not in the tables. */
  readonly tags: TagStore | null
}

/** What one namespace's subject keeps; where it is full, older messages are gone. (contract: demon 2.1) */
const MAX_PER_SUBJECT = 10_000n

const bySeq: ListOrder = { name: 'APPEARED', keys: [{ expression: 'g.graph_seq', kind: 'integer' }], descending: false }
const newestFirst: ListOrder = { name: 'POSITION', keys: [{ expression: 'c.position::bigint', kind: 'integer' }], descending: true }
const byTag: ListOrder = { name: 'TAG', keys: [{ expression: 't.tag', kind: 'text' }], descending: false }

function filterConditions({ sources, projectId, namespace, graphIdContains }: GraphFilter, params: Parameters): string[] {
  const where = ['g.tenant_id = $1']
  if (sources != null && !sources.includes('ORRERY')) where.push('false')
  if (projectId != null) where.push(`g.project_id = ${params.add(storable(projectId))}`)
  if (namespace != null) where.push(`g.namespace = ${params.add(storable(namespace))}`)
  if (graphIdContains != null) where.push(`g.graph_id ilike ${params.add(containing(storable(graphIdContains)))} escape '\\'`)
  return where
}

async function locate(sql: Sql, scope: Scope, graph: Graph, ref: GraphRef | null, tags: GraphDataSource['findTag']): Promise<GraphPlace> {
  const given = [ref?.commit, ref?.tag, ref?.at].filter((value) => value != null).length
  if (given > 1) throw badUserInput('Name a commit, a tag or a moment, not several of them.')
  if (ref == null || given === 0) return { graph, position: graph.head }
  if (ref.at != null) {
    const row = await sql.maybeOne<{ position: number }>(
      `select c.position from graph_commits c where c.graph_seq = ${content.OWN} and c.at_ns <= $3 order by c.at_ns desc, c.position desc limit 1`,
      [scope.tenantId, graph.graphSeq, ref.at],
      { signal: scope.signal },
    )
    return { graph, position: row?.position ?? 0 }
  }
  const commitId = ref.commit ?? (await tags(scope, graph, ref.tag ?? ''))?.commitId
  if (commitId === undefined) throw new AppError('NOT_FOUND', 'The graph has no such tag.')
  const position = await positionOf(sql, scope, graph, commitId)
  if (position === null)
    throw new AppError(
      'NOT_FOUND',
      ref.tag == null ? 'The graph has no such commit.' : 'The tag names a commit that the graph does not have.',
    )
  return { graph, position }
}

/** The first place of a commit: one that was published twice counts from its first copy. (contract: demon 8.4) */
async function positionOf(sql: Sql, scope: Scope, graph: Graph, commitId: string): Promise<number | null> {
  const row = await sql.one<{ position: number | null }>(
    `select min(position) as position from graph_commits where graph_seq = ${content.OWN} and commit_id = $3`,
    [scope.tenantId, graph.graphSeq, storable(commitId)],
    { signal: scope.signal },
  )
  return row.position
}

/** The store of tags where it answers; while it does not, what the events say. */
async function eitherTags<T>(store: () => Promise<T>, events: () => Promise<T>): Promise<T> {
  try {
    return await store()
  } catch (error) {
    if (!isOutage(error)) throw error
    return events()
  }
}

const tagOf = (graph: Graph, { tag, commitId, updatedAt }: Omit<GraphTag, 'graph'>): GraphTag => ({ graph, tag, commitId, updatedAt })

interface TagRow {
  tag: string
  commit_id: string
  at_ns: bigint
}

async function tagRows(sql: Sql, scope: Scope, graph: Graph, condition: string, values: readonly (string | readonly string[])[]) {
  const rows = await sql.any<TagRow>(
    `select t.tag, t.commit_id, t.at_ns from graph_tags t where t.graph_seq = ${content.OWN} and ${condition} order by t.tag`,
    [scope.tenantId, graph.graphSeq, ...values],
    { signal: scope.signal },
  )
  return rows.map(({ tag, commit_id, at_ns }) => tagOf(graph, { tag, commitId: commit_id, updatedAt: at_ns }))
}

function createTagReads({ sql, tags }: SqlGraphParts): Pick<GraphDataSource, 'tags' | 'findTag' | 'tagsOfCommits'> {
  const ofEvents = (scope: Scope, graph: Graph, page: PageRequest): Promise<Page<GraphTag>> =>
    readPage<TagRow, GraphTag>(sql, scope, {
      source: {
        list: `Graph.tags:${graph.graphSeq}`,
        order: byTag,
        columns: 't.tag, t.commit_id, t.at_ns',
        from: 'graph_tags t',
        where: [`t.graph_seq = ${content.OWN}`],
      },
      page,
      params: parameters(scope.tenantId, graph.graphSeq),
      item: ({ tag, commit_id, at_ns }) => tagOf(graph, { tag, commitId: commit_id, updatedAt: at_ns }),
    })
  return {
    tags(scope, graph, page) {
      if (tags === null) return ofEvents(scope, graph, page)
      return eitherTags(
        async () =>
          pageOf(await tags.list(scope, graph), {
            list: `Graph.tags:${graph.graphSeq}`,
            scope,
            page,
            keyOf: ({ tag }) => tag,
            item: (entry) => tagOf(graph, entry),
          }),
        () => ofEvents(scope, graph, page),
      )
    },
    async findTag(scope, graph, tag) {
      const ofTables = async () => (await tagRows(sql, scope, graph, 't.tag = $3', [storable(tag)]))[0] ?? null
      if (tags === null) return ofTables()
      return eitherTags(async () => {
        const entry = await tags.get(scope, graph, tag)
        return entry === null ? null : tagOf(graph, entry)
      }, ofTables)
    },
    async tagsOfCommits(scope, graph, commitIds) {
      const ofTables = () => tagRows(sql, scope, graph, 't.commit_id = any($3::text[])', [commitIds])
      const found =
        tags === null ? await ofTables() : await eitherTags<readonly Omit<GraphTag, 'graph'>[]>(() => tags.list(scope, graph), ofTables)
      return commitIds.map((commitId) => found.filter((entry) => entry.commitId === commitId).map(({ tag }) => tag))
    },
  }
}

async function truncated(sql: Sql, scope: Scope, graph: Graph): Promise<boolean> {
  const row = await sql.one<{ missed: bigint; unknown_parents: number }>(
    `select coalesce((select missed from graph_stream where stream = 'graph'), 0) as missed, g.unknown_parents
       from graphs g where g.tenant_id = $1 and g.graph_seq = $2`,
    [scope.tenantId, graph.graphSeq],
    { signal: scope.signal },
  )
  // Nothing was ever missing in the stream, so nothing is missing here.
  if (row.missed === 0n) return false
  if (row.unknown_parents > 0) return true
  const { messages } = await sql.one<{ messages: bigint }>(
    `select (select count(*) from graph_commits c join graphs g using (graph_seq) where g.tenant_id = $1 and g.project_id = $2 and g.namespace = $3)
          + (select count(*) from graph_tag_events e join graphs g using (graph_seq) where g.tenant_id = $1 and g.project_id = $2 and g.namespace = $3) as messages`,
    [scope.tenantId, graph.projectId, graph.namespace],
    { signal: scope.signal },
  )
  return messages >= MAX_PER_SUBJECT
}

function createCommitReads(sql: Sql): Pick<GraphDataSource, 'commits' | 'findCommit' | 'commitsAt' | 'commitsBySequences' | 'mutations'> {
  const some = (scope: Scope, graph: Graph, condition: string, value: string | readonly number[]) =>
    sql.any<CommitRow>(
      `select ${commitColumns} from graph_commits c where c.graph_seq = ${content.OWN} and ${condition} order by c.position`,
      [scope.tenantId, graph.graphSeq, value],
      { signal: scope.signal },
    )
  return {
    commits: (scope, graph, page) =>
      readPage<CommitRow, GraphCommit>(sql, scope, {
        source: {
          list: `Graph.commits:${graph.graphSeq}`,
          order: newestFirst,
          columns: commitColumns,
          from: 'graph_commits c',
          where: [`c.graph_seq = ${content.OWN}`],
        },
        page,
        params: parameters(scope.tenantId, graph.graphSeq),
        item: (row) => commitOfRow(graph, row),
      }),
    async findCommit(scope, graph, commitId) {
      const [row] = await some(scope, graph, 'c.commit_id = $3', storable(commitId))
      return row === undefined ? null : commitOfRow(graph, row)
    },
    async commitsAt(scope, graph, positions) {
      const rows = await some(scope, graph, 'c.position = any($3::integer[])', positions)
      const found = new Map(rows.map((row) => [row.position, commitOfRow(graph, row)]))
      return positions.map((position) => found.get(position) ?? null)
    },
    async commitsBySequences(scope, sequences) {
      if (sequences.length === 0) return []
      const rows = await sql.any<CommitRow & GraphRow>(
        `select ${graphColumns}, ${commitColumns} from graph_commits c join graphs g on g.graph_seq = c.graph_seq
          where g.tenant_id = $1 and c.sequence = any($2::bigint[])`,
        [scope.tenantId, sequences],
        { signal: scope.signal },
      )
      const found = new Map(rows.map((row) => [row.sequence, commitOfRow(graphOfRow(row), row)]))
      return sequences.map((sequence) => found.get(sequence) ?? null)
    },
    async mutations(scope, { graph, sequence }) {
      const row = await sql.maybeOne<{ payload: string }>(
        `select c.payload from graph_commits c where c.graph_seq = ${content.OWN} and c.sequence = $3`,
        [scope.tenantId, graph.graphSeq, sequence],
        { signal: scope.signal },
      )
      const { mutations } = JSON.parse(row?.payload ?? '{}') as { mutations?: unknown }
      return Array.isArray(mutations) ? mutations : []
    },
  }
}

/** Demon's graphs, read from the tables that the projector writes. */
export function createSqlGraph(parts: SqlGraphParts): GraphDataSource {
  const { sql } = parts
  const tagReads = createTagReads(parts)
  const find = async (scope: Scope, { source, projectId, namespace, graphId }: GraphKey): Promise<Graph | null> => {
    if (source !== 'ORRERY' || ![projectId, namespace, graphId].every(fitsIndex)) return null
    const row = await sql.maybeOne<GraphRow>(
      `select ${graphColumns} from graphs g where g.tenant_id = $1 and g.project_id = $2 and g.namespace = $3 and g.graph_id = $4`,
      [scope.tenantId, storable(projectId), storable(namespace), storable(graphId)],
      { signal: scope.signal },
    )
    return row === null ? null : graphOfRow(row)
  }
  return {
    ...tagReads,
    ...createCommitReads(sql),
    ...createSqlGraphChanges(sql),
    ...createGraphSearch(parts),
    find,
    list(scope, filter, page) {
      const params = parameters(scope.tenantId)
      const where = filterConditions(filter, params)
      return readPage<GraphRow, Graph>(sql, scope, {
        source: { list: 'graphs', order: bySeq, columns: graphColumns, from: 'graphs g', where },
        page,
        params,
        item: graphOfRow,
      })
    },
    async count(scope, filter) {
      const params = parameters(scope.tenantId)
      const where = filterConditions(filter, params)
      const { count } = await sql.one<{ count: bigint }>(
        `select count(*) as count from graphs g where ${where.join(' and ')}`,
        params.values,
        {
          signal: scope.signal,
        },
      )
      return Number(count)
    },
    locate: (scope, graph, ref) => locate(sql, scope, graph, ref, tagReads.findTag),
    async counts(scope, { graph, position }) {
      const row = await sql.maybeOne<{ node_count: number; edge_count: number }>(
        `select c.node_count, c.edge_count from graph_commits c where c.graph_seq = ${content.OWN} and c.position = $3`,
        [scope.tenantId, graph.graphSeq, position],
        { signal: scope.signal },
      )
      return { nodes: row?.node_count ?? 0, relationships: row?.edge_count ?? 0 }
    },
    async drift() {
      throw badUserInput('Only the graph of Summit mirrors a table.')
    },
    historyTruncated: (scope, graph) => truncated(sql, scope, graph),
    nodesByEnds: (scope, place, ends) => content.nodesByEnds(sql, scope, place, ends),
    nodes: (scope, place, filter, page) => content.listNodes(sql, scope, place, filter, page),
    countNodes: (scope, place, filter) => content.countNodes(sql, scope, place, filter),
    findNode: (scope, place, nodeId) => content.findNode(sql, scope, place, nodeId),
    findNodeByKey: (scope, place, key) => content.findNodeByKey(sql, scope, place, key),
    findRelationshipByKey: (scope, place, key) => content.findRelationshipByKey(sql, scope, place, key),
    relationships: (scope, place, types, page) => content.listRelationships(sql, scope, place, types, page),
    relationshipsAmong: (scope, place, nodes, page) => content.listRelationshipsAmong(sql, scope, place, nodes, page),
    dryRun: (scope, place, mutations) => dryRun(sql, scope, place, mutations),
    relationshipsOf: (scope, node, query, page) => content.listRelationshipsOf(sql, scope, node, query, page),
  }
}
