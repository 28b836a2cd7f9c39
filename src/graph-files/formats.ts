import { type Subgraph } from './collect.ts'
import { DANGLING } from './graphml.ts'
import { drawSvg } from './svg.ts'
import { exactly, jsonInXml, xml } from './xml.ts'

export type GraphFormat = 'JSON' | 'GRAPHML' | 'DOT' | 'SVG'

/** Nodes that a picture shows at most. */
export const MAX_PICTURE = 200
/** Relationships that a picture shows at most. */
export const MAX_LINES = 2_000

export const contentTypes: Readonly<Record<GraphFormat, string>> = {
  JSON: 'application/json; charset=utf-8',
  GRAPHML: 'application/graphml+xml; charset=utf-8',
  DOT: 'text/vnd.graphviz; charset=utf-8',
  SVG: 'image/svg+xml; charset=utf-8',
}

/** Properties stay the text that is stored, so that numbers keep their spelling. */
function toJson({ nodes, relationships }: Subgraph): string {
  const text = JSON.stringify
  const node = (one: Subgraph['nodes'][number]): string =>
    `    {"nodeId":${text(one.nodeId)},"labels":${text(one.labels)},"properties":${one.propertiesText}}`
  const edge = (one: Subgraph['relationships'][number]): string =>
    `    {"relationshipId":${text(one.relationshipId)},"type":${text(one.type)},"from":${text(one.fromId)},"to":${text(one.toId)},"properties":${one.propertiesText}}`
  return `{\n  "nodes": [\n${nodes.map(node).join(',\n')}\n  ],\n  "relationships": [\n${relationships.map(edge).join(',\n')}\n  ]\n}\n`
}

function toGraphml({ nodes, ends, relationships }: Subgraph): string {
  const data = (key: string, text: string): string => `<data key="${key}">${xml(text)}</data>`
  const id = (text: string): string => xml(exactly(text))
  const properties = (text: string): string => data('properties', jsonInXml(text))
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    '<key id="labels" for="node" attr.name="labels" attr.type="string"/>',
    '<key id="properties" for="all" attr.name="properties" attr.type="string"/>',
    '<key id="type" for="edge" attr.name="type" attr.type="string"/>',
    `<key id="${DANGLING}" for="node" attr.name="dangling" attr.type="boolean"/>`,
    '<graph id="G" edgedefault="directed">',
    ...nodes.map(
      (one) =>
        `<node id="${id(one.nodeId)}">${data('labels', jsonInXml(JSON.stringify(one.labels)))}${properties(one.propertiesText)}</node>`,
    ),
    ...ends.map((end) => `<node id="${id(end)}">${data(DANGLING, 'true')}</node>`),
    ...relationships.map(
      (one) =>
        `<edge id="${id(one.relationshipId)}" source="${id(one.fromId)}" target="${id(one.toId)}">${one.type === null ? '' : data('type', exactly(one.type))}${properties(one.propertiesText)}</edge>`,
    ),
    '</graph>',
    '</graphml>',
  ]
  return `${lines.join('\n')}\n`
}

/** A quoted id of Graphviz: only quotes and backslashes mean something in it. */
const dot = (text: string): string => `"${text.replace(/\0/g, '\ufffd').replace(/["\\]/g, '\\$&').replace(/\r?\n/g, '\\n')}"`

function toDot({ nodes, ends, relationships }: Subgraph): string {
  const lines = [
    'digraph G {',
    ...nodes.map((one) => `  ${dot(one.nodeId)} [label=${dot([one.nodeId, ...one.labels].join('\n'))}];`),
    ...ends.map((end) => `  ${dot(end)} [style=dashed];`),
    ...relationships.map((one) => `  ${dot(one.fromId)} -> ${dot(one.toId)}${one.type === null ? '' : ` [label=${dot(one.type)}]`};`),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

const writers: Readonly<Record<GraphFormat, (graph: Subgraph) => string>> = { JSON: toJson, GRAPHML: toGraphml, DOT: toDot, SVG: drawSvg }

/** A graph as text. */
export const writeGraph = (format: GraphFormat, graph: Subgraph): string => writers[format](graph)
