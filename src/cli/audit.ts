import { type Arguments, UsageError } from './arguments.ts'
import { createApiClient } from './api-client.ts'
import { findStream } from './record-streams.ts'
import { verifyStream } from './records.ts'

/** `orrery audit verify`: every link of the tenant's audit log, held against its pins. */
export async function auditCommand(given: Arguments): Promise<void> {
  if (given.words[0] !== 'verify' || given.words.length !== 1) throw new UsageError('Say `orrery audit verify`.')
  const client = createApiClient(given)
  const stream = await findStream(client, given, '_audit').catch(() => null)
  if (stream === null) {
    process.stdout.write(`${JSON.stringify({ ok: true, stream: '_audit', checked: '0', headHash: null })}\n`)
    return
  }
  await verifyStream(client, given, stream)
}
