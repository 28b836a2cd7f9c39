import fc from 'fast-check'
import { formatDemonTime } from '../../src/time.ts'
import { type LogMessage } from '../../src/datasources/log/log.ts'

export const namespace = { tenantId: 'acme', projectId: 'maps', namespace: 'prod' }
export const subjectOf = ({ tenantId, projectId, namespace: name } = namespace): string =>
  `demon.graph.v1.${tenantId}.${projectId}.${name}.commit`

const EPOCH = 1_760_000_000_000_000_000n
export const tsAt = (second: number): string => formatDemonTime(EPOCH + BigInt(second) * 1_000_000_000n)

const nodeId = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'ümläut', '\u{1f600}', '\uffee', ' ') },
  { weight: 1, arbitrary: fc.constantFrom('', 'a\u0000', '\ud800', '\u202ea', '\u2028', 'x'.repeat(900), '#sha256:a') },
)
const edgeId = fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8')
const label = fc.constantFrom('ROAD', 'PATH', 'it\'s "odd"')
const value = fc.oneof(fc.integer(), fc.constantFrom(1.5, 'text', null, true), fc.constant({ z: 1, a: [1, { b: null }] }))
const properties = fc.array(fc.record({ key: fc.constantFrom('name', 'km', 'runId'), value }), { maxLength: 2 })
const labels = fc.array(fc.constantFrom('Stop', 'Hub', 'Depot'), { maxLength: 2 })

const malformed = fc.constantFrom<unknown>(
  { op: 'teleport', nodeId: 'a' },
  { op: 'add-node' },
  { op: 'add-node', nodeId: 'a', properties: { name: 'object' } },
  { op: 'update-node', nodeId: 'a', labels: [] },
  { op: 'add-edge', edgeId: 'e1', from: 'a', properties: [] },
  { op: 'add-node', nodeId: 'b', properties: [{ key: 'no value' }] },
  'not an object',
  null,
)

const mutation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('add-node', 'update-node'), nodeId, labels, properties }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('add-node'), nodeId }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove-node'), nodeId }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('add-edge', 'update-edge'),
      edgeId,
      from: nodeId,
      to: nodeId,
      label: fc.option(label),
      properties,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove-edge'), edgeId }) },
  { weight: 1, arbitrary: malformed },
)

/** Seconds mostly rise; now and then a commit is late, or shares a time with another. */
const commit = fc.record({
  jump: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, -3, -20) }),
  zulu: fc.boolean(),
  /** Published once more, as Demon does after two minutes: the same commit at a later time. */
  again: fc.nat(19).map((dice) => dice === 0),
  mutations: fc.array(mutation, { minLength: 1, maxLength: 6 }),
})

/** Commits as somebody may have published them: late ones, malformed mutations, dangling edges, removals, loops. */
export const history = (length: { minLength: number; maxLength: number }) =>
  fc.array(commit, length).map((commits) => {
    let second = 30
    return commits.map((one, index) => {
      const { jump, zulu, again } = one
      const before = commits[index - 1]
      const isRepeat = again && before !== undefined && !before.again
      const { mutations } = isRepeat ? before : one
      second += jump
      const ts = zulu && index % 7 === 3 ? tsAt(second).replace(/\.\d+\+00:00$/, 'Z') : tsAt(second)
      return {
        commitId: `c${isRepeat ? index - 1 : index}`,
        ts,
        mutations,
        ...(index % 3 === 2 ? { parentCommitId: `c${index - 1}` } : {}),
      }
    })
  })

export type HistoryCommit = ReturnType<typeof history> extends fc.Arbitrary<(infer One)[]> ? One : never

export const payloadOf = (graphId: string, commit: HistoryCommit): string =>
  JSON.stringify({ event: 'graph.commit.created:v1', ...namespace, graphId, ...commit })

/** Messages of a graph stream, as a log would give them. */
export const toMessages = (payloads: readonly string[], from = 1n): LogMessage[] =>
  payloads.map((payload, index) => ({
    stream: 'graph',
    sequence: from + BigInt(index),
    subject: subjectOf(),
    messageId: null,
    payload: Buffer.from(payload),
    recordedAtNs: EPOCH + BigInt(index),
  }))
