import { type Subgraph } from './collect.ts'
import { xml } from './xml.ts'

const SIZE = 900
const MARGIN = 60
const STEPS = 60

interface Point {
  x: number
  y: number
}

/** Places by a fixed number of steps of springs, from a circle in the order of the nodes: the same graph gives the same picture. */
function layout({ nodes, relationships }: Subgraph): Map<string, Point> {
  const points = nodes.map((_node, at): Point => {
    const angle = (2 * Math.PI * at) / Math.max(1, nodes.length)
    return { x: Math.cos(angle), y: Math.sin(angle) }
  })
  const index = new Map(nodes.map(({ nodeId }, at) => [nodeId, at]))
  const ideal = 1.6 / Math.sqrt(Math.max(1, nodes.length))
  for (let step = 0; step < STEPS; step += 1) {
    const heat = 0.1 * (1 - step / STEPS)
    const moves = points.map((): Point => ({ x: 0, y: 0 }))
    const push = (a: number, b: number, force: (distance: number) => number): void => {
      const [from, to, moveA, moveB] = [points[a], points[b], moves[a], moves[b]]
      if (from === undefined || to === undefined || moveA === undefined || moveB === undefined) return
      const distance = Math.max(0.01, Math.hypot(from.x - to.x, from.y - to.y))
      const strength = force(distance) / distance
      moveA.x += (from.x - to.x) * strength
      moveA.y += (from.y - to.y) * strength
      moveB.x -= (from.x - to.x) * strength
      moveB.y -= (from.y - to.y) * strength
    }
    for (let a = 0; a < points.length; a += 1)
      for (let b = a + 1; b < points.length; b += 1) push(a, b, (distance) => ideal ** 2 / distance)
    for (const { fromId, toId } of relationships)
      if (fromId !== toId) push(index.get(fromId) ?? 0, index.get(toId) ?? 0, (distance) => -(distance ** 2) / ideal)
    for (const [at, move] of moves.entries()) {
      const length = Math.hypot(move.x, move.y)
      const point = points[at]
      if (point === undefined || length === 0) continue
      point.x += (move.x / length) * Math.min(length, heat)
      point.y += (move.y / length) * Math.min(length, heat)
    }
  }
  const extent = (pick: (point: Point) => number): { low: number; span: number } => {
    const values = points.map(pick)
    const low = Math.min(0, ...values)
    return { low, span: Math.max(0.01, Math.max(0, ...values) - low) }
  }
  const [x, y] = [extent((point) => point.x), extent((point) => point.y)]
  const scale = (value: number, { low, span }: { low: number; span: number }): number =>
    Math.round((MARGIN + ((value - low) / span) * (SIZE - 2 * MARGIN)) * 10) / 10
  return new Map(nodes.map(({ nodeId }, at) => [nodeId, { x: scale(points[at]?.x ?? 0, x), y: scale(points[at]?.y ?? 0, y) }]))
}

/** Colours by first label, the same for the same label. */
function colourOf(label: string): string {
  let hash = 0
  for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360
  return `hsl(${hash} 55% 62%)`
}

const short = (text: string): string => {
  const characters = [...text]
  return characters.length > 24 ? `${characters.slice(0, 23).join('')}…` : text
}

/** A picture of a graph, of its nodes and what is between them. Everything in it is text and shapes: no scripts, no styles, nothing from elsewhere. */
export function drawSvg(whole: Subgraph): string {
  const ends = new Set(whole.ends)
  const graph = { ...whole, relationships: whole.relationships.filter(({ fromId, toId }) => !ends.has(fromId) && !ends.has(toId)) }
  const places = layout(graph)
  const at = (id: string): Point => places.get(id) ?? { x: 0, y: 0 }
  const edges = graph.relationships.map(({ fromId, toId, type }) => {
    const [a, b] = [at(fromId), at(toId)]
    const title = type === null ? '' : `<title>${xml(type)}</title>`
    if (fromId === toId) return `<circle cx="${a.x}" cy="${a.y - 16}" r="10" fill="none" stroke="#98a2b3">${title}</circle>`
    return `<line x1="${a.x}" y1="${a.y}" x2="${b.x}" y2="${b.y}" stroke="#98a2b3" marker-end="url(#arrow)">${title}</line>`
  })
  const nodes = graph.nodes.map(({ nodeId, labels }) => {
    const { x, y } = at(nodeId)
    const title = `<title>${xml([nodeId, ...labels].join(' · '))}</title>`
    return `<g><circle cx="${x}" cy="${y}" r="9" fill="${colourOf(labels[0] ?? '')}" stroke="#344054">${title}</circle><text x="${x}" y="${y + 22}" text-anchor="middle" fill="#344054">${xml(short(nodeId))}</text></g>`
  })
  const more = graph.truncated
    ? `<text x="${SIZE / 2}" y="${SIZE - 8}" text-anchor="middle" fill="#b42318">There is more than this picture shows.</text>`
    : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="${graph.nodes.length} nodes, ${graph.relationships.length} relationships">
<defs><marker id="arrow" viewBox="0 0 10 10" refX="22" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#98a2b3"/></marker></defs>
<rect width="${SIZE}" height="${SIZE}" fill="#ffffff"/>
${[...edges, ...nodes, more].join('\n')}
</svg>
`
}
