/** Writes the few wire types of Protocol Buffers that a trace needs. Fields without a value are left out, as the format does. */
export type Message = readonly (readonly [field: number, value: string | bigint | number | Message | readonly Message[] | undefined])[]

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, value)
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  bytes.push(Number(left))
  return Uint8Array.from(bytes)
}

const lengthDelimited = (field: number, bytes: Uint8Array): Uint8Array[] => [
  varint(BigInt((field << 3) | 2)),
  varint(BigInt(bytes.length)),
  bytes,
]

const isMessages = (value: Message | readonly Message[]): value is readonly Message[] => Array.isArray(value[0]?.[0]) || value.length === 0

/** @returns the message as it goes over the wire */
export function encodeMessage(message: Message): Uint8Array {
  const parts = message.flatMap(([field, value]): Uint8Array[] => {
    if (value === undefined) return []
    if (typeof value === 'string') return lengthDelimited(field, Buffer.from(value, 'utf8'))
    if (typeof value === 'bigint' || typeof value === 'number') return [varint(BigInt(field << 3)), varint(BigInt(value))]
    const messages = isMessages(value) ? value : [value]
    return messages.flatMap((one) => lengthDelimited(field, encodeMessage(one)))
  })
  return Buffer.concat(parts)
}
