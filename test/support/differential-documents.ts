import { seeded } from './random-documents.ts'

/** What the requirement names, and what has gone wrong before. */
export const kindsAsked = [
  'aliases',
  'fragments',
  'fragments spread again',
  'inline fragments',
  'fields selected twice',
  'conditions by variables',
  'conditions by literals',
  'fragments under conditions',
  'abstract types',
  'variables',
  'variables with defaults',
  'variables left out',
  'variables within literals',
  'nulls given',
  'nulls where a literal has no place for them',
  'oneOf',
  'custom scalars',
  'several operations',
  'mutations',
] as const
export type Kind = (typeof kindsAsked)[number]

export interface Generated {
  readonly query: string
  readonly operationName: string
  readonly variables: Record<string, unknown>
  /** What the wanted operation holds. */
  readonly kinds: Set<Kind>
}

interface Input {
  readonly type: string
  readonly literals: readonly string[]
  /**
   * Literals that may hold variables, which defaults may not: `<Int>` is one of that type, `<ID!>` one that must not be null, `<ID~>` one that
   * may be by its type, and must not be where it stands. */
  readonly forms?: readonly string[]
  readonly values: readonly unknown[]
}
const int: Input = { type: 'Int', literals: ['0', '1', '3', 'null'], values: [0, 2, 4, null] }
const inputs: Record<string, Input> = {
  Int: int,
  // the place has a default, so that a variable may stand there whose type has null: which is then given where it must not be
  sure: { type: 'Int', literals: ['1', '5'], forms: ['<Int~>'], values: [2, null] },
  ID: { type: 'ID', literals: ['"1"', '7', 'null'], values: ['2', 3, null] },
  Color: { type: 'Color', literals: ['RED', 'null'], values: ['BLUE', null] },
  Upper: { type: 'Upper', literals: ['"Bad"', '"xY"', 'null'], values: ['bad', 'Zz', null] },
  Boolean: { type: 'Boolean', literals: ['true', 'false', 'null'], values: [true, false, null] },
  String: { type: 'String', literals: ['"s"'], values: ['t', null] },
  Float: { type: 'Float', literals: ['1', '2.5', 'null'], values: [1, 0.5, null] },
  ids: {
    type: '[ID!]',
    literals: ['["1", 2]', '"one"', '[]', 'null'],
    forms: ['["1", <ID!>]', '["1", <ID~>]', '[<ID~>]', '[<ID~>, <ID~>]'],
    values: [['x', 1], 'lone', [], null],
  },
  Filter: {
    type: 'Filter',
    literals: ['{}', '{color: BLUE, inner: {names: ["z"]}}', '{list: [{size: 1}, {}], upper: "Q"}', '{list: {size: 9}}', 'null'],
    forms: [
      '{color: <Color>, inner: {size: <Int>}}',
      '{upper: <Upper>}',
      '{list: [{size: <Int>, names: ["n"]}, {}], upper: <Upper>}',
      '{inner: {names: ["n", <String~>]}}',
    ],
    values: [{}, { color: 'RED' }, { list: [{ size: null }], upper: 'w' }, { inner: null }, null],
  },
  System: {
    type: 'System',
    literals: ['{inner: {inner: {size: 1}}}', 'null'],
    forms: ['{size: <Int>, inner: <System>}'],
    values: [{ size: 2, inner: { inner: {} } }, null],
  },
  Pick: {
    type: 'Pick!',
    literals: ['{id: "4"}', '{color: RED}', '{inner: {}}'],
    forms: ['{id: <ID!>}', '{inner: {size: <Int>}}'],
    values: [{ id: '5' }, { color: 'GREEN' }, { inner: { size: 8 } }],
  },
}
const fields: Record<string, Record<string, { args?: Record<string, string>; type?: string; needs?: string[] }>> = {
  Query: {
    planet: { args: { id: 'ID' }, type: 'Planet' },
    planets: { args: { first: 'Int', filter: 'Filter' }, type: 'Planet' },
    things: { type: 'Thing' },
    named: { args: { kind: 'Int' }, type: 'Named' },
    echo: { args: { filter: 'Filter', color: 'Color', upper: 'Upper', ids: 'ids', flag: 'Boolean', number: 'Float', sure: 'sure' } },
    pick: { args: { by: 'Pick' }, needs: ['by'] },
    upper: { args: { text: 'Upper' } },
    wrongColor: {},
    notNull: {},
    later: {},
    failsLater: {},
    troubled: { type: 'Thing' },
    troubledNumbers: { args: { at: 'Int' } },
    lateTrouble: { args: { at: 'Int' }, type: 'Thing' },
    lateNumbers: { args: { at: 'Int' } },
  },
  Mutation: { add: { args: { by: 'Int' } }, fail: {} },
  Subscription: {
    planet: { args: { filter: 'Filter', system: 'System' }, type: 'Planet' },
    strictPlanet: { type: 'Planet' },
    things: { type: 'Thing' },
    strictThings: { type: 'Thing' },
    named: { type: 'Named' },
    numbers: {},
    plain: { type: 'Planet' },
  },
  Planet: {
    id: {},
    name: {},
    color: {},
    self: { type: 'Named' },
    thing: { type: 'Thing' },
    system: { type: 'Query' },
    moons: { args: { first: 'Int' }, type: 'Moon' },
    mayFail: { args: { at: 'Int' } },
    mustNotFail: { args: { at: 'Int' } },
  },
  Moon: {
    id: {},
    name: {},
    color: {},
    self: { type: 'Named' },
    thing: { type: 'Thing' },
    system: { type: 'Query' },
    planet: { type: 'Planet' },
    strict: { args: { at: 'Int' } },
    grid: {},
  },
  Named: { id: {}, name: {}, self: { type: 'Named' } },
  Thing: {},
}
const fits: Record<string, string[]> = {
  Planet: ['Planet', 'Named'],
  Moon: ['Moon', 'Named'],
  Named: ['Named', 'Planet', 'Moon'],
  Thing: ['Thing', 'Planet', 'Moon', 'Named'],
  Query: ['Query'],
  Mutation: ['Mutation'],
}

