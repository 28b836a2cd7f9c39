import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'

/** Numbers in 0..1, the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Dice {
  /** 0 to below `sides`. */
  roll(sides: number): number
  chance(of: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  some<T>(from: readonly T[], most: number): T[]
}

export function dice(random: () => number): Dice {
  const roll = (sides: number): number => Math.floor(random() * sides)
  return {
    roll,
    chance: (of) => random() < of,
    pick: (from) => from[roll(from.length)] ?? from[0],
    some(from, most) {
      const left = [...from]
      return Array.from({ length: Math.min(left.length, 1 + roll(most)) }, () => left.splice(roll(left.length), 1)).flat()
    },
  }
}

const texts = [
  '""',
  '"a"',
  '"run-1"',
  '"*"',
  '"\\u0000"',
  '"💥"',
  '"""block"""',
  `"${'x'.repeat(300)}"`,
  '"2026-01-31T08:00:00Z"',
  '"__proto__"',
] as const
const numbers = ['0', '1', '5', '-1', '100', '101', '2147483647', '2147483648', '9223372036854775807', '1e309', '0.5'] as const
const anything = ['null', 'true', '{}', '[]', '{a: [1, {b: "c"}]}', 'ENUM', ...texts, ...numbers] as const

/** Text of a value that mostly fits the type. */
function literalOf(type: GraphQLInputType, by: Dice, depth = 0): string {
  const { roll, chance, pick } = by
  if (isNonNullType(type)) return literalOf(type.ofType, by, depth)
  if (chance(0.01)) return pick(anything)
  if (isListType(type)) return `[${Array.from({ length: roll(3) }, () => literalOf(type.ofType, by, depth + 1)).join(', ')}]`
  if (isEnumType(type)) return type.getValues()[roll(type.getValues().length)]?.name ?? 'null'
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || (depth < 3 && chance(0.25)))
    return `{${fields.map((field) => `${field.name}: ${literalOf(field.type, by, depth + 1)}`).join(', ')}}`
  }
  const { name } = type
  if (name === 'Int') return chance(0.05) ? pick(numbers) : pick(['0', '1', '5', '-1', '100', '101', '2147483647'])
  if (name === 'Float' || name === 'Long' || name === 'Seconds') return pick(numbers)
  if (name === 'DateTime' && !chance(0.05))
    return pick(['"2026-01-31T08:00:00Z"', '"1970-01-01T00:00:00.000000001+02:00"', '"2200-12-31T23:59:60Z"'])
  if (name === 'Boolean') return pick(['true', 'false'])
  if (name === 'JSON') return pick(anything)
  return pick(texts)
}

/**
 * Documents over a schema: valid ones mostly, with aliases, fragments, directives, abstract types and arguments that may be wrong; deep ones and dear
 * ones among them. The same seed gives the same documents.
 */
export function createDocumentMaker(schema: GraphQLSchema, by: Dice): (operation: 'query' | 'mutation' | 'subscription') => string {
  const { roll, chance, pick, some } = by
  let fragments: string[] = []
  let hasFlag = false
  let aliases = 0
  /** A subscription may have one root field. */
  let one = false

  const argumentsOf = (args: readonly GraphQLArgument[]): string => {
    const given = args.filter((argument) => (isRequiredArgument(argument) ? !chance(0.02) : chance(0.3)))
    return given.length === 0 ? '' : `(${given.map((argument) => `${argument.name}: ${literalOf(argument.type, by)}`).join(', ')})`
  }

  const directive = (): string =>
    chance(0.05)
      ? ` @${pick(['skip', 'include'])}(if: ${chance(0.005) ? '1' : hasFlag ? pick(['true', '$flag']) : pick(['true', 'false'])})`
      : ''

  const selectionOf = (type: GraphQLOutputType, depth: number): string => {
    const named = getNamedType(type)
    if (!isCompositeType(named)) return ''
    const pieces: string[] = chance(0.2) ? ['__typename'] : []
    if (isObjectType(named) || isInterfaceType(named)) {
      const fields = Object.values(named.getFields())
      const allowed = depth > 6 + roll(8) ? fields.filter((field) => !isCompositeType(getNamedType(field.type))) : fields
      for (const field of some(allowed, depth === 0 && one ? 1 : 5)) {
        const alias = chance(0.1) ? `a${aliases++}: ` : ''
        pieces.push(`${alias}${field.name}${argumentsOf(field.args)}${directive()}${selectionOf(field.type, depth + 1)}`)
      }
    }
    if (isAbstractType(named))
      for (const possible of some(schema.getPossibleTypes(named), 2))
        pieces.push(`... on ${possible.name}${selectionOf(possible, depth + 1)}`)
    if (chance(0.05) && fragments.length < 20) {
      const name = `F${fragments.length}`
      fragments.push('')
      fragments[Number(name.slice(1))] = `fragment ${name} on ${named.name}${selectionOf(named, depth + 1)}`
      pieces.push(`...${name}`)
    }
    if (chance(0.002)) pieces.push(`...F${roll(25)}`)
    return ` { ${pieces.length === 0 ? '__typename' : pieces.join(' ')} }`
  }

  return (operation) => {
    fragments = []
    hasFlag = chance(0.3)
    aliases = 0
    one = operation === 'subscription' && chance(0.8)
    const root = schema.getRootType(operation as Parameters<typeof schema.getRootType>[0])
    const selected = root == null ? ' { none }' : selectionOf(root, 0)
    return `${operation} Q${hasFlag ? '($flag: Boolean = true)' : ''}${selected} ${fragments.join(' ')}`
  }
}

const tokens = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '!',
  '$',
  '@',
  '...',
  '|',
  '=',
  '&',
  'on',
  'query',
  'fragment',
  'runs',
  'id',
  '"',
  '"""',
  '#',
  '\\',
  '\u{1F4A5}',
  '\0',
  '1',
  '-',
  '\ud800',
  '\n',
] as const

/** A document with a few places torn out, doubled or overwritten. */
export function tear(text: string, { roll, pick, chance }: Dice): string {
  let torn = text
  for (let times = 1 + roll(4); times > 0; times--) {
    const at = roll(torn.length + 1)
    const end = Math.min(torn.length, at + roll(20))
    const middle = chance(0.3) ? '' : chance(0.5) ? torn.slice(at, end).repeat(1 + roll(3)) : pick(tokens)
    torn = torn.slice(0, at) + middle + torn.slice(end)
  }
  return torn
}

/** Tokens in any order. */
export const soup = ({ roll, pick }: Dice): string => Array.from({ length: 1 + roll(200) }, () => pick(tokens)).join(' ')
