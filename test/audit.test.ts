import { isObjectType, isUnionType } from 'graphql'
import t from 'tap'
import { buildSchema } from '../src/app.ts'
import { encodeId } from '../src/ids.ts'
import { ask, type ControlPlane, openControlPlane, openers, viewerOf } from './support/control-plane.ts'

const lee = viewerOf('lee@example.com')
type Fields = Record<string, unknown>

const receipt = 'receipt { sequence hash previousHash action subject outcome actor { id } payload }'

t.test('every mutation of every domain has a receipt in whatever says that it was done', async (t) => {
  const schema = buildSchema()
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  t.ok(mutations.length >= 25, `${mutations.length} mutations`)
  for (const { name, type } of mutations) {
    const result = schema.getType(String(type).replace('!', ''))
    const outcomes = isUnionType(result) ? [...result.getTypes()] : isObjectType(result) ? [result] : []
    const done = outcomes.filter((outcome) => outcome.getInterfaces().every((known) => known.name !== 'UserError'))
    t.ok(done.length > 0, name)
    for (const outcome of done) t.equal(String(outcome.getFields()['receipt']?.type), 'AuditReceipt', `${name}: ${outcome.name}.receipt`)
  }
})

const binding = `repoId: "acme/shop", baseCommit: "${'a'.repeat(40)}"`
const objective = `name: "checkout", targetPercent: 99, window: "30d", indicator: { counters: { measure: "requests" } }`
const graphScope = 'scope: { projectId: "p", namespace: "n", graphId: "g" }'
const graphId = encodeId('Graph', ['ORRERY', 'acme', 'p', 'n', 'g'])
const sloId = encodeId('Slo', ['acme', 'checkout'])
const runId = encodeId('Run', ['DEMON', 'acme', 'nightly', 'n1'])
const gateId = encodeId('Approval', ['DEMON', 'acme', 'nightly', 'n1', 'ship'])
const streamId = encodeId('RecordStream', ['NATIVE', 'acme', 'orders'])

/** One deed or more of each domain, in an order in which they can be done, and what each is about. */
const deeds: readonly { readonly call: string; readonly done: string; readonly subject: string | RegExp }[] = [
  { call: 'startRun(input: { ritualId: "nightly", runId: "n1" })', done: 'RunAccepted', subject: runId },
  {
    call: 'requestApproval(input: { key: { ritualId: "nightly", runId: "n1" }, gateId: "ship", reason: "x" })',
    done: 'ApprovalDecided',
    subject: gateId,
  },
  { call: `createGraph(input: { ${graphScope}, mutations: [{ addNode: { nodeId: "a" } }] })`, done: 'GraphAccepted', subject: graphId },
  { call: 'createRecordStream(input: { name: "orders" })', done: 'RecordStreamAccepted', subject: streamId },
  { call: 'appendRecords(input: { key: { name: "orders" }, records: [{ text: "a" }] })', done: 'RecordsAppended', subject: streamId },
  { call: 'pinRecordStream(input: { key: { name: "orders" } })', done: 'RecordStreamAccepted', subject: streamId },
  { call: `upsertSlo(input: { ${objective} })`, done: 'SloAccepted', subject: sloId },
  { call: 'recordSloEvents(input: { name: "checkout", good: 1, bad: 0 })', done: 'SloAccepted', subject: sloId },
  { call: 'deleteSlo(input: { name: "checkout" })', done: 'SloAccepted', subject: sloId },
  { call: `issueTicket(input: { ${binding} })`, done: 'TicketIssued', subject: /^tkn_/ },
]

/** What is refused, and about what: nothing is answered with, so the input tells. */
const refused: readonly { readonly call: string; readonly outcome: string; readonly subject: string | null }[] = [
  {
    call: 'appendRecords(input: { key: { name: "orders" }, expectedOffset: "9", records: [{ text: "a" }] })',
    outcome: 'OffsetConflict',
    subject: streamId,
  },
  {
    call: 'grantApproval(input: { key: { ritualId: "nightly", runId: "none", gateId: "ship" } })',
    outcome: 'NotFound',
    subject: encodeId('Approval', ['DEMON', 'acme', 'nightly', 'none', 'ship']),
  },
  { call: `commitGraph(input: { ${graphScope}, mutations: [] })`, outcome: 'InvalidInput', subject: graphId },
  { call: 'deleteSlo(input: { name: "checkout" })', outcome: 'NotFound', subject: sloId },
  { call: 'consumeTicket(input: { token: "forged", repoId: "acme/shop" })', outcome: 'TicketRefused', subject: null },
]

async function newest(plane: ControlPlane): Promise<Fields> {
  const { data } = await ask(
    plane,
    lee,
    '{ it: recordStream(key: { name: "_audit" }) { length verify { ok checked } records(last: 1) { nodes { json } } } }',
  )
  return data?.['it'] ?? {}
}

for (const [name, open] of Object.entries(openers))
  t.test(`receipts, ${name}`, async (t) => {
    const stores = await open(t)
    if (stores === null) return
    const plane = await openControlPlane(t, stores, { ROLES: 'api,worker' })
    plane.projector.start()

    await t.test('what was done in any domain is answered with its receipt, chained to the one before', async (t) => {
      let previous = '0'.repeat(64)
      for (const [index, { call, done, subject }] of deeds.entries()) {
        const { data, errors } = await ask(
          plane,
          lee,
          `mutation { it: ${call} { __typename ... on ${done} { ${receipt} } ... on UserError { message } } }`,
        )
        t.equal(errors, undefined, call)
        const proof = (data?.['it']?.['receipt'] ?? {}) as Fields
        const action = /^\w+/.exec(call)?.[0]
        t.match(
          proof,
          { sequence: String(index), previousHash: previous, action, subject, outcome: done, actor: { id: 'lee@example.com' } },
          `${call} ${JSON.stringify(data)}`,
        )
        t.match(proof['payload'], { requestId: 'test', inputDigest: /^sha256:[0-9a-f]{64}$/, at: String })
        previous = String(proof['hash'])
      }
    })

    await t.test('what was refused leaves a receipt too, about what its input names', async (t) => {
      for (const { call, outcome, subject } of refused) {
        const { data, errors } = await ask(plane, lee, `mutation { it: ${call} { __typename ... on UserError { message } } }`)
        t.equal(errors, undefined, call)
        t.equal(data?.['it']?.['__typename'], outcome, `${call} ${JSON.stringify(data)}`)
        t.match(await newest(plane), { records: { nodes: [{ json: { outcome, subject, actor: { id: 'lee@example.com' } } }] } }, call)
      }
      const length = String(deeds.length + refused.length)
      t.match(await newest(plane), { length, verify: { ok: true, checked: length } })
    })
  })
