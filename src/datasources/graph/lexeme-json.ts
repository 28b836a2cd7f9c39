/** A number as it was written: JavaScript's own numbers lose what a commit id is hashed from (contract: demon 8.3). */
export interface NumberLexeme {
  readonly number: string
}

export type LexemeJson = null | boolean | string | NumberLexeme | readonly LexemeJson[] | ReadonlyMap<string, LexemeJson>

export const isNumber = (value: LexemeJson): value is NumberLexeme => typeof value === 'object' && value !== null && 'number' in value
export const isList = (value: LexemeJson | undefined): value is readonly LexemeJson[] => Array.isArray(value)
export const isMap = (value: LexemeJson | undefined): value is ReadonlyMap<string, LexemeJson> => value instanceof Map

/** As deep as Demon's own parser goes. */
const MAX_DEPTH = 128

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
/** A whole string without escapes, the usual case, or up to its end with them. */
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

/**
 * Parses JSON and keeps each number's lexeme. Of repeated keys the last counts.
 * @throws SyntaxError for what is no JSON, or nested deeper than 128 levels
 */
export function parseLexemeJson(text: string): LexemeJson {
  let at = 0
  const fail = (): never => {
    throw new SyntaxError(`unexpected input at ${at}`)
  }
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found === undefined) return fail()
    at += found.length
    return found
  }
  const space = (): void => void take(SPACE)
  const string = (): string => {
    // Long texts would make the pattern recurse: those go character by character.
    const end = endOfString(text, at)
    if (end < 0) return fail()
    const raw = text.slice(at, end)
    if (raw.length < 1000) take(STRING)
    else at = end
    return raw.includes('\\') || raw.length >= 1000 ? (JSON.parse(raw) as string) : raw.slice(1, -1)
  }
  const word = <T>(spelled: string, value: T): T => {
    if (!text.startsWith(spelled, at)) fail()
    at += spelled.length
    return value
  }
  const list = (depth: number): LexemeJson => {
    const items: LexemeJson[] = []
    at += 1
    space()
    if (text[at] === ']') {
      at += 1
      return items
    }
    for (;;) {
      items.push(value(depth))
      space()
      if (text[at] === ',') at += 1
      else if (text[at] === ']') {
        at += 1
        return items
      } else fail()
    }
  }
  const map = (depth: number): LexemeJson => {
    const entries = new Map<string, LexemeJson>()
    at += 1
    space()
    if (text[at] === '}') {
      at += 1
      return entries
    }
    for (;;) {
      space()
      if (text[at] !== '"') fail()
      const key = string()
      space()
      if (text[at] !== ':') fail()
      at += 1
      entries.set(key, value(depth))
      space()
      if (text[at] === ',') at += 1
      else if (text[at] === '}') {
        at += 1
        return entries
      } else fail()
    }
  }
  const value = (depth: number): LexemeJson => {
    if (depth >= MAX_DEPTH) throw new SyntaxError('nested too deeply')
    space()
    switch (text[at]) {
      case '{':
        return map(depth + 1)
      case '[':
        return list(depth + 1)
      case '"':
        return string()
      case 't':
        return word('true', true)
      case 'f':
        return word('false', false)
      case 'n':
        return word('null', null)
      default:
        return { number: take(NUMBER) }
    }
  }
  const parsed = value(0)
  space()
  if (at !== text.length) fail()
  return parsed
}

/** Where the string that begins at `from` ends, behind its closing quote; -1 when it does not. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at + 1
  }
  return -1
}

/** Order of UTF-8 bytes, which is that of code points; JavaScript's own order differs beyond the basic plane. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    let left = a.charCodeAt(at)
    let right = b.charCodeAt(at)
    if (left === right) continue
    // Surrogates stand for what lies above all other code units.
    if (left >= 0xd800 && right >= 0xd800) {
      left = left >= 0xe000 ? left - 0x800 : left + 0x2000
      right = right >= 0xe000 ? right - 0x800 : right + 0x2000
    }
    return left - right
  }
  return a.length - b.length
}

const MIN_INTEGER = -(2n ** 63n)
const MAX_INTEGER = 2n ** 64n - 1n

/** A double as Demon prints it: shortest digits, `.0` behind whole values, an exponent from 1e16 up and below 1e-5. */
function doubleText(lexeme: string): string {
  const value = Number(lexeme)
  if (!Number.isFinite(value)) throw new SyntaxError('a number out of range')
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const sign = value < 0 ? '-' : ''
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const exponent = Number(exponentText)
  if (exponent >= 16 || exponent < -5) return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

/**
 * A number as Demon prints it when it hashes (contract: demon 8.3).
 * @throws SyntaxError for a number that no double holds
 */
export function canonicalNumber(lexeme: string): string {
  if (lexeme !== '-0' && /^-?\d+$/.test(lexeme) && lexeme.length <= 21) {
    const integer = BigInt(lexeme)
    if (integer >= MIN_INTEGER && integer <= MAX_INTEGER) return lexeme
  }
  return doubleText(lexeme)
}

/** A string as Demon prints it: half a surrogate pair, which has no UTF-8, becomes U+FFFD. */
export const canonicalString = (text: string): string => JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd'))

/**
 * Compact JSON with the keys of objects in byte order and numbers as Demon prints them.
 * @throws SyntaxError for a number that no double holds
 */
export function canonicalJson(value: LexemeJson): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return canonicalString(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (isMap(value)) {
    const entries = [...value].sort(([a], [b]) => compareUtf8(a, b))
    return `{${entries.map(([key, inner]) => `${canonicalString(key)}:${canonicalJson(inner)}`).join(',')}}`
  }
  return isNumber(value) ? canonicalNumber(value.number) : 'null'
}

/** A JavaScript value, as GraphQL gives it, in the same form. */
export const lexemeJsonOf = (value: unknown): LexemeJson => parseLexemeJson(JSON.stringify(value) ?? 'null')
