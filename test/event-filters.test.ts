import t from 'tap'
import { eventDomains, severities, type DomainEvent } from '../src/domain-events/event.ts'
import { createFilterIndex } from '../src/domain-events/filter-index.ts'
import { compileFilter, type EventFilter } from '../src/domain-events/filter.ts'
import { encodeId } from '../src/ids.ts'

const runId = (n: number | string): string => encodeId('Run', ['DEMON', 'acme', 'r', String(n)])

const event = (more: Partial<DomainEvent> = {}): DomainEvent => ({
  ...{ family: 'runs', stream: 'ritual', sequence: 1n, subject: 's', tenantId: 'acme', domain: 'RUNS', system: 'DEMON' },
  ...{ type: 'ritual.failed:v1', at: 0n, recordedAt: 0n, severity: 'ERROR', labels: ['ritual=r', 'team=core'], refs: { run: runId(1) } },
  ...{ nodeIds: [], payload: '{"error":"Disk FULL"}' },
  ...more,
})
const matches = (filter: EventFilter, subject = event()): boolean => compileFilter(filter).matches(subject)

t.test('conditions are all asked, lists mean one of their values', async (t) => {
  for (const yes of [
    {},
    { types: ['x', 'ritual.failed:v1'] },
    { domains: ['GRAPH', 'RUNS'] },
    { runId: runId(1) },
    { labels: ['nope', 'team=core'] },
    { severityAtLeast: 'WARNING' },
    { severityAtLeast: 'INFO' },
    { text: 'disk full' },
    { text: 'CORE' },
    { text: '' },
    { all: [] },
    { all: [{ types: ['ritual.failed:v1'] }, { labels: ['ritual=r'] }] },
    { any: [{ types: ['x'] }, { domains: ['RUNS'] }] },
    { not: { severityAtLeast: 'CRITICAL' } },
    { not: { any: [{ types: ['x'] }, { runId: runId(2) }] }, domains: ['RUNS'] },
  ] satisfies EventFilter[])
    t.ok(matches(yes), JSON.stringify(yes))
  for (const no of [
    { types: [] },
    { types: ['ritual.failed'] },
    { domains: ['GRAPH'] },
    { runId: runId(2) },
    { graphId: encodeId('Graph' as 'Run', ['x']) },
    { labels: ['ritual'] },
    { severityAtLeast: 'CRITICAL' },
    { text: 'nothing' },
    { any: [] },
    { all: [{ types: ['ritual.failed:v1'] }, { labels: ['no'] }] },
    { not: {} },
    { types: ['ritual.failed:v1'], not: { domains: ['RUNS'] } },
  ] satisfies EventFilter[])
    t.notOk(matches(no), JSON.stringify(no))
  t.notOk(compileFilter({}, ['GRAPH']).matches(event()), 'what the viewer may not read matches nothing')
  t.strictSame([...compileFilter({ domains: ['SLO', 'RUNS'] }, ['SLO']).domains], ['SLO'])
})

t.test('ids of another type, deep and large filters are refused', async (t) => {
  const deep = Array.from({ length: 9 }).reduce<EventFilter>((inner) => ({ not: inner }), {})
  const refused: EventFilter[] = [
    { runId: 'nonsense' },
    { graphId: runId(1) },
    deep,
    { any: Array.from({ length: 300 }, () => ({})) },
    { types: Array.from({ length: 501 }, String) },
    { text: 'x'.repeat(501) },
  ]
  for (const filter of refused) t.throws(() => compileFilter(filter), { code: 'BAD_USER_INPUT' })
  t.ok(compileFilter({ not: { not: { not: {} } } }))
})

t.test('filters that are written alike are one', async (t) => {
  t.equal(compileFilter({ types: ['a', 'b'], text: null }).key, compileFilter({ types: ['b', 'a'] }).key)
  t.not(compileFilter({ types: ['a'] }).key, compileFilter({ labels: ['a'] }).key)
})

/** Mulberry32: the same cases on every run. */
function seeded(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number): number => Math.floor(next() * n)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  return { below, pick }
}

