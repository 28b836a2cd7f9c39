const MOST_BYTES = 32 * 1024 * 1024

/**
 * One LZ4 block (the raw format, without a frame).
 * @returns null when it is malformed or does not give exactly `size` bytes
 */
function lz4Block(source: Uint8Array, size: number): Uint8Array | null {
  const out = Buffer.alloc(size)
  let read = 0
  let written = 0
  const lengthAt = (nibble: number): number => {
    let length = nibble
    if (nibble !== 15) return length
    for (let byte = 255; byte === 255; read += 1) {
      byte = source[read] ?? -1
      if (byte < 0) return -1
      length += byte
    }
    return length
  }
  while (read < source.length) {
    const token = source[read] ?? 0
    read += 1
    const literals = lengthAt(token >> 4)
    if (literals < 0 || read + literals > source.length || written + literals > size) return null
    out.set(source.subarray(read, read + literals), written)
    read += literals
    written += literals
    if (read === source.length) return written === size ? out : null
    const distance = (source[read] ?? 0) | ((source[read + 1] ?? 0) << 8)
    read += 2
    const match = lengthAt(token & 15)
    if (match < 0 || distance === 0 || distance > written || written + match + 4 > size) return null
    // byte by byte: a match may overlap what it writes
    for (let left = match + 4; left > 0; left -= 1, written += 1) out[written] = out[written - distance] ?? 0
  }
  return written === size ? out : null
}

/**
 * The payload behind a compression byte: 0 none, 1 LZ4 with its size in front. Zstandard (2) is not in Node 20.
 * @returns null for what cannot be read
 */
export function decompress(compression: number, bytes: Buffer): Uint8Array | null {
  if (compression === 0) return bytes
  if (compression !== 1 || bytes.length < 4) return null
  const size = bytes.readUInt32LE(0)
  return size > MOST_BYTES ? null : lz4Block(bytes.subarray(4), size)
}
