import { LRUCache } from 'lru-cache'
import { readPattern, type PatternNode, type PatternPlace } from './pattern-syntax.ts'

type Step =
  | { readonly kind: 'CHARACTER'; readonly fits: (code: number) => boolean }
  | { readonly kind: 'PLACE'; readonly place: PatternPlace }
  | { readonly kind: 'SPLIT'; readonly to: number; readonly or: number }

/** An expression of Alertmanager, matched against whole values. */
export interface Pattern {
  /** Takes time in proportion to the text, whatever the expression: every step is visited once for each character. */
  matchesWhole(text: string): boolean
}

const MOST_STEPS = 2000
const LONGEST = 500

class TooLarge extends Error {}

function stepsOf(root: PatternNode): Step[] {
  const steps: Step[] = []
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS) throw new TooLarge()
    return steps.push(step) - 1
  }
  /** A step that is only known when what follows it is there. */
  const reserve = (): number => add({ kind: 'PLACE', place: 'ANYWHERE' })
  const optional = (body: () => void): void => {
    const split = reserve()
    body()
    steps[split] = { kind: 'SPLIT', to: split + 1, or: steps.length }
  }
  function emit(node: PatternNode): void {
    if (node.kind === 'CHARACTER' || node.kind === 'PLACE') add(node)
    else if (node.kind === 'SEQUENCE') node.parts.forEach(emit)
    else if (node.kind === 'CHOICE') {
      const ends = node.parts.map((part, index) => {
        const split = index < node.parts.length - 1 ? reserve() : null
        emit(part)
        const end = split === null ? null : reserve()
        if (split !== null) steps[split] = { kind: 'SPLIT', to: split + 1, or: steps.length }
        return end
      })
      for (const end of ends) if (end !== null) steps[end] = { kind: 'SPLIT', to: steps.length, or: steps.length }
    } else {
      const { body, least, most } = node
      // a body without steps says the same however often it is repeated
      for (let times = 0, before = -1; times < least && before !== steps.length; times += 1) {
        before = steps.length
        emit(body)
      }
      if (most === null)
        optional(() => {
          const start = steps.length - 1
          emit(body)
          add({ kind: 'SPLIT', to: start, or: start })
        })
      else for (let times = least; times < most; times += 1) optional(() => emit(body))
    }
  }
  emit(root)
  return steps
}

const isWord = (code: number | undefined): boolean => code !== undefined && code < 128 && /\w/.test(String.fromCharCode(code))

function holds(place: PatternPlace, codes: readonly number[], at: number): boolean {
  if (place === 'ANYWHERE') return true
  if (place === 'START') return at === 0
  if (place === 'END') return at === codes.length
  return (isWord(codes[at - 1]) !== isWord(codes[at])) === (place === 'WORD_EDGE')
}

function matchesWhole(steps: readonly Step[], text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0)
  /** The steps that can be reached from `first` without a character; `steps.length` is the end. */
  const reach = (first: readonly number[], at: number): Set<number> => {
    const reached = new Set<number>()
    const open = [...first]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue
      reached.add(next)
      const step = steps[next]
      if (step?.kind === 'SPLIT') open.push(step.to, step.or)
      if (step?.kind === 'PLACE' && holds(step.place, codes, at)) open.push(next + 1)
    }
    return reached
  }
  let current = reach([0], 0)
  for (const [index, code] of codes.entries()) {
    const next: number[] = []
    for (const at of current) {
      const step = steps[at]
      if (step?.kind === 'CHARACTER' && step.fits(code)) next.push(at + 1)
    }
    if (next.length === 0) return false
    current = reach(next, index + 1)
  }
  return current.has(steps.length)
}

function compile(source: string): Pattern | null {
  const root = source.length > LONGEST ? null : readPattern(source)
  if (root === null) return null
  try {
    const steps = stepsOf(root)
    return { matchesWhole: (text) => matchesWhole(steps, text) }
  } catch (error) {
    if (error instanceof TooLarge) return null
    throw error
  }
}

const compiled = new LRUCache<string, { readonly pattern: Pattern | null }>({ max: 1000 })

/**
 * Reads an expression as Alertmanager does (RE2), for a matcher that never backtracks: expressions are strangers' text.
 * @returns null for one that cannot be read here: over 500 characters or 2,000 steps, wrong, or of RE2's rarer syntax
 */
export function patternOf(source: string): Pattern | null {
  const known = compiled.get(source)
  if (known !== undefined) return known.pattern
  const pattern = compile(source)
  compiled.set(source, { pattern })
  return pattern
}
