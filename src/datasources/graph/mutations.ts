import { createHash } from 'node:crypto'
import { type LexemeJson, canonicalJson, canonicalString, compareUtf8, isList, isMap } from './lexeme-json.ts'

/** A property as it is kept: the key, and the exact canonical text of its value. */
export interface PropertyText {
  readonly key: string
  readonly value: string
}

/** One change of a commit, understood. (contract: demon 8.1) */
export type GraphMutation =
  | {
      readonly op: 'add-node' | 'update-node'
      readonly nodeId: string
      readonly labels: readonly string[]
      readonly properties: readonly PropertyText[]
    }
  | { readonly op: 'remove-node'; readonly nodeId: string }
  | {
      readonly op: 'add-edge' | 'update-edge'
      readonly edgeId: string
      readonly from: string
      readonly to: string
      readonly label: string | null
      readonly properties: readonly PropertyText[]
    }
  | { readonly op: 'remove-edge'; readonly edgeId: string }

/** Whose graph it is; all four parts are hashed. */
export interface GraphScope {
  readonly tenantId: string
  readonly projectId: string
  readonly namespace: string
  readonly graphId: string
}

/** Why a mutation cannot be understood: it is left out of the replay, alone, with a warning. */
export class MalformedMutation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedMutation'
  }
}

const refuse = (message: string): never => {
  throw new MalformedMutation(message)
}

function text(fields: ReadonlyMap<string, LexemeJson>, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : refuse(`${name} must be a string`)
}

function readProperty(value: LexemeJson): PropertyText {
  // Demon also reads a pair in the place of an object.
  const [key, inner] = isList(value) && value.length === 2 ? value : isMap(value) ? [value.get('key'), value.get('value')] : []
  if (typeof key !== 'string') return refuse('a property needs a key')
  if (inner === undefined) return refuse('a property needs a value')
  try {
    return { key, value: canonicalJson(inner) }
  } catch {
    return refuse('a property holds a number out of range')
  }
}

function properties(fields: ReadonlyMap<string, LexemeJson>, required: boolean): PropertyText[] {
  const value = fields.get('properties')
  if (value === undefined && !required) return []
  return isList(value) ? value.map(readProperty) : refuse('properties must be a list of {key, value}')
}

function labels(fields: ReadonlyMap<string, LexemeJson>, required: boolean): string[] {
  const value = fields.get('labels')
  if (value === undefined && !required) return []
  if (!isList(value)) return refuse('labels must be a list')
  return value.map((label) => (typeof label === 'string' ? label : refuse('a label must be a string')))
}

function label(fields: ReadonlyMap<string, LexemeJson>): string | null {
  const value = fields.get('label') ?? null
  return value === null || typeof value === 'string' ? value : refuse('label must be a string')
}

/**
 * Reads one mutation as Demon does: unknown fields are ignored, `add-node` may leave out labels and properties, everything else is required.
 * @throws MalformedMutation
 */
export function readMutation(value: LexemeJson): GraphMutation {
  if (!isMap(value)) return refuse('a mutation must be an object')
  const op = value.get('op')
  switch (op) {
    case 'add-node':
    case 'update-node': {
      const required = op === 'update-node'
      return { op, nodeId: text(value, 'nodeId'), labels: labels(value, required), properties: properties(value, required) }
    }
    case 'remove-node':
      return { op, nodeId: text(value, 'nodeId') }
    case 'add-edge':
    case 'update-edge':
      return {
        op,
        edgeId: text(value, 'edgeId'),
        from: text(value, 'from'),
        to: text(value, 'to'),
        label: label(value),
        properties: properties(value, true),
      }
    case 'remove-edge':
      return { op, edgeId: text(value, 'edgeId') }
    default:
      return refuse('the operation is unknown')
  }
}

/** `[{"key":...,"value":...}]`, values exactly as Demon prints them. */
export const propertiesText = (list: readonly PropertyText[]): string =>
  `[${list.map(({ key, value }) => `{"key":${canonicalString(key)},"value":${value}}`).join(',')}]`

export const labelsText = (list: readonly string[]): string => `[${list.map(canonicalString).join(',')}]`

/** The text that a mutation is hashed by: compact JSON, keys in a fixed order. (contract: demon 8.3) */
export function canonicalMutation(mutation: GraphMutation): string {
  switch (mutation.op) {
    case 'add-node':
    case 'update-node': {
      const own = `{"op":"${mutation.op}","nodeId":${canonicalString(mutation.nodeId)},"labels":${labelsText(mutation.labels)}`
      // An added node without properties leaves them out, an updated one does not.
      if (mutation.op === 'add-node' && mutation.properties.length === 0) return `${own}}`
      return `${own},"properties":${propertiesText(mutation.properties)}}`
    }
    case 'remove-node':
      return `{"op":"remove-node","nodeId":${canonicalString(mutation.nodeId)}}`
    case 'add-edge':
    case 'update-edge': {
      const { op, edgeId, from, to } = mutation
      const ends = `"edgeId":${canonicalString(edgeId)},"from":${canonicalString(from)},"to":${canonicalString(to)}`
      const type = mutation.label === null ? 'null' : canonicalString(mutation.label)
      return `{"op":"${op}",${ends},"label":${type},"properties":${propertiesText(mutation.properties)}}`
    }
    case 'remove-edge':
      return `{"op":"remove-edge","edgeId":${canonicalString(mutation.edgeId)}}`
  }
}

/** A commit's id exactly as Demon computes it; the order of the mutations does not matter. (contract: demon 8.3) */
export function commitIdOf(scope: GraphScope, parent: string | null, mutations: readonly GraphMutation[]): string {
  const hash = createHash('sha256')
  for (const part of [scope.tenantId, scope.projectId, scope.namespace, scope.graphId, parent ?? '']) hash.update(`${part}|`)
  for (const canonical of mutations.map(canonicalMutation).sort(compareUtf8)) hash.update(`${canonical}|`)
  return hash.digest('hex')
}

/** A mutation as Demon's own events spell it: properties always, `label` null if there is none. (contract: demon 4.5) */
export function eventMutation(mutation: GraphMutation): string {
  if (mutation.op !== 'add-node' || mutation.properties.length > 0) return canonicalMutation(mutation)
  return `${canonicalMutation(mutation).slice(0, -1)},"properties":[]}`
}
