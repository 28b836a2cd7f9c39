import { badUserInput } from '../errors.ts'
import { isList, isMap, type LexemeJson, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { type GraphMutation, MalformedMutation, readMutation } from '../datasources/graph/mutations.ts'

const refuse = (message: string) => badUserInput(message, { path: ['text'] })

/** The changes that make what a list of things holds, read as Demon would read them. */
function changes(
  list: LexemeJson | undefined,
  kind: string,
  fields: (one: ReadonlyMap<string, LexemeJson>) => [string, LexemeJson][],
): GraphMutation[] {
  if (list === undefined) return []
  if (!isList(list)) throw refuse(`\`${kind}\` must be a list.`)
  return list.map((one, at) => {
    if (!isMap(one)) throw refuse(`${kind}[${at}] must be an object.`)
    try {
      return readMutation(new Map(fields(one)))
    } catch (error) {
      if (error instanceof MalformedMutation) throw refuse(`${kind}[${at}]: ${error.message}.`)
      throw error
    }
  })
}

const optional = (one: ReadonlyMap<string, LexemeJson>, name: string, fallback: LexemeJson): LexemeJson => one.get(name) ?? fallback

function ofValue(value: LexemeJson): GraphMutation[] {
  if (!isMap(value)) throw refuse('The file must be an object with `nodes` and `relationships`.')
  const nodes = changes(value.get('nodes'), 'nodes', (one) => [
    ['op', 'add-node'],
    ['nodeId', optional(one, 'nodeId', null)],
    ['labels', optional(one, 'labels', [])],
    ['properties', optional(one, 'properties', [])],
  ])
  const edges = changes(value.get('relationships'), 'relationships', (one) => [
    ['op', 'add-edge'],
    ['edgeId', optional(one, 'relationshipId', null)],
    ['from', optional(one, 'from', null)],
    ['to', optional(one, 'to', null)],
    ['label', optional(one, 'type', null)],
    ['properties', optional(one, 'properties', [])],
  ])
  return [...nodes, ...edges]
}

function parse(text: string): LexemeJson {
  try {
    return parseLexemeJson(text)
  } catch {
    throw refuse('The file is no JSON.')
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const plain = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (found, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? found
    const code = decimal === undefined ? parseInt(hex ?? '0', 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })

const attributes = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', double, single]) => [
      name,
      plain(double ?? single ?? ''),
    ]),
  )

/** Keys of the file by id: what `data` elements are about. */
const keysOf = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/<key\b([^>]*)>/g)].map(([, found = '']) => {
      const given = attributes(found)
      return [given.get('id') ?? '', given.get('attr.name') ?? given.get('id') ?? '']
    }),
  )

/** GraphML of ours, and of others as far as nodes, edges and plain data go; no document types, no entities of its own. */
function ofGraphml(text: string): GraphMutation[] {
  if (!/<graphml\b/.test(text) || /<!(?:DOCTYPE|ENTITY)/i.test(text)) throw refuse('The file is no plain GraphML.')
  const keys = keysOf(text)
  const nodes: LexemeJson[] = []
  const relationships: LexemeJson[] = []
  for (const [, kind, head = '', , body = ''] of text.matchAll(/<(node|edge)\b((?:[^>"']|"[^"]*"|'[^']*')*?)(\/>|>([\s\S]*?)<\/\1>)/g)) {
    const given = attributes(head)
    const data = new Map(
      [...body.matchAll(/<data\b([^>]*)>([\s\S]*?)<\/data>/g)].map(([, found = '', inner = '']) => {
        const key = attributes(found).get('key') ?? ''
        return [keys.get(key) ?? key, plain(inner)]
      }),
    )
    const listed = (name: string): LexemeJson => (data.has(name) ? parse(data.get(name) ?? '[]') : [])
    const others = [...data].filter(([name]) => !['labels', 'properties', 'type'].includes(name))
    const own = listed('properties')
    const properties = [
      ...(isList(own) ? own : []),
      ...others.map(([key, value]) => new Map<string, LexemeJson>(Object.entries({ key, value }))),
    ]
    if (kind === 'node')
      nodes.push(new Map<string, LexemeJson>(Object.entries({ nodeId: given.get('id') ?? null, labels: listed('labels'), properties })))
    else
      relationships.push(
        new Map<string, LexemeJson>(
          Object.entries({
            ...{
              relationshipId: given.get('id') ?? `edge-${relationships.length + 1}`,
              from: given.get('source') ?? null,
              to: given.get('target') ?? null,
            },
            ...{ type: data.get('type') ?? null, properties },
          }),
        ),
      )
  }
  return ofValue(new Map<string, LexemeJson>(Object.entries({ nodes, relationships })))
}

/**
 * The changes that make what a file holds.
 * @throws AppError BAD_USER_INPUT for another format, or a file that cannot be read
 */
export function readGraphFile(format: string, text: string): GraphMutation[] {
  if (format === 'JSON') return ofValue(parse(text))
  if (format === 'GRAPHML') return ofGraphml(text)
  throw badUserInput('Files are read in JSON and GRAPHML.', { path: ['format'] })
}

const MAX_COMMIT_BYTES = 600_000
const MAX_COMMIT_CHANGES = 5_000

/** Changes in as many commits as the log's limit on messages asks for. */
export function inCommits(mutations: readonly GraphMutation[], sizeOf: (mutation: GraphMutation) => number): GraphMutation[][] {
  const commits: GraphMutation[][] = []
  let size = Infinity
  for (const mutation of mutations) {
    const bytes = sizeOf(mutation)
    if (size + bytes > MAX_COMMIT_BYTES || (commits.at(-1)?.length ?? 0) >= MAX_COMMIT_CHANGES) {
      commits.push([])
      size = 0
    }
    commits.at(-1)?.push(mutation)
    size += bytes
  }
  return commits
}
