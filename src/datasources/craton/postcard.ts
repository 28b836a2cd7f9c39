/** What came over the wire is not what the contract says; the connection cannot be trusted after it. */
export class WireError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WireError'
  }
}

/** What a read of ours asks for holds a few thousand. */
const MOST_ELEMENTS = 1_000_000

/** Reads postcard values from one payload. Never reads beyond it, never allocates by a number in it. */
export class WireReader {
  readonly bytes: Buffer
  #at: number
  #elements = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#at = 0
  }

  get left(): number {
    return this.bytes.length - this.#at
  }

  byte(): number {
    const value = this.bytes[this.#at]
    if (value === undefined) throw new WireError('a value ends beyond the payload')
    this.#at += 1
    return value
  }

  take(length: number): Buffer {
    if (length > this.left) throw new WireError('a value ends beyond the payload')
    this.#at += length
    return this.bytes.subarray(this.#at - length, this.#at)
  }

  /**
   * The length of a list. Every element takes a byte at least, so a count beyond what is left is a lie that costs nothing; but an element of one
   * byte takes a hundred once it is read, so all lists of a payload together are bounded too.
   */
  count(): number {
    const count = this.small(32)
    if (count > this.left) throw new WireError('a list is longer than its payload')
    this.#elements += count
    if (this.#elements > MOST_ELEMENTS) throw new WireError(`a payload has more than ${MOST_ELEMENTS} elements`)
    return count
  }

  /** An unsigned number of at most `bits` bits, 1 to 32. */
  small(bits: number): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const next = this.byte()
      value += (next & 0x7f) * 2 ** shift
      if (next < 0x80) {
        if (value >= 2 ** bits) throw new WireError('a number is wider than its field')
        return value
      }
    }
    throw new WireError('a number is wider than its field')
  }

  long(): bigint {
    // seven groups of seven bits fit a double exactly; the rest needs bigint
    let low = 0
    for (let shift = 0; shift < 49; shift += 7) {
      const next = this.byte()
      low += (next & 0x7f) * 2 ** shift
      if (next < 0x80) return BigInt(low)
    }
    let value = BigInt(low)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const next = this.byte()
      value |= BigInt(next & 0x7f) << shift
      if (next < 0x80) {
        if (value >= 1n << 64n) throw new WireError('a number is wider than its field')
        return value
      }
    }
    throw new WireError('a number is wider than its field')
  }
}

/** Writes postcard values. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(128)
  #at: number

  /** @param reserved bytes left free in front */
  constructor(reserved = 0) {
    this.#at = reserved
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#at] = value
    this.#at += 1
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  small(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  long(value: bigint): void {
    let rest = value
    while (rest > 0xffff_ffffn) {
      this.byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.small(Number(rest))
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }
}

/** One type of the wire (contract: craton 4.3). */
export interface Codec<T> {
  read(reader: WireReader): T
  write(writer: WireWriter, value: T): void
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const unsigned = (bits: number): Codec<number> => ({
  read: (reader) => reader.small(bits),
  write(writer, value) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) throw new RangeError(`${value} does not fit into ${bits} bits`)
    writer.small(value)
  },
})

export const u16 = unsigned(16)
export const u32 = unsigned(32)

export const u64: Codec<bigint> = {
  read: (reader) => reader.long(),
  write(writer, value) {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} does not fit into 64 bits`)
    writer.long(value)
  },
}

/** Zigzag. */
export const i64: Codec<bigint> = {
  read(reader) {
    const value = reader.long()
    return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n
  },
  write(writer, value) {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} does not fit into 64 bits`)
    writer.long(value >= 0n ? value << 1n : ((-value - 1n) << 1n) | 1n)
  },
}

export const bool: Codec<boolean> = {
  read(reader) {
    const value = reader.byte()
    if (value > 1) throw new WireError('a truth value is neither 0 nor 1')
    return value === 1
  },
  write: (writer, value) => writer.byte(value ? 1 : 0),
}

/** A copy: what is kept must not hold on to the whole frame. */
export const bytes: Codec<Uint8Array> = {
  read: (reader) => Uint8Array.prototype.slice.call(reader.take(reader.small(32))),
  write(writer, value) {
    writer.small(value.length)
    writer.raw(value)
  },
}

export const text: Codec<string> = {
  read(reader) {
    try {
      return utf8.decode(reader.take(reader.small(32)))
    } catch (error) {
      if (error instanceof WireError) throw error
      throw new WireError('a text is not UTF-8')
    }
  },
  write: (writer, value) => bytes.write(writer, Buffer.from(value, 'utf8')),
}

export const option = <T>(inner: Codec<T>): Codec<T | null> => ({
  read: (reader) => (bool.read(reader) ? inner.read(reader) : null),
  write(writer, value) {
    bool.write(writer, value !== null)
    if (value !== null) inner.write(writer, value)
  },
})

export const list = <T>(inner: Codec<T>): Codec<readonly T[]> => ({
  read(reader) {
    const count = reader.count()
    const items: T[] = []
    for (let index = 0; index < count; index += 1) items.push(inner.read(reader))
    return items
  },
  write(writer, items) {
    writer.small(items.length)
    for (const item of items) inner.write(writer, item)
  },
})

type Fields = Readonly<Record<string, Codec<never>>>
export type StructOf<F> = { readonly [Name in keyof F]: ValueOf<F[Name]> }

/** Fields in order, without names. */
export function struct<F extends Readonly<Record<string, Codec<unknown>>> | Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields) as readonly [string, Codec<unknown>][]
  return {
    read(reader) {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of entries) value[name] = codec.read(reader)
      return value as StructOf<F>
    },
    write(writer, value) {
      const given: Readonly<Record<string, unknown>> = { ...value }
      for (const [name, codec] of entries) codec.write(writer, given[name])
    },
  }
}

/** An enum without content: its index. */
export const choice = <const Names extends readonly string[]>(...names: Names): Codec<Names[number]> => ({
  read(reader) {
    const name = names[reader.small(32)]
    if (name === undefined) throw new WireError('an enum has an unknown value')
    return name
  },
  write: (writer, value) => writer.small(names.indexOf(value)),
})

type Variants = Readonly<Record<string, readonly [number, Codec<never>]>>
export type VariantOf<V extends Readonly<Record<string, readonly [number, unknown]>>> = {
  readonly [Name in keyof V]: { readonly type: Name } & ValueOf<V[Name][1]>
}[keyof V]

/** An enum with content: a tag, then the content of that tag. */
export function variants<V extends Variants | Readonly<Record<string, readonly [number, Codec<unknown>]>>>(cases: V): Codec<VariantOf<V>> {
  const entries = Object.entries(cases) as readonly (readonly [string, readonly [number, Codec<unknown>]])[]
  const byTag = new Map(entries.map(([name, [tag, codec]]) => [tag, { name, codec }]))
  const byName = new Map(entries.map(([name, [tag, codec]]) => [name, { tag, codec }]))
  return {
    read(reader) {
      const tag = reader.small(32)
      const found = byTag.get(tag)
      if (found === undefined) throw new WireError(`the tag ${tag} is not known`)
      return { type: found.name, ...(found.codec.read(reader) as object) } as VariantOf<V>
    },
    write(writer, value) {
      const found = byName.get(String(value.type))
      if (found === undefined) throw new RangeError(`there is no message ${String(value.type)}`)
      writer.small(found.tag)
      found.codec.write(writer, value)
    },
  }
}
