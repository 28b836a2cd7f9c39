import { isDeepStrictEqual } from 'node:util'
import { badUserInput } from '../../errors.ts'

export interface JsonCondition {
  readonly path: string
  readonly equals?: unknown
  readonly in?: readonly unknown[] | null | undefined
  readonly exists?: boolean | null | undefined
}

const MOST_STEPS = 20
const step = /\.([\p{L}\p{N}_$-]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy

/**
 * The steps of a path such as `$.order.lines[0]['odd key']`: names and indexes, no wildcards.
 * @throws AppError BAD_USER_INPUT
 */
export function parseJsonPath(path: string): readonly (string | number)[] {
  const text = path.startsWith('$') ? path.slice(1) : /^[.[]/.test(path) ? path : `.${path}`
  const steps: (string | number)[] = []
  step.lastIndex = 0
  while (step.lastIndex < text.length) {
    const match = step.exec(text)
    if (match === null || steps.length >= MOST_STEPS)
      throw badUserInput('A path is written as `$.name[0]`, with at most 20 steps.', { path: ['filter', 'json', 'path'] })
    const [, name, index, single, double] = match
    steps.push(index === undefined ? (name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1')) : Number(index))
  }
  return steps
}

const valueAt = (value: unknown, steps: readonly (string | number)[]): unknown =>
  steps.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return undefined
    return Object.hasOwn(inner, key) ? (inner as Readonly<Record<string | number, unknown>>)[key] : undefined
  }, value)

/** A check of parsed JSON; `undefined` stands for a payload that is no JSON. @throws AppError BAD_USER_INPUT */
export function jsonMatcher({ path, equals, in: oneOf, exists }: JsonCondition): (value: unknown) => boolean {
  const steps = parseJsonPath(path)
  return (value) => {
    const found = value === undefined ? undefined : valueAt(value, steps)
    if (exists != null && (found !== undefined) !== exists) return false
    if (equals !== undefined && !isDeepStrictEqual(found, equals)) return false
    if (oneOf != null && !oneOf.some((wanted) => isDeepStrictEqual(found, wanted))) return false
    return exists != null || found !== undefined
  }
}
