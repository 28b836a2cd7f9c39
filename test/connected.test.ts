import t from 'tap'
import { gateTo } from './support/gate.ts'
import { openTestJetstream } from './support/logs.ts'
import { startNats } from './support/nats.ts'
import { askAs, tokenSettings } from './support/orrery-over-graphql.ts'
import { answerOf, graphql, type GraphqlAnswer, serve } from './support/program.ts'
import { freePort } from './support/server-process.ts'
import { createTestDatabase } from './support/sql.ts'

/** A database of the test's own behind a gate, and a private NATS: both can go away and come back. */
async function stores(t: Parameters<typeof createTestDatabase>[0] & Parameters<typeof startNats>[0], old = false) {
  const database = await createTestDatabase(t)
  const nats = await startNats(t, { old })
  if (database === null || nats === null) return null
  const real = new URL(database)
  const gate = await gateTo(t, { host: real.hostname, port: Number(real.port) }, await freePort())
  const behind = new URL(database)
  behind.port = String(gate.port)
  return { nats, gate, env: { DATABASE_URL: behind.href, NATS_URL: nats.url, NATS_CREATE_STREAMS: 'on', SOURCE_TIMEOUT_MS: '2000' } }
}

const ready = async (url: string): Promise<{ status: number; body: { failures?: string[] } }> => {
  const answer = await fetch(`${url}/health/ready`)
  return { status: answer.status, body: (await answer.json()) as { failures?: string[] } }
}

const codesOf = (answer: GraphqlAnswer): unknown[] => (answer.errors ?? []).map(({ extensions }) => extensions?.code)

const startRun = (url: string, runId: string) =>
  graphql(url, 'mutation ($id: String) { startRun(input: { ritualId: "nightly", runId: $id }) { __typename ... on UserError { code } } }', {
    id: runId,
  })

const countRuns = async (url: string): Promise<number | null> => {
  const { data } = (await graphql(url, '{ runs { totalCount } }')) as { data?: { runs?: { totalCount: number } | null } | null }
  return data?.runs?.totalCount ?? null
}

t.test('a server that is up before its database waits for it, says so, and then is ready', async (t) => {
  const parts = await stores(t)
  if (parts === null) return
  const server = await serve(t, [], parts.env)
  t.equal((await fetch(`${server.url}/health/live`)).status, 200)
  t.match(await ready(server.url), { status: 503, body: { failures: [/^PostgreSQL: /] } })
  t.strictSame(codesOf(await graphql(server.url, '{ runs { nodes { runId } } }')), ['SOURCE_UNAVAILABLE'])
  await parts.gate.open()
  await answerOf(async () => (await ready(server.url)).status === 200, server.stderr)
  t.match(await startRun(server.url, 'r1'), { data: { startRun: { __typename: 'RunAccepted' } } })
  t.match(server.stdout(), /SQL PostgreSQL, log NATS JetStream/)
})

t.test(
  'database and broker die and come back: coded answers meanwhile, ready within seconds, nothing lost and nothing twice',
  async (t) => {
    const parts = await stores(t)
    if (parts === null) return
    await parts.gate.open()
    const server = await serve(t, [], parts.env)
    await answerOf(async () => (await ready(server.url)).status === 200, server.stderr)
    t.match(await startRun(server.url, 'before'), { data: { startRun: { __typename: 'RunAccepted' } } })

    await parts.gate.shut()
    const start = performance.now()
    t.strictSame(codesOf(await graphql(server.url, '{ runs { nodes { runId } } }')), ['SOURCE_UNAVAILABLE'])
    t.ok(performance.now() - start < 4000, 'an answer does not hang')
    await answerOf(async () => (await ready(server.url)).status === 503)
    await parts.gate.open()
    const databaseBack = performance.now()
    await answerOf(async () => (await ready(server.url)).status === 200)
    await answerOf(async () => (await countRuns(server.url)) === 1)
    t.ok(performance.now() - databaseBack < 5000, `the database is used again after ${Math.round(performance.now() - databaseBack)} ms`)

    await parts.nats.kill()
    const during = await startRun(server.url, 'during')
    t.match(during, { data: { startRun: { __typename: 'Unavailable', code: 'SOURCE_UNAVAILABLE' } } })
    await answerOf(async () => (await ready(server.url)).body.failures?.some((failure) => failure.startsWith('NATS: ')))
    await parts.nats.restart()
    const brokerBack = performance.now()
    await answerOf(async () => (await ready(server.url)).status === 200)
    t.match(await startRun(server.url, 'after'), { data: { startRun: { __typename: 'RunAccepted' } } })
    t.ok(performance.now() - brokerBack < 5000, `the broker is used again after ${Math.round(performance.now() - brokerBack)} ms`)
    const { data } = await graphql(server.url, '{ runs(orderBy: STARTED_ASC) { nodes { runId events { nodes { type } } } } }')
    const runs = (data as { runs: { nodes: { runId: string; events: { nodes: unknown[] } }[] } }).runs.nodes
    t.strictSame(
      runs.filter(({ runId }) => runId !== 'during').map(({ runId, events }) => [runId, events.nodes.length]),
      [
        ['before', 1],
        ['after', 1],
      ],
    )
  },
)

