import { type Arguments, UsageError, wholeNumber } from './arguments.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import { checkFiles, exportStream, importStream } from './record-files.ts'
import { compareWithPins, keptPins } from './record-pins.ts'
import { appendTo, findStream, keyOf, type StreamSummary } from './record-streams.ts'

const SLICE = 100_000n

export const progress = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r${text}` : `${text}\n`)
const print = (value: unknown): void => void process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`)

async function stdinLines(): Promise<string[]> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}

async function append(client: ApiClient, given: Arguments, name: string): Promise<void> {
  const [, , ...texts] = given.words
  const records = (texts.length > 0 ? texts : await stdinLines()).map((text) => ({ text }))
  const done = await appendTo(client, given, { name, records, expectedOffset: wholeNumber('expect', given.expect) })
  print(done)
}

async function tail(client: ApiClient, given: Arguments, name: string): Promise<void> {
  const { id } = await findStream(client, given, name)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  let left = wholeNumber('count', given.count)
  const query = `subscription($stream: ID!, $from: Long) { it: recordAppended(stream: $stream, fromOffset: $from) {
    ... on RecordItem { record { offset recordedAt hash redacted text payload } } ... on StreamGap { from to reason } } }`
  interface Step {
    readonly it: { readonly record?: { readonly text: string | null }; readonly reason?: string }
  }
  const variables = { stream: id, from: wholeNumber('from', given.from)?.toString() ?? null }
  for await (const { it } of client.watch<Step>(query, variables, stop.signal)) {
    if (it.reason !== undefined) progress(`gap: ${JSON.stringify(it)}`)
    if (it.record === undefined) continue
    print(it.record)
    if (left !== null && (left -= 1n) <= 0n) return stop.abort()
  }
}

interface Verification {
  readonly ok: boolean
  readonly checked: string
  readonly headHash: string | null
  readonly firstBrokenOffset: string | null
  readonly reason: string | null
  readonly mode: string
}

/** @throws Error naming the first broken offset and why */
export async function verifyStream(client: ApiClient, given: Arguments, stream: StreamSummary): Promise<void> {
  const query = `query($id: ID!, $from: Long, $to: Long) { it: recordStream(id: $id) { verify(from: $from, to: $to) { ok checked headHash firstBrokenOffset reason mode } } }`
  const pins = await keptPins(given)
  const end = wholeNumber('to', given.to) ?? BigInt(stream.length)
  let from = wholeNumber('from', given.from) ?? BigInt(stream.firstOffset)
  let checked = 0n
  let last: Verification | null = null
  const started = performance.now()
  do {
    // A Craton stream is checked from its beginning, so in one piece.
    const to = stream.store === 'CRATON' || from + SLICE > end ? end : from + SLICE
    const { it } = await client.ask<{ it: { verify: Verification } }>(query, { id: stream.id, from: from.toString(), to: to.toString() })
    last = it.verify
    checked += BigInt(last.checked)
    if (!last.ok) throw new Error(`${stream.name}: the chain is broken at offset ${last.firstBrokenOffset}. ${last.reason}`)
    const perSecond = Math.round(Number(checked) / ((performance.now() - started) / 1_000))
    progress(`verified ${checked} records, ${perSecond}/s`)
    from = to
  } while (from < end)
  if (process.stderr.isTTY) process.stderr.write('\n')
  await compareWithPins(client, stream, pins)
  print({ ok: true, stream: stream.name, checked: checked.toString(), headHash: last.headHash, mode: last.mode, keptPins: pins.length })
}

async function verify(client: ApiClient | null, given: Arguments, name: string | undefined): Promise<void> {
  if (given.file !== undefined) return checkFiles(given.file.split(','), await keptPins(given))
  if (client === null || name === undefined) throw new UsageError('Say `orrery records verify STREAM`, or `--file SEGMENT[,SEGMENT]`.')
  return verifyStream(client, given, await findStream(client, given, name))
}

async function pin(client: ApiClient, given: Arguments, name: string): Promise<void> {
  const { id } = await findStream(client, given, name)
  if (given.list !== true) {
    const made = await client.ask<{ it: { pin?: unknown; message?: string } }>(
      `mutation($input: PinRecordStreamInput!) { it: pinRecordStream(input: $input) { ... on RecordStreamAccepted { pin { length headHash pinnedAt reason pinnedBy } } ... on UserError { message } } }`,
      { input: { key: keyOf(given, name) } },
    )
    if (made.it.pin === undefined) throw new Error(made.it.message ?? 'The stream was not pinned.')
    return print(made.it.pin)
  }
  interface Page {
    readonly it: {
      readonly pins: {
        readonly nodes: readonly unknown[]
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
      }
    }
  }
  for (let after: string | null = null, more = true; more;) {
    const page: Page = await client.ask<Page>(
      `query($id: ID!, $after: String) { it: recordStream(id: $id) { pins(first: 100, after: $after) { nodes { length headHash pinnedAt reason pinnedBy } pageInfo { hasNextPage endCursor } } } }`,
      { id, after },
    )
    for (const node of page.it.pins.nodes) print(node)
    after = page.it.pins.pageInfo.endCursor
    more = page.it.pins.pageInfo.hasNextPage
  }
}

const actions: Readonly<Record<string, (client: ApiClient, given: Arguments, name: string) => Promise<void>>> = {
  append,
  tail,
  verify,
  pin,
  export: async (client, given, name) => exportStream(client, given, await findStream(client, given, name)),
  import: importStream,
}

/** `orrery records append|tail|verify|pin|export|import`: over the API of a running server. */
export async function recordsCommand(given: Arguments): Promise<void> {
  const [action = '', name] = given.words
  const run = actions[action]
  if (run === undefined) throw new UsageError('Say `orrery records append`, `tail`, `verify`, `pin`, `export` or `import`.')
  if (action === 'verify' && given.file !== undefined) return verify(null, given, name)
  if (name === undefined) throw new UsageError(`Say which: orrery records ${action} STREAM.`)
  await run(createApiClient(given), given, name)
}
