import { crc32 } from 'node:zlib'
import { message, type Message } from './messages.ts'
import { WireError, WireReader, WireWriter } from './postcard.ts'

// contract: craton 4.2; the header is big-endian
const MAGIC = 0x56444220
export const WIRE_VERSION = 5
const HEADER_BYTES = 14
export const MOST_PAYLOAD_BYTES = 16 * 1024 * 1024
const MOST_CRUMBS = 1_024
const NOTHING = Buffer.alloc(0)

/** One frame: header, then the message. */
export function encodeFrame(given: Message): Buffer {
  const writer = new WireWriter(HEADER_BYTES)
  message.write(writer, given)
  const frame = writer.finish()
  const payload = frame.subarray(HEADER_BYTES)
  if (payload.length > MOST_PAYLOAD_BYTES) throw new RangeError('a frame holds at most 16 MiB')
  frame.writeUInt32BE(MAGIC, 0)
  frame.writeUInt16BE(WIRE_VERSION, 4)
  frame.writeUInt32BE(payload.length, 6)
  frame.writeUInt32BE(crc32(payload), 10)
  return frame
}

/** The message of a whole payload. @throws WireError */
export function decodePayload(payload: Buffer): Message {
  const reader = new WireReader(payload)
  const decoded = message.read(reader)
  if (reader.left > 0) throw new WireError('a payload has more bytes than its message')
  return decoded
}

interface Header {
  readonly length: number
  readonly checksum: number
}

function readHeader(header: Buffer): Header {
  if (header.readUInt32BE(0) !== MAGIC) throw new WireError('a frame does not begin with its mark')
  const version = header.readUInt16BE(4)
  if (version !== WIRE_VERSION) throw new WireError(`a frame is of wire version ${version}`)
  const length = header.readUInt32BE(6)
  if (length > MOST_PAYLOAD_BYTES) throw new WireError(`a frame claims ${length} bytes`)
  return { length, checksum: header.readUInt32BE(10) }
}

/**
 * Cuts a byte stream into messages. Holds what has arrived and never more; a header that cannot be is refused before its payload is waited for.
 */
export class FrameDecoder {
  #chunks: Buffer[] = []
  /** Small ones that came last; joined now and then, since a frame that comes byte by byte would be held as millions of them. */
  #crumbs: Buffer[] = []
  #held = 0
  #header: Header | null = null

  /** The messages that are whole now. @throws WireError; the stream is of no use after it */
  push(chunk: Buffer): Message[] {
    this.#crumbs.push(chunk)
    this.#held += chunk.length
    if (this.#crumbs.length >= MOST_CRUMBS) this.#sweep()
    const messages: Message[] = []
    for (;;) {
      if (this.#header === null) {
        if (this.#held < HEADER_BYTES) return messages
        this.#header = readHeader(this.#take(HEADER_BYTES))
      }
      const { length, checksum } = this.#header
      if (this.#held < length) return messages
      const payload = this.#take(length)
      if (crc32(payload) !== checksum) throw new WireError('the checksum of a frame is wrong')
      this.#header = null
      messages.push(decodePayload(payload))
    }
  }

  /** Whether a frame has begun that is not whole. */
  get isAmidst(): boolean {
    return this.#header !== null || this.#held > 0
  }

  #sweep(): void {
    this.#chunks.push(this.#crumbs.length === 1 ? (this.#crumbs[0] ?? NOTHING) : Buffer.concat(this.#crumbs))
    this.#crumbs = []
  }

  #take(length: number): Buffer {
    if (this.#crumbs.length > 0) this.#sweep()
    const [first = NOTHING] = this.#chunks
    this.#held -= length
    if (first.length >= length) {
      if (first.length === length) this.#chunks.shift()
      else this.#chunks[0] = first.subarray(length)
      return first.subarray(0, length)
    }
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = whole.length === length ? [] : [whole.subarray(length)]
    return whole.subarray(0, length)
  }
}
