import { badUserInput } from '../errors.ts'
import { isList, isMap, type LexemeJson, parseLexemeJson } from '../datasources/graph/lexeme-json.ts'
import { readGraphml } from './graphml.ts'
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

function parsed(text: string, parse: (text: string) => LexemeJson, name: string): LexemeJson {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(`The file is no ${name}.`)
    throw error
  }
}

/**
 * The changes that make what a file holds.
 * @throws AppError BAD_USER_INPUT for another format, or a file that cannot be read
 */
export function readGraphFile(format: string, text: string): GraphMutation[] {
  if (format === 'JSON') return ofValue(parsed(text, parseLexemeJson, 'JSON'))
  if (format === 'GRAPHML') return ofValue(parsed(text, readGraphml, 'plain GraphML'))
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
