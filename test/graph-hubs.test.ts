import t from 'tap'
import { type GraphDataSource, type GraphNode, type GraphPlace, type GraphRelationship } from '../src/datasources/graph/graph.ts'
import { type PageRequest } from '../src/datasources/page.ts'
import { collectSubgraph } from '../src/graph-files/collect.ts'

t.test('the relationships of a hub are read in few pages: each puts all of them in order', async (t) => {
  const nodes = ['hub', 'leaf', 'beyond'].map((key) => ({ key, nodeId: key, dangling: false })) as unknown as GraphNode[]
  const relationships = Array.from({ length: 20_000 }, (_, index) => ({
    ...{ key: `e${index}`, from: { key: 'hub' }, to: { key: index % 100 === 0 ? 'leaf' : `other${index}` } },
  })) as unknown as GraphRelationship[]
  let pages = 0
  const source = {
    nodes: async () => ({ items: nodes.slice(0, 2).map((item) => ({ item, cursor: '' })), hasNextPage: true, hasPreviousPage: false }),
    nodesByEnds: async () => [],
    async relationshipsAmong(_scope: unknown, _place: unknown, _nodes: unknown, { size, cursor }: PageRequest) {
      pages++
      const from = Number(cursor ?? 0)
      const items = relationships.slice(from, from + size).map((item, at) => ({ item, cursor: String(from + at + 1) }))
      return { items, hasNextPage: from + size < relationships.length, hasPreviousPage: from > 0 }
    },
  } as unknown as GraphDataSource
  const around = { nodeId: null, depth: 2, limit: 2, most: 10_000 }
  const found = await collectSubgraph(source, { tenantId: 'acme' }, {} as GraphPlace, around)
  t.equal(found.relationships.length, 200)
  t.ok(pages <= 10, `${pages} pages`)
})