t.test('the index finds exactly the filters that match, whatever they are', async (t) => {
  const random = seeded(20_260_731)
  const words = ['disk full', 'deploy', 'go', 'canary', 'é', 'team=core', 'abc', 'bcd']
  const types = ['a.b:v1', 'c.d:v1', 'e.f:v1']
  const leaf = (): EventFilter =>
    random.pick<() => EventFilter>([
      () => ({ types: [random.pick(types), random.pick(types)] }),
      () => ({ domains: [random.pick(eventDomains)] }),
      () => ({ runId: runId(random.below(5)) }),
      () => ({ labels: [random.pick(words)] }),
      () => ({ severityAtLeast: random.pick(severities) }),
      () => ({ text: random.pick(words).slice(random.below(3)) }),
      () => ({}),
    ])()
  const filter = (depth: number): EventFilter =>
    depth === 0
      ? leaf()
      : random.pick<() => EventFilter>([
          () => ({ ...leaf(), ...leaf() }),
          () => ({ ...leaf(), all: [filter(depth - 1), filter(depth - 1)] }),
          () => ({ any: Array.from({ length: random.below(3) }, () => filter(depth - 1)) }),
          () => ({ ...leaf(), not: filter(depth - 1) }),
        ])()
  const index = createFilterIndex<number>()
  const compiled = Array.from({ length: 600 }, () => compileFilter(filter(random.below(4))))
  const tenantOf = (n: number): string => (n % 2 === 0 ? 'acme' : 'globex')
  const present = new Set<number>()
  let wrong = 0
  for (let round = 0; round < 400; round++) {
    for (let change = 0; change < 10; change++) {
      const n = random.below(compiled.length)
      const one = compiled[n]
      if (one === undefined) continue
      if (present.delete(n)) index.remove(tenantOf(n), one, n)
      else index.add(tenantOf(present.add(n) && n), one, n)
    }
    const seen = event({
      tenantId: random.pick(['acme', 'globex']),
      domain: random.pick(eventDomains),
      type: random.pick(types),
      severity: random.pick(severities),
      labels: [random.pick(words), random.pick(words)],
      refs: random.below(2) === 0 ? {} : { run: runId(random.below(5)) },
      payload: JSON.stringify({ text: random.pick(words).toUpperCase(), other: random.pick(words) }),
    })
    const found: number[] = []
    index.visit(seen, (n) => found.push(n))
    const expected = [...present].filter((n) => tenantOf(n) === seen.tenantId && compiled[n]?.matches(seen) === true)
    if (JSON.stringify(found.sort((a, b) => a - b)) !== JSON.stringify(expected.sort((a, b) => a - b))) wrong++
  }
  t.equal(wrong, 0)
  for (const n of present) index.remove(tenantOf(n), compiled[n] ?? compileFilter({}), n)
  t.equal(index.stats().filters, 0)
})

t.test('one event is matched against 10,000 subscriptions without 10,000 evaluations', async (t) => {
  const index = createFilterIndex<number>()
  const filterOf = (n: number): EventFilter => {
    switch (n % 5) {
      case 0:
        return { runId: runId(n) }
      case 1:
        return { labels: [`team=${n}`], severityAtLeast: 'INFO' }
      case 2:
        return { text: `incident ${n}`, domains: ['RUNS'] }
      case 3:
        return { any: [{ runId: runId(`any-${n}`) }, { all: [{ domains: ['RUNS'] }, { labels: [`ritual=${n}`] }] }] }
      default:
        return { severityAtLeast: 'CRITICAL', not: { types: [`type-${n}`] } }
    }
  }
  for (let n = 0; n < 10_000; n++) index.add('acme', compileFilter(filterOf(n)), n)
  for (let n = 10_000; n < 20_000; n++) index.add('acme', compileFilter({ types: ['ritual.failed:v1'], severityAtLeast: 'ERROR' }), n)
  let found = 0
  index.visit(event({ refs: { run: runId(5000) } }), () => found++)
  t.equal(found, 10_001, 'the run that one asked for, and 10,000 who asked alike')
  t.ok(index.stats().evaluations < 100, `${index.stats().evaluations} evaluations`)
  index.visit(event({ payload: '{"text":"Incident 9997 again"}', labels: [], refs: {} }), () => found++)
  t.equal(found, 20_002)
  t.ok(index.stats().evaluations < 1000, `${index.stats().evaluations} evaluations`)
})
