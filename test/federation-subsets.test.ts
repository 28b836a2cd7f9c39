import tap from 'tap'
import { buildSchema } from '../src/app.ts'
import { domains } from '../src/schema.ts'
import { composers, type NamedSubgraph, subgraph } from './support/composers.ts'

/** The subsets that can be served: all of them. */
const subsets = Array.from({ length: 2 ** domains.length - 1 }, (_, bits) => domains.filter((_one, index) => ((bits + 1) >> index) & 1))
const rest = (subset: readonly string[]): string[] => domains.filter((one) => !subset.includes(one))

/** What a composer remarks about one subset, served alone, or beside a process that serves all other domains. */
const remarks = (compose: (typeof composers)[number]['compose'], parts: readonly NamedSubgraph[]): string[] => {
  const { errors, hints } = compose(parts)
  return [...errors, ...hints].map((text) => `${parts.map(({ name }) => name).join(' | ')}: ${text}`)
}

for (const { name, compose } of composers)
  tap.test(`${name}: each domain and each two of them compose alone`, async (t) => {
    const few = subsets.filter(({ length }) => length <= 2)
    t.equal(few.length, (domains.length * (domains.length + 1)) / 2)
    t.strictSame(
      few.flatMap((subset) => remarks(compose, [subgraph(...subset)])),
      [],
    )
  })

// the quickest of the three: the others see the singles and pairs above, and the divisions of federation-composition.test.ts
const quickest = composers.find(({ name }) => name === 'WunderGraph') ?? composers[0]

tap.test('every subset of the domains composes alone', async (t) => {
  for (const subset of subsets)
    t.strictSame(quickest === undefined ? null : remarks(quickest.compose, [subgraph(...subset)]), [], subset.join('+'))
})

tap.test('each two domains compose with a process that serves the rest', async (t) => {
  for (const pair of subsets.filter(({ length }) => length === 2))
    t.strictSame(
      quickest === undefined ? null : remarks(quickest.compose, [subgraph(...pair), subgraph(...rest(pair))]),
      [],
      pair.join('+'),
    )
})

tap.test('every subset of the domains is an executable schema', async (t) => {
  for (const subset of subsets) t.doesNotThrow(() => buildSchema({ subgraphs: subset }), subset.join('+'))
})
