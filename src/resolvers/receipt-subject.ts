import { decodeId, encodeId, type NodeType } from '../ids.ts'

export type Fields = Readonly<Record<string, unknown>>
export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {})
export const isText = (value: unknown): value is string => typeof value === 'string'

/** The id that these fields make up; null where one is missing. */
function idOf(type: NodeType, fields: Fields, ...names: readonly string[]): string | null {
  const parts = names.map((name) => fields[name]).filter(isText)
  return parts.length === names.length ? encodeId(type, parts) : null
}

const runNames = ['system', 'tenantId', 'ritualId', 'runId'] as const
const graphNames = ['source', 'tenantId', 'projectId', 'namespace', 'graphId'] as const
const streamNames = ['store', 'tenantId', 'name'] as const

/** The objects that answers carry, and their ids. */
const answered: Readonly<Record<string, (object: Fields) => string | null>> = {
  approval: (gate) => idOf('Approval', gate, ...runNames, 'gateId'),
  run: (run) => idOf('Run', run, ...runNames),
  stream: (stream) => idOf('RecordStream', stream, ...streamNames),
  graph: (graph) => idOf('Graph', graph, ...graphNames),
  slo: ({ definition }) => idOf('Slo', fieldsOf(definition), 'tenantId', 'name'),
  ticket: ({ id }) => (isText(id) ? id : null),
  silence: ({ id }) => (isText(id) ? id : null),
}

/** What a bare `name` of the input is the name of. */
const typeOfName = (action: string): 'RecordStream' | 'Slo' | null => {
  if (action === 'appendRecords' || action.endsWith('RecordStream')) return 'RecordStream'
  return action === 'addCorrection' || action === 'recordSloEvents' || action.endsWith('Slo') ? 'Slo' : null
}

/** What the input names by a natural key: of something that was refused there is no object to ask. */
function namedBy(action: string, tenantId: string, input: Fields): string | null {
  const fields = {
    system: 'DEMON',
    source: 'ORRERY',
    store: 'NATIVE',
    ...input,
    ...fieldsOf(input['key']),
    ...fieldsOf(input['scope']),
    tenantId,
  }
  const found = idOf('Approval', fields, ...runNames, 'gateId') ?? idOf('Run', fields, ...runNames) ?? idOf('Graph', fields, ...graphNames)
  if (found !== null) return found
  const type = typeOfName(action)
  return type === null ? null : idOf(type, fields, ...(type === 'Slo' ? ['tenantId', 'name'] : streamNames))
}

/**
 * What a mutation was about: the object it answers with, else what its input names by an id or by a natural key.
 * @returns its global id; null where it is about no one thing
 */
export function subjectOf(
  action: string,
  tenantId: string,
  { result, input }: { readonly result: Fields; readonly input: Fields },
): string | null {
  for (const [field, name] of Object.entries(answered)) {
    const id = name(fieldsOf(result[field]))
    if (id !== null) return id
  }
  const given = Object.values(input).find((value) => isText(value) && decodeId(value) !== null)
  return isText(given) ? given : namedBy(action, tenantId, input)
}