t.test('two servers over one log: one projects, and the other takes over when it is killed', async (t) => {
  const parts = await stores(t)
  if (parts === null) return
  await parts.gate.open()
  const first = await serve(t, [], parts.env)
  await answerOf(async () => (await ready(first.url)).status === 200, first.stderr)
  const second = await serve(t, [], parts.env)
  await answerOf(async () => (await ready(second.url)).status === 200, second.stderr)
  const isActive = async (url: string) => /^orrery_projector_active 1$/m.test(await (await fetch(`${url}/metrics`)).text())
  await answerOf(() => isActive(first.url))
  t.notOk(await isActive(second.url))
  t.match(await startRun(second.url, 'a'), { data: { startRun: { __typename: 'RunAccepted' } } }, 'the one that stands by answers')
  first.child.kill('SIGKILL')
  await answerOf(() => isActive(second.url))
  t.match(await startRun(second.url, 'b'), { data: { startRun: { __typename: 'RunAccepted' } } })
  t.equal(await answerOf(async () => (await countRuns(second.url)) === 2), true)
})

interface Told {
  readonly __typename: string
  readonly sameOutcome?: boolean
  readonly approval: {
    readonly state: string
    readonly laterTerminals: unknown[]
    readonly decision: { kind: string; approver: { id: string } }
  }
}

const gateFields = '__typename approval { state laterTerminals { kind } decision { kind approver { id } } }'
const decideAs = async (actor: string, url: string, kind: 'GRANT' | 'DENY', runId: string): Promise<Told> => {
  const [mutation, input] = kind === 'GRANT' ? ['grantApproval', 'note'] : ['denyApproval', 'reason']
  const query = `mutation ($key: ApprovalKey!, $text: String!) { told: ${mutation}(input: { key: $key, ${input}: $text }) {
    __typename ... on ApprovalDecided { ${gateFields} } ... on ApprovalAlreadyDecided { sameOutcome ${gateFields} } ... on UserError { code message } } }`
  const variables = { key: { ritualId: 'rollout', runId, gateId: 'go' }, text: `says ${actor}` }
  return (await askAs({ url, actorId: actor, tenantId: 'acme' }, query, variables))['told'] as Told
}

for (const old of [false, true])
  t.test(
    `100 people decide one gate at once at two servers over ${old ? 'an old' : 'a new'} broker: one terminal, one truth`,
    async (t) => {
      const parts = await stores(t, old)
      if (parts === null) return
      await parts.gate.open()
      const env = { ...parts.env, SOURCE_TIMEOUT_MS: '20000', ...tokenSettings }
      const servers = [await serve(t, [], env), await serve(t, [], env)]
      const urls = servers.map(({ url }) => url)
      for (const { url, stderr } of servers) await answerOf(async () => (await ready(url)).status === 200, stderr)
      const log = await openTestJetstream(t, parts.nats)

      for (const runId of ['one', 'two']) {
        const opener = { url: urls[0] ?? '', actorId: 'opener', tenantId: 'acme' }
        await askAs(opener, `mutation { startRun(input: { ritualId: "rollout", runId: "${runId}" }) { __typename } }`)
        const request = 'mutation ($key: RunKey!) { requestApproval(input: { key: $key, gateId: "go", reason: "r" }) { __typename } }'
        t.match(await askAs(opener, request, { key: { ritualId: 'rollout', runId } }), {
          requestApproval: { __typename: 'ApprovalDecided' },
        })
        const kindOf = (index: number) => (index % 3 === 0 ? 'DENY' : 'GRANT')
        const told = await Promise.all(
          Array.from({ length: 100 }, (_, index) => decideAs(`person-${index}`, urls[index % 2] ?? '', kindOf(index), runId)),
        )
        const winners = told.flatMap(({ __typename }, index) => (__typename === 'ApprovalDecided' ? [index] : []))
        t.equal(winners.length, 1, 'one is told that the decision is theirs')
        const [winner = -1] = winners
        const truth = { kind: kindOf(winner), approver: { id: `person-${winner}` } }
        for (const [index, answer] of told.entries()) {
          t.match(answer.approval, { state: truth.kind === 'DENY' ? 'DENIED' : 'GRANTED', laterTerminals: [], decision: truth })
          if (index !== winner)
            t.match(answer, { __typename: 'ApprovalAlreadyDecided', sameOutcome: kindOf(index) === truth.kind }, `person-${index}`)
        }
        const types: unknown[] = []
        for await (const batch of log.read('ritual', { subject: `demon.ritual.v1.acme.rollout.${runId}.events` }))
          for (const { payload } of batch) types.push((JSON.parse(Buffer.from(payload).toString()) as { event: string }).event)
        t.strictSame(types, [
          'ritual.started:v1',
          'approval.requested:v1',
          truth.kind === 'DENY' ? 'approval.denied:v1' : 'approval.granted:v1',
        ])
      }
    },
  )
