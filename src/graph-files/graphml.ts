import { isList, type LexemeJson, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { exactlyRead, readXml } from './xml.ts'

interface Element {
  readonly kind: 'node' | 'edge'
  readonly attributes: ReadonlyMap<string, string>
  /** By the key that each datum names. */
  readonly data: Map<string, string>
}

/** Names of our own keys; all others are properties. */
const own = ['labels', 'properties', 'type', 'dangling']
/** By which our keys are told from those of others: `<key id="orrery.dangling" attr.name="dangling">`. */
export const DANGLING = 'orrery.dangling'

/** Nodes and edges in the order in which they begin, and the names of the keys. @throws SyntaxError for what is no GraphML */
function elementsOf(text: string): { readonly elements: readonly Element[]; readonly names: ReadonlyMap<string, string> } {
  const names = new Map<string, string>()
  const elements: Element[] = []
  const open: Element[] = []
  const path: string[] = []
  let isGraphml = false
  let datum: string | null = null
  for (const token of readXml(text)) {
    const current = open.at(-1)
    if (token.kind === 'TEXT') {
      if (datum !== null && current !== undefined) current.data.set(datum, (current.data.get(datum) ?? '') + token.text)
    } else if (token.kind === 'CLOSE') {
      if (path.pop() !== token.name) throw new SyntaxError('an element ends that is not open')
      if (token.name === 'data') datum = null
      if (token.name === current?.kind) open.pop()
    } else {
      const { name, attributes } = token
      path.push(name)
      if (name === 'graphml') isGraphml = true
      else if (name === 'key') names.set(attributes.get('id') ?? '', attributes.get('attr.name') ?? attributes.get('id') ?? '')
      else if (name === 'data' && current !== undefined) {
        datum = attributes.get('key') ?? ''
        current.data.set(datum, '')
      } else if (name === 'node' || name === 'edge') {
        const element: Element = { kind: name, attributes, data: new Map() }
        elements.push(element)
        open.push(element)
      }
    }
  }
  // What is cut off in the middle would be half a graph.
  if (!isGraphml || path.length > 0) throw new SyntaxError('no whole GraphML')
  return { elements, names }
}

const mapOf = (entries: Readonly<Record<string, LexemeJson>>): ReadonlyMap<string, LexemeJson> => new Map(Object.entries(entries))

/**
 * What a GraphML file holds, in the form of our files in JSON: files of ours exactly, those of others as far as nodes, edges and plain data go.
 * @throws SyntaxError
 */
export function readGraphml(text: string): LexemeJson {
  const { elements, names } = elementsOf(text)
  const nodes: LexemeJson[] = []
  const relationships: LexemeJson[] = []
  for (const { kind, attributes, data } of elements) {
    // Ends of edges that are no nodes are named because the format asks for it.
    if (data.has(DANGLING)) continue
    const named = new Map([...data].map(([key, value]) => [names.get(key) ?? key, value]))
    const listed = (name: string): LexemeJson => (named.has(name) ? parseLexemeJson(named.get(name) ?? '[]') : [])
    const given = listed('properties')
    const others = [...named].filter(([name]) => !own.includes(name))
    const properties = [...(isList(given) ? given : []), ...others.map(([key, value]) => mapOf({ key, value }))]
    const id = (name: string): string | null => {
      const value = attributes.get(name)
      return value === undefined ? null : exactlyRead(value)
    }
    const type = named.get('type')
    if (kind === 'node') nodes.push(mapOf({ nodeId: id('id'), labels: listed('labels'), properties }))
    else {
      const relationshipId = id('id') ?? `edge-${relationships.length + 1}`
      relationships.push(
        mapOf({ relationshipId, from: id('source'), to: id('target'), type: type === undefined ? null : exactlyRead(type), properties }),
      )
    }
  }
  return mapOf({ nodes, relationships })
}
