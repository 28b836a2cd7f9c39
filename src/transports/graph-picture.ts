import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { ownOperations, type OwnOperationParts } from './own-operations.ts'

const formats = new Map([
  ['svg', 'SVG'],
  ['json', 'JSON'],
  ['graphml', 'GRAPHML'],
  ['dot', 'DOT'],
])

interface Exported {
  readonly graph?: { readonly export: { readonly contentType: string; readonly text: string } } | null
}

/** Shapes and text only: whatever a picture holds, it can run nothing. */
export const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const pagePolicy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

/** `GET /graphs/<id>.svg` (and `.json`, `.graphml`, `.dot`): an ordinary operation of the pipeline, as a file. `GET /graph` is a page that shows it. */
export function registerGraphPicture(app: FastifyInstance, options: OwnOperationParts): void {
  app.get('/graphs/:file', (request, reply) => sendFile(options, request, reply))
  app.get('/graph', (_request, reply) => reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page))
  app.get('/graph.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

async function sendFile(options: OwnOperationParts, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { file = '' } = request.params as { file?: string }
  const dot = file.lastIndexOf('.')
  const format = formats.get(file.slice(dot + 1))
  if (dot <= 0 || format === undefined) throw new AppError('NOT_FOUND', 'There is nothing at this address.')
  const query = request.query as Readonly<Record<string, unknown>>
  const [commit, tag, at, node, depth] = [query['commit'], query['tag'], query['at'], query['node'], query['depth']].map(textOf)
  const ref = commit == null && tag == null && at == null ? null : { commit, tag, at }
  const run = await ownOperations(options, request, reply)
  const variables = { id: file.slice(0, dot), format, ref, node, ...(depth == null ? {} : { depth: Number(depth) }) }
  const exported = await run<Exported>('orrery:graph-file', variables)
  if (exported === null) return reply
  if (exported.graph == null) throw new AppError('NOT_FOUND', 'There is no such graph.')
  const { contentType, text } = exported.graph.export
  return reply.header('content-security-policy', picturePolicy).type(contentType).send(text)
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Graphs - Orrery</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; color: #101828; background: #f9fafb }
header { display: flex; gap: .75rem; align-items: center; flex-wrap: wrap; padding: .75rem 1rem; background: #fff; border-bottom: 1px solid #eaecf0 }
main svg { display: block; max-width: 56rem; margin: 1rem auto; background: #fff; border: 1px solid #eaecf0; border-radius: 8px }
select, input, button { font: inherit; padding: .25rem .5rem }
p { text-align: center }
</style>
</head>
<body>
<header>
<strong>Graphs</strong>
<label>Graph <select id="graph"></select></label>
<label>Commit <select id="commit"></select></label>
<label>Around <input id="node" placeholder="node id, or all"></label>
<label>Depth <input id="depth" type="number" min="1" max="6" value="2"></label>
<button id="show">Show</button>
</header>
<main id="picture"><p>Loading.</p></main>
<script src="/graph.js"></script>
</body>
</html>
`

const script = `'use strict'
const part = (id) => document.getElementById(id)
const say = (text) => { const p = document.createElement('p'); p.textContent = text; part('picture').replaceChildren(p) }
async function ask(query, variables) {
  const response = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })
  const { data, errors } = await response.json()
  if (errors) throw new Error(errors[0].message)
  return data
}
const option = (value, text) => { const one = document.createElement('option'); one.value = value; one.textContent = text; return one }
async function commits() {
  const { graph } = await ask('query ($id: ID!) { graph(id: $id) { commits(first: 50) { nodes { commitId at mutationCount tags } } } }', { id: part('graph').value })
  part('commit').replaceChildren(option('', 'newest'), ...graph.commits.nodes.map((one) => option(one.commitId, one.at + ' ' + one.tags.join(' ') + ' (' + one.mutationCount + ')')))
}
async function show() {
  const commit = part('commit').value
  const variables = { id: part('graph').value, ref: commit ? { commit } : null, node: part('node').value || null, depth: Number(part('depth').value) }
  const { graph } = await ask('query ($id: ID!, $ref: GraphRef, $node: String, $depth: Int) { graph(id: $id) { export(format: SVG, ref: $ref, nodeId: $node, depth: $depth) { text } } }', variables)
  const drawn = new DOMParser().parseFromString(graph.export.text, 'image/svg+xml').documentElement
  part('picture').replaceChildren(document.importNode(drawn, true))
}
const trying = (work) => () => work().catch((error) => say(error.message))
part('graph').addEventListener('change', trying(async () => { await commits(); await show() }))
part('commit').addEventListener('change', trying(show))
part('show').addEventListener('click', trying(show))
trying(async () => {
  const { graphs } = await ask('{ graphs(first: 100) { nodes { id projectId namespace graphId } } }', {})
  if (graphs.nodes.length === 0) return say('There are no graphs yet.')
  part('graph').replaceChildren(...graphs.nodes.map((one) => option(one.id, [one.projectId, one.namespace, one.graphId].join(' / '))))
  await commits()
  await show()
})()
`
