const opcodeOfText = 0x81
/** Longer payloads are handed on as they are: all readers share their bytes. */
const mostCopied = 16 * 1024

const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

function writeHeader(target: Buffer, at: number, length: number): number {
  target[at] = opcodeOfText
  if (length < 126) {
    target[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    target[at + 1] = 126
    return target.writeUInt16BE(length, at + 2)
  }
  target[at + 1] = 127
  return target.writeBigUInt64BE(BigInt(length), at + 2)
}

/**
 * Text frames of a server (RFC 6455: final, not masked, not compressed), ready for the TCP socket: `prefix`, one of the payloads, `suffix` each. As
 * few buffers as possible: what a small message costs is the write, not its bytes.
 */
export function textFrames(payloads: readonly Buffer[], prefix: Buffer, suffix: Buffer): Buffer[] {
  const around = prefix.length + suffix.length
  const chunks: Buffer[] = []
  let size = 0
  for (const payload of payloads) {
    const length = around + payload.length
    size += headerBytes(length) + (payload.length > mostCopied ? around : length)
  }
  const target = Buffer.allocUnsafe(size)
  let from = 0
  let at = 0
  for (const payload of payloads) {
    at = writeHeader(target, at, around + payload.length)
    at += prefix.copy(target, at)
    if (payload.length <= mostCopied) at += payload.copy(target, at)
    else {
      chunks.push(target.subarray(from, at), payload)
      from = at
    }
    at += suffix.copy(target, at)
  }
  chunks.push(target.subarray(from))
  return chunks
}
