import { type SqlValue } from './sql.ts'

/** A parameter as it goes over the wire: text in PostgreSQL's input syntax, or the bytes of a bytea. */
export type WireValue = string | Uint8Array | null

const scalar = (value: string | number | bigint | boolean): string => (typeof value === 'string' ? value : String(value))

/** PostgreSQL's array literal. Strings are always quoted, so that `null`, commas and braces in them stay text. */
const arrayLiteral = (values: Extract<SqlValue, readonly unknown[]>): string =>
  `{${values
    .map((value) => {
      if (value === null) return 'NULL'
      return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : scalar(value)
    })
    .join(',')}}`

/**
 * One spelling of parameters for every adapter, so that a value cannot mean one thing on PGlite and another on PostgreSQL.
 * @throws TypeError for a value that has no spelling, such as undefined
 */
export function encodeValue(value: SqlValue): WireValue {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return arrayLiteral(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return scalar(value)
  throw new TypeError(`a ${typeof value} cannot be a parameter of a statement`)
}

type Parse = (text: string) => unknown

const bytes: Parse = (text) => {
  const decoded = Buffer.from(text.slice(2), 'hex')
  // A plain Uint8Array over its own memory: equal on every adapter, and not a window into Buffer's shared pool.
  return new Uint8Array(decoded)
}

/** `2026-01-02 03:04:05.678901+00`, as both servers write it in the session settings we give; years beyond four digits are out of our range. */
const moment: Parse = (text) => new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))

const identity: Parse = (text) => text

/** Element type and its array type, by the fixed object ids of PostgreSQL's catalogue. Types not listed arrive as text. */
const knownTypes: readonly { oid: number; arrayOid: number; parse: Parse }[] = [
  { oid: 16, arrayOid: 1000, parse: (text) => text === 't' }, // bool
  { oid: 17, arrayOid: 1001, parse: bytes }, // bytea
  { oid: 20, arrayOid: 1016, parse: BigInt }, // int8
  { oid: 21, arrayOid: 1005, parse: Number }, // int2
  { oid: 23, arrayOid: 1007, parse: Number }, // int4
  { oid: 25, arrayOid: 1009, parse: identity }, // text
  { oid: 26, arrayOid: 1028, parse: Number }, // oid
  { oid: 114, arrayOid: 199, parse: JSON.parse }, // json
  { oid: 700, arrayOid: 1021, parse: Number }, // float4
  { oid: 701, arrayOid: 1022, parse: Number }, // float8
  { oid: 1042, arrayOid: 1014, parse: identity }, // bpchar
  { oid: 1043, arrayOid: 1015, parse: identity }, // varchar
  { oid: 1184, arrayOid: 1185, parse: moment }, // timestamptz
  { oid: 1700, arrayOid: 1231, parse: identity }, // numeric
  { oid: 2950, arrayOid: 2951, parse: identity }, // uuid
  { oid: 3802, arrayOid: 3807, parse: JSON.parse }, // jsonb
]

/** Reads PostgreSQL's array output, nested or not: `{1,NULL,"a \"b\""}`. */
function parseArray(text: string, parse: Parse): unknown[] {
  let at = text.indexOf('{') + 1
  const element = (): unknown => {
    if (text[at] === '{') {
      at += 1
      return list()
    }
    if (text[at] !== '"') {
      const start = at
      while (text[at] !== ',' && text[at] !== '}') at += 1
      const raw = text.slice(start, at)
      return raw === 'NULL' ? null : parse(raw)
    }
    let quoted = ''
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1
      quoted += text[at]
    }
    at += 1
    return parse(quoted)
  }
  const list = (): unknown[] => {
    const values: unknown[] = []
    while (at < text.length && text[at] !== '}') {
      values.push(element())
      if (text[at] === ',') at += 1
    }
    at += 1
    return values
  }
  return list()
}

const parsers = new Map<number, Parse>(
  knownTypes.flatMap(({ oid, arrayOid, parse }): [number, Parse][] => [
    [oid, parse],
    [arrayOid, (text) => parseArray(text, parse)],
  ]),
)

/** How the text of a column of this type becomes the value that `SqlExecutor` promises. */
export const parserOf = (typeOid: number): Parse => parsers.get(typeOid) ?? identity
