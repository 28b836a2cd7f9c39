import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type ApiClient } from './api-client.ts'
import { type Arguments, UsageError } from './arguments.ts'
import { type StreamSummary } from './record-streams.ts'

/** A pin that was exported, one a line, as `orrery records pin STREAM --list` prints them. */
export interface KeptPin {
  readonly length: bigint
  readonly headHash: string | null
}

const line = z.object({
  length: z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt),
  headHash: z.string().nullable(),
})

/** The pins of `--pins FILE`; none where it is not given. @throws UsageError for a file that holds something else */
export async function keptPins({ pins }: Arguments): Promise<KeptPin[]> {
  if (pins === undefined) return []
  const text = await readFile(pins, 'utf8')
  try {
    return text
      .split('\n')
      .filter((part) => part.trim() !== '')
      .map((part) => line.parse(JSON.parse(part)))
  } catch {
    throw new UsageError(`${pins} is no list of pins: one JSON object a line, as \`orrery records pin STREAM --list\` prints them.`)
  }
}

/** @throws Error where a chain of this length does not go through the pin. @param hash that of the record before `pin.length` */
export function holdAgainst(name: string, pin: KeptPin, { length, hash }: { length: bigint; hash: string | null }): void {
  if (pin.length > length)
    throw new Error(`${name}: the chain is broken at offset ${length}. A kept pin names length ${pin.length}: the tail was cut.`)
  if (pin.length > 0n && pin.headHash !== hash)
    throw new Error(
      `${name}: the chain is broken. A kept pin of length ${pin.length} names another head hash: it was rewritten at or before offset ${pin.length - 1n}.`,
    )
}

/** Compares a stream, whose chain was found whole, with pins that were kept elsewhere. @throws Error naming the pin that does not hold */
export async function compareWithPins(client: ApiClient, stream: StreamSummary, pins: readonly KeptPin[]): Promise<void> {
  const length = BigInt(stream.length)
  const first = BigInt(stream.firstOffset)
  for (const pin of pins) {
    // what retention has cut can no longer be compared; the pin that it made itself can
    if (pin.length < first || pin.length === 0n) continue
    if (pin.length > length) holdAgainst(stream.name, pin, { length, hash: null })
    const from = pin.length - 1n < first ? first : pin.length - 1n
    const { it } = await client.ask<{ it: { verify: { headHash: string | null } } }>(
      'query($id: ID!, $from: Long, $to: Long) { it: recordStream(id: $id) { verify(from: $from, to: $to) { headHash } } }',
      { id: stream.id, from: from.toString(), to: pin.length.toString() },
    )
    holdAgainst(stream.name, pin, { length, hash: it.verify.headHash })
  }
}
