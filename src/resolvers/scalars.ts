import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { formatNanos, parseNanos } from '../time.ts'

const refuse = (message: string): GraphQLError => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n
const MAX_UNSIGNED = 2n ** 64n - 1n

function parseDateTime(value: unknown): bigint {
  const nanos = parseNanos(value)
  if (nanos === null) throw refuse('A DateTime is written as RFC 3339, such as `2026-01-31T08:00:00Z`, and lies between 1678 and 2262.')
  return nanos
}

const DateTime = new GraphQLScalarType<bigint, string>({
  name: 'DateTime',
  serialize(value) {
    if (typeof value !== 'bigint') throw new TypeError('a DateTime is served from nanoseconds')
    return formatNanos(value)
  },
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
})

function parseLong(value: unknown): bigint {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text === 'bigint' || (typeof text === 'string' && /^-?\d{1,19}$/.test(text))) {
    const long = BigInt(text)
    if (long >= MIN_LONG && long <= MAX_LONG) return long
  }
  throw refuse('A Long is a whole number of at most 64 bits; beyond 2^53 give it as a string.')
}

/** What is served may be unsigned: ids of Craton's streams have all 64 bits (contract: craton 2.1). */
function serializeLong(value: unknown): string {
  return (typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_UNSIGNED ? value : parseLong(value)).toString()
}

const Long = new GraphQLScalarType<bigint, string>({
  name: 'Long',
  serialize: serializeLong,
  parseValue: parseLong,
  // The literal's digits are read as they stand, so no literal loses precision.
  parseLiteral: (node) => parseLong(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : undefined),
})

function jsonOfLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>> | null | undefined): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value
    case Kind.NULL:
      return null
    case Kind.LIST:
      return node.values.map((value) => jsonOfLiteral(value, variables))
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonOfLiteral(field.value, variables)]))
    case Kind.VARIABLE:
      return variables?.[node.name.value] ?? null
  }
}

const JSONScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: jsonOfLiteral,
})

function parseBytes(value: unknown): Uint8Array {
  if (typeof value === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value))
    return new Uint8Array(Buffer.from(value, 'base64'))
  throw refuse('Bytes are written in base64.')
}

const Bytes = new GraphQLScalarType<Uint8Array, string>({
  name: 'Bytes',
  serialize(value) {
    if (!(value instanceof Uint8Array)) throw new TypeError('Bytes are served from a Uint8Array')
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  },
  parseValue: parseBytes,
  parseLiteral: (node) => parseBytes(node.kind === Kind.STRING ? node.value : undefined),
})

function textScalar(name: string): GraphQLScalarType<string, string> {
  const parse = (value: unknown): string => {
    if (typeof value === 'string') return value
    throw refuse(`A ${name} is a string.`)
  }
  return new GraphQLScalarType({
    name,
    serialize: parse,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  })
}

function numberScalar(name: string, sentence: string): GraphQLScalarType<number, number> {
  const parse = (value: unknown): number => {
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw refuse(sentence)
  }
  return new GraphQLScalarType({
    name,
    serialize: parse,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.INT || node.kind === Kind.FLOAT ? Number(node.value) : undefined),
  })
}

/** The custom scalars of the schema: nanoseconds and 64-bit integers as bigint, bytes as Uint8Array. */
export const scalars = {
  DateTime,
  Long,
  JSON: JSONScalar,
  Bytes,
  Seconds: numberScalar('Seconds', 'Seconds are a number.'),
  Count: numberScalar('Count', 'A count is a number.'),
  Cursor: textScalar('Cursor'),
  Scope: textScalar('Scope'),
  FieldSet: textScalar('FieldSet'),
}
