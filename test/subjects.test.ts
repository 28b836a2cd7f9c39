import fc from 'fast-check'
import t from 'tap'
import { streamOfSubject } from '../src/datasources/log/demon-streams.ts'
import { assertPlainSubject, subjectExpression, subjectMatcher } from '../src/datasources/log/subjects.ts'

/** The rule told the other way round: token by token. */
function matchesByTokens(pattern: string[], subject: string[]): boolean {
  const [wanted, ...restPattern] = pattern
  const [token, ...restSubject] = subject
  if (wanted === undefined || token === undefined) return wanted === token
  if (wanted === '>' && restPattern.length === 0) return true
  return (wanted === '*' || wanted === token) && matchesByTokens(restPattern, restSubject)
}

t.test('a pattern selects the same subjects as a walk over the tokens', async () => {
  const token = fc.constantFrom('a', 'b', 'a+', '[x]', 'ü', '$K', 'a*', '>b', '(', '\\d', '|', '^')
  const subject = fc.array(token, { minLength: 1, maxLength: 5 })
  const pattern = fc
    .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([tokens, open]) => (open ? [...tokens, '>'] : tokens))
  fc.assert(
    fc.property(pattern, subject, (wanted, given) => subjectMatcher(wanted.join('.'))(given.join('.')) === matchesByTokens(wanted, given)),
  )
})

t.test('patterns as NATS reads them', async (t) => {
  const cases: [string, string, boolean][] = [
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.b.c', false],
    ['a.>', 'a', false],
    ['a.>', 'a.b.c', true],
    ['>', 'a.b', true],
    ['*.b.*', 'a.b.c', true],
    ['a.>.c', 'a.b.c', false],
    ['a.+', 'a.b', false],
  ]
  for (const [pattern, subject, expected] of cases) t.equal(subjectMatcher(pattern)(subject), expected, `${pattern} and ${subject}`)
  t.equal(subjectExpression('a.*.>'), '^a\\.[^.]+\\..+$')
})

t.test('what cannot be published is refused', async (t) => {
  for (const subject of ['', '.', 'a.', '.a', 'a..b', 'a.*', '*', 'a.>', 'a b', 'a\tb', 'a\nb', 'a\u00a0b', 'a\0b'])
    t.throws(() => assertPlainSubject(subject), { code: 'BAD_USER_INPUT' })
  for (const subject of ['a', 'a.b*', 'demon.ritual.v1.t.r.x.events', '$KV.a.b', 'ü.>x']) t.doesNotThrow(() => assertPlainSubject(subject))
})

t.test('every subject of Demon has its stream (contract: demon 2.4)', async (t) => {
  t.equal(streamOfSubject('demon.ritual.v1.t.r.x.events'), 'ritual')
  t.equal(streamOfSubject('demon.ritual.v1.r.x.events'), 'ritual')
  t.equal(streamOfSubject('demon.graph.v1.t.p.n.commit'), 'graph')
  t.equal(streamOfSubject('demon.graph.v1.t.p.commit'), null)
  t.equal(streamOfSubject('demon.scale.v1.t.hints'), 'scale')
  t.equal(streamOfSubject('orrery.slo.t.changed'), 'orrery')
  t.equal(streamOfSubject('orrery'), null)
})
