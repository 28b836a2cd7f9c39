import { parse } from 'graphql'

export const repeat = (count: number, piece: (index: number) => string, between = ' '): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join(between)

const doubling = (levels: number, last: string, type = 'Query'): string =>
  `{...F0} ${repeat(levels, (level) => `fragment F${level} on ${type} {...F${level + 1} ...F${level + 1}}`)} fragment F${levels} on ${type} {${last}}`
const nestedDoubling = (levels: number): string =>
  `{list {...F0}} ${repeat(levels, (level) => `fragment F${level} on Item {items {...F${level + 1}} items {...F${level + 1}}}`)} fragment F${levels} on Item {id}`

/** Documents that cost their sender nothing and a careless server everything. Made for the schema of the fixture. */
export const bombs: Record<string, string> = {
  'fragments that double 25 times': doubling(25, 'one'),
  'fragments that double 45 times': doubling(45, 'one'),
  'fragments that double in depth': nestedDoubling(10),
  'fragments that conflict': `{x: one x: two list {${repeat(40, (index) => `...F${index}`)}}} ${repeat(40, (index) => `fragment F${index} on Item {id name items {id name items {id name fail}}}`)}`,
  'fragments in a circle': `{...F0} ${repeat(20, (index) => `fragment F${index} on Query {...F${(index + 1) % 20} ...F${(index + 2) % 20}}`)}`,
  'aliases, 10 000': `{${repeat(10_000, (index) => `a${index}: one`)}}`,
  'aliases within the tokens': `{${repeat(600, (index) => `a${index}: one`)}}`,
  'directives, 5 000': `{one ${repeat(5000, () => '@include(if: true)')}}`,
  'directives within the tokens': `{one ${repeat(300, () => '@skip(if: true)')}}`,
  'tokens, 100 000': `{${repeat(100_000, () => 'one')}}`,
  'one field 1 900 times': `{${repeat(1900, () => 'one')}}`,
  'one field in 600 inline fragments': `{${repeat(600, () => '...{one}')}}`,
  'nesting, 900 levels': `{list ${'{items'.repeat(900)}${'}'.repeat(900)}}`,
  'nesting beyond the stack': '{a'.repeat(30_000),
  'lists in values beyond the stack': `{echo(text: ${'['.repeat(30_000)})}`,
  introspection: `{__schema {types ${'{fields {type '.repeat(10)}{name}${'}}'.repeat(10)}}}`,
  'introspection by fragments': `{__schema {types {...F0}}} ${repeat(30, (index) => `fragment F${index} on __Type {ofType {...F${index + 1}} interfaces {...F${index + 1}}}`)} fragment F30 on __Type {name}`,
  'a JSON AST': JSON.stringify(parse('{one two}')),
  'errors behind empty lines': `${'\n'.repeat(60_000)}{${repeat(20, () => 'list(first: "a")')}}`,
  'comments without words': `{one}${'#\n'.repeat(30_000)}`,
  'fragments within one another': `{${'...{'.repeat(600)}one${'}'.repeat(600)}}`,
  'fragments within fragments that double': `{list {...F0}} ${repeat(12, (level) => `fragment F${level} on Item {...F${level + 1} ...F${level + 1}}`)} fragment F12 on Item {${'...{'.repeat(40)}id${'}'.repeat(40)}}`,
  'a long text': `{echo(text: "${'x'.repeat(100_000)}")}`,
  'lists of lists': '{list(first: 100) {items(first: 100) {items(first: 100) {id}}}}',
  'an endless size': '{list(first: 2147483647) {id}}',
  'unknown fields': `{${repeat(900, (index) => `nope${index}`)}}`,
}
