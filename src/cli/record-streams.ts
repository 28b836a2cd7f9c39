import { type Arguments, UsageError } from './arguments.ts'
import { type ApiClient } from './api-client.ts'

export interface StreamSummary {
  readonly id: string
  readonly name: string
  readonly store: 'NATIVE' | 'CRATON'
  readonly length: string
  readonly firstOffset: string
  readonly headHash: string | null
}

export function keyOf({ store }: Arguments, name: string): { name: string; store: string } {
  const kind = (store ?? 'native').toUpperCase()
  if (kind !== 'NATIVE' && kind !== 'CRATON') throw new UsageError('Say --store native or --store craton.')
  return { name, store: kind }
}

const fields = 'id name store length firstOffset headHash'

export async function maybeStream(client: ApiClient, given: Arguments, name: string): Promise<StreamSummary | null> {
  const { it } = await client.ask<{ it: StreamSummary | null }>(`query($key: StreamKey!) { it: recordStream(key: $key) { ${fields} } }`, {
    key: keyOf(given, name),
  })
  return it
}

/** @throws Error when there is no such stream */
export async function findStream(client: ApiClient, given: Arguments, name: string): Promise<StreamSummary> {
  const found = await maybeStream(client, given, name)
  if (found === null) throw new Error(`There is no stream "${name}".`)
  return found
}

export async function createStream(client: ApiClient, given: Arguments, name: string): Promise<StreamSummary> {
  const { it } = await client.ask<{ it: { stream?: StreamSummary; message?: string } }>(
    `mutation($input: CreateRecordStreamInput!) { it: createRecordStream(input: $input) { ... on RecordStreamAccepted { stream { ${fields} } } ... on UserError { message } } }`,
    { input: { ...keyOf(given, name), ...(given.class === undefined ? {} : { dataClass: given.class.toUpperCase() }) } },
  )
  if (it.stream === undefined) throw new Error(it.message ?? 'The stream could not be made.')
  return it.stream
}

export interface Appended {
  readonly firstOffset: string
  readonly lastOffset: string
  readonly headHash: string | null
}

/** @throws Error with the reason when nothing was written */
export async function appendTo(
  client: ApiClient,
  given: Arguments,
  { name, records, expectedOffset }: { name: string; records: readonly object[]; expectedOffset: bigint | null },
): Promise<Appended> {
  const { it } = await client.ask<{ it: Partial<Appended> & { message?: string } }>(
    `mutation($input: AppendRecordsInput!) { it: appendRecords(input: $input) { ... on RecordsAppended { firstOffset lastOffset headHash } ... on UserError { message } } }`,
    { input: { key: keyOf(given, name), records, expectedOffset: expectedOffset?.toString() ?? null } },
  )
  if (it.firstOffset === undefined || it.lastOffset === undefined) throw new Error(it.message ?? 'Nothing was written.')
  return { firstOffset: it.firstOffset, lastOffset: it.lastOffset, headHash: it.headHash ?? null }
}
