import { LRUCache } from 'lru-cache'
import { RE2JS, RE2JSException } from 're2js'

/** An expression of Alertmanager, matched against whole values. */
export interface Pattern {
  /** Takes time in proportion to the text, whatever the expression. */
  matchesWhole(text: string): boolean
}

const MOST_INSTRUCTIONS = 4000
const LONGEST = 500
/** Counted in instructions, as what a pattern keeps to match fast grows with them. */
const REMEMBERED_INSTRUCTIONS = 40_000

interface Compiled {
  readonly pattern: Pattern | null
  readonly instructions: number
}
const unreadable: Compiled = { pattern: null, instructions: 1 }

function compile(source: string): Compiled {
  if (source.length > LONGEST) return unreadable
  try {
    const expression = RE2JS.compile(source)
    const instructions = expression.programSize()
    if (instructions > MOST_INSTRUCTIONS) return unreadable
    return { pattern: { matchesWhole: (text) => expression.testExact(text) }, instructions }
  } catch (error) {
    if (error instanceof RE2JSException) return unreadable
    throw error
  }
}

const remembered = new LRUCache<string, Compiled>({
  maxSize: REMEMBERED_INSTRUCTIONS,
  // an expression without any is kept too
  sizeCalculation: ({ instructions }) => Math.max(1, instructions),
})

/**
 * Reads an expression as Alertmanager does (RE2), for a matcher that never backtracks: expressions are strangers' text.
 * @returns null for one that is wrong or too large: over 500 characters or 4,000 instructions
 */
export function patternOf(source: string): Pattern | null {
  const known = remembered.get(source)
  if (known !== undefined) return known.pattern
  const compiled = compile(source)
  remembered.set(source, compiled)
  return compiled.pattern
}