/** Documents with several operations, and variables that hold; or with subscriptions. The same seed gives the same. */
export function generate(seed: number, kind: 'request' | 'subscription' = 'request'): Generated {
  const next = seeded(seed)
  const below = (count: number): number => Math.floor(next() * count)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const fragments: { on: string; text: string }[] = []
  let aliases = 0
  let variables: Record<string, unknown> = {}
  let declared: string[] = []
  let seen = new Set<Kind>()
  /** Fragments use variables of the operation they were made for, and only that one spreads them. */
  let own: number[] = []

  const variable = (input: Input, { required = input.type.endsWith('!') } = {}): string => {
    const name = `v${declared.length}`
    const withDefault = !required && next() < 0.3
    declared.push(
      `$${name}: ${input.type}${required && !input.type.endsWith('!') ? '!' : ''}${withDefault ? ` = ${pick(input.literals)}` : ''}`,
    )
    seen.add('variables')
    if (withDefault) seen.add('variables with defaults')
    if (!required && next() < 0.3) seen.add('variables left out')
    else {
      const value = pick(required ? input.values.filter((one) => one !== null) : input.values)
      variables[name] = value
      if (value === null) seen.add('nulls given')
    }
    return `$${name}`
  }
  /** A default that is not null lets a variable stand where null must not: and it may be given as null nevertheless. */
  const misfit = (input: Input): string => {
    const name = `v${declared.length}`
    declared.push(`$${name}: ${input.type} = ${pick(input.literals.filter((one) => one !== 'null'))}`)
    if (next() < 0.6) {
      variables[name] = null
      seen.add('nulls where a literal has no place for them')
    }
    return `$${name}`
  }
  const literal = (input: Input): string => {
    const form = pick([...input.literals, ...(input.forms ?? [])])
    if (form === 'null') seen.add('nulls given')
    return form.replaceAll(/<(\w+)([!~]?)>/g, (_, of: string, mark: string) => {
      seen.add('variables within literals')
      const input = inputs[of] ?? int
      return mark === '~' ? misfit(input) : variable(input, { required: mark === '!' })
    })
  }
  const directive = (): string => {
    if (next() > 0.2) return ''
    const name = pick(['skip', 'include'])
    if (next() < 0.4) {
      seen.add('conditions by literals')
      return ` @${name}(if: ${next() < 0.5})`
    }
    const flag = `v${declared.length}`
    declared.push(`$${flag}: Boolean!`)
    variables[flag] = next() < 0.5
    seen.add('conditions by variables')
    return ` @${name}(if: $${flag})`
  }
  const spread = (index: number): string => {
    const condition = directive()
    if (condition !== '') seen.add('fragments under conditions')
    return `...F${index}${condition}`
  }
  const fragment = (type: string, depth: number): string => {
    const on = pick(fits[type] ?? [type])
    const known = own.filter((index) => fragments[index]?.on === on)
    if (known.length > 0 && next() < 0.4) {
      seen.add('fragments spread again')
      return spread(pick(known))
    }
    const text = selection(on, depth - 1)
    if (next() < 0.5) {
      seen.add('inline fragments')
      return `...${next() < 0.8 || on !== type ? ` on ${on}` : ''}${directive()} {${text}}`
    }
    seen.add('fragments')
    own.push(fragments.push({ on, text }) - 1)
    return spread(fragments.length - 1)
  }
  const selection = (type: string, depth: number): string =>
    Array.from({ length: 1 + below(4) }, () => {
      const kind = next()
      if (kind < 0.12) return `${next() < 0.4 ? `t${aliases++}: ` : ''}__typename${directive()}`
      return kind < 0.3 && depth > 0 ? fragment(type, depth) : field(type, depth)
    }).join(' ')
  const field = (type: string, depth: number, mayCondition = true): string => {
    const names = Object.keys(fields[type] ?? {}).filter((name) => depth > 0 || fields[type]?.[name]?.type === undefined)
    if (names.length === 0) return '__typename'
    const name = pick(names)
    const { args = {}, type: inner, needs = [] } = fields[type]?.[name] ?? {}
    const given = Object.entries(args).filter(([argument]) => needs.includes(argument) || next() < 0.4)
    const list = given.map(([argument, of]) => {
      const input = inputs[of] ?? int
      if (of === 'Pick') seen.add('oneOf')
      if (of === 'Upper' || of === 'Filter') seen.add('custom scalars')
      return `${argument}: ${next() < 0.5 ? variable(input) : literal(input)}`
    })
    if (name === 'upper') seen.add('custom scalars')
    // fields without arguments may meet themselves and are merged; others get a name of their own
    const alias = Object.keys(args).length > 0 || next() < 0.2 ? `a${aliases++}: ` : ''
    if (alias !== '') seen.add('aliases')
    const head = `${alias}${name}${list.length === 0 ? '' : `(${list.join(', ')})`}`
    const once = (): string => `${head}${mayCondition ? directive() : ''}${inner === undefined ? '' : ` {${selection(inner, depth - 1)}}`}`
    if (inner === 'Named' || inner === 'Thing') seen.add('abstract types')
    if (!mayCondition || next() > 0.08) return once()
    seen.add('fields selected twice')
    return `${once()} ${once()}`
  }
  const operations: (Omit<Generated, 'query'> & { text: string })[] = []
  for (let index = 0; index <= below(3); index++) {
    declared = []
    variables = {}
    seen = new Set()
    own = []
    const mutates = kind === 'request' && next() < 0.1
    if (mutates) seen.add('mutations')
    const set = kind === 'subscription' ? field('Subscription', 4, false) : selection(mutates ? 'Mutation' : 'Query', 4)
    const operationName = `Op${index}`
    const head = declared.length === 0 ? '' : `(${declared.join(', ')})`
    const text = `${kind === 'subscription' ? kind : mutates ? 'mutation' : 'query'} ${operationName}${head} {${set}}`
    operations.push({ operationName, text, variables, kinds: seen })
  }
  const wanted = pick(operations)
  if (operations.length > 1) wanted.kinds.add('several operations')
  const texts = fragments.map(({ on, text }, index) => `fragment F${index} on ${on} {${text}}`)
  return {
    query: [...operations.map(({ text }) => text), ...texts].join('\n'),
    operationName: wanted.operationName,
    variables: wanted.variables,
    kinds: wanted.kinds,
  }
}
