export type PatternPlace = 'ANYWHERE' | 'START' | 'END' | 'WORD_EDGE' | 'WITHIN_WORD'

/** An expression, read. */
export type PatternNode =
  | { readonly kind: 'CHARACTER'; readonly fits: (code: number) => boolean }
  | { readonly kind: 'PLACE'; readonly place: PatternPlace }
  | { readonly kind: 'SEQUENCE'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'CHOICE'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'REPEAT'; readonly body: PatternNode; readonly least: number; readonly most: number | null }

type Range = readonly [low: number, high: number]

class Unreadable extends Error {}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0
const range = (text: string): Range => [codeOf(text), codeOf([...text].at(-1) ?? text)]
const within = (ranges: readonly Range[], code: number): boolean => ranges.some(([low, high]) => code >= low && code <= high)
const others = (ranges: readonly Range[]): Range[] => {
  const found: Range[] = []
  let next = 0
  for (const [low, high] of [...ranges].sort(([left], [right]) => left - right)) {
    if (low > next) found.push([next, low - 1])
    next = Math.max(next, high + 1)
  }
  return [...found, [next, 0x10ffff]]
}

/** The one character that ranges stand for. */
function single([first, ...rest]: readonly Range[]): number {
  if (first === undefined || rest.length > 0 || first[0] !== first[1]) throw new Unreadable()
  return first[0]
}

const digits = [range('09')]
const words = [range('09'), range('AZ'), range('__'), range('az')]
const blanks = [range('\t\n'), range('\f\r'), range('  ')]
const classes: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', digits],
  ['D', others(digits)],
  ['w', words],
  ['W', others(words)],
  ['s', blanks],
  ['S', others(blanks)],
])
const controls: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['f', '\f'],
  ['v', '\v'],
])
const places: ReadonlyMap<string, PatternPlace> = new Map([
  ['b', 'WORD_EDGE'],
  ['B', 'WITHIN_WORD'],
  ['A', 'START'],
  ['z', 'END'],
])

const DEEPEST = 50
const MOST_REPEATS = 1000

const character = (ranges: readonly Range[]): PatternNode => ({ kind: 'CHARACTER', fits: (code) => within(ranges, code) })

class Reader {
  readonly #characters: readonly string[]
  #at = 0

  constructor(source: string) {
    this.#characters = [...source]
  }

  read(): PatternNode {
    const node = this.#choice(0)
    if (this.#peek() !== undefined) throw new Unreadable()
    return node
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(): string {
    const next = this.#peek()
    if (next === undefined) throw new Unreadable()
    this.#at += 1
    return next
  }

  #skip(text: string): boolean {
    if (this.#characters.slice(this.#at, this.#at + text.length).join('') !== text) return false
    this.#at += text.length
    return true
  }

  #choice(depth: number): PatternNode {
    if (depth > DEEPEST) throw new Unreadable()
    const parts = [this.#sequence(depth)]
    while (this.#skip('|')) parts.push(this.#sequence(depth))
    return { kind: 'CHOICE', parts }
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek())
      parts.push(this.#repeated(this.#atom(depth)))
    return { kind: 'SEQUENCE', parts }
  }

  #repeated(body: PatternNode): PatternNode {
    const times = this.#times()
    if (times === null) return body
    // lazy or not says nothing about whole values
    this.#skip('?')
    // twice in a row is an error in RE2 too
    if (this.#times() !== null) throw new Unreadable()
    return { kind: 'REPEAT', body, ...times }
  }

  #times(): { least: number; most: number | null } | null {
    if (this.#skip('*')) return { least: 0, most: null }
    if (this.#skip('+')) return { least: 1, most: null }
    if (this.#skip('?')) return { least: 0, most: 1 }
    // what is no count is text
    const [text, low, comma, high] = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.#characters.slice(this.#at, this.#at + 12).join('')) ?? []
    if (text === undefined || (comma === '' && high !== '')) return null
    this.#at += text.length
    const least = Number(low)
    const most = comma === '' ? least : high === '' ? null : Number(high)
    if (least > MOST_REPEATS || (most !== null && (most > MOST_REPEATS || most < least))) throw new Unreadable()
    return { least, most }
  }

  #atom(depth: number): PatternNode {
    const next = this.#take()
    if (next === '(') return this.#group(depth)
    if (next === '[') return this.#class()
    if (next === '.') return character(others([range('\n')]))
    if (next === '^') return { kind: 'PLACE', place: 'START' }
    if (next === '$') return { kind: 'PLACE', place: 'END' }
    if (next === '*' || next === '+' || next === '?') throw new Unreadable()
    if (next !== '\\') return character([range(next)])
    const place = places.get(this.#peek() ?? '')
    if (place === undefined) return character(this.#escaped())
    this.#at += 1
    return { kind: 'PLACE', place }
  }

  #group(depth: number): PatternNode {
    if (this.#skip('?')) {
      const named = this.#skip('P<') || this.#skip('<')
      if (named) while (/\w/.test(this.#peek() ?? '')) this.#at += 1
      // flags inside an expression are not read
      if (!this.#skip(named ? '>' : ':')) throw new Unreadable()
    }
    const node = this.#choice(depth + 1)
    if (!this.#skip(')')) throw new Unreadable()
    return node
  }

  #escaped(): readonly Range[] {
    const next = this.#take()
    const known = classes.get(next)
    if (known !== undefined) return known
    const control = controls.get(next)
    if (control !== undefined) return [range(control)]
    if (/[a-z0-9]/i.test(next)) throw new Unreadable()
    return [range(next)]
  }

  #class(): PatternNode {
    const negated = this.#skip('^')
    const ranges: Range[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const low = this.#member()
      if (this.#peek() !== '-' || this.#characters[this.#at + 1] === ']') {
        ranges.push(...low)
        continue
      }
      this.#at += 1
      const [from, to] = [single(low), single(this.#member())]
      if (from > to) throw new Unreadable()
      ranges.push([from, to])
    }
    this.#at += 1
    return character(negated ? others(ranges) : ranges)
  }

  #member(): readonly Range[] {
    const next = this.#take()
    if (next === '\\') return this.#escaped()
    // [:alpha:] and its like are not read
    if (next === '[' && this.#peek() === ':') throw new Unreadable()
    return [range(next)]
  }
}

/** @returns null for text that is no expression, or uses what is not read here: flags, `\x..`, `\p..`, `[:names:]` */
export function readPattern(source: string): PatternNode | null {
  try {
    return new Reader(source).read()
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}
