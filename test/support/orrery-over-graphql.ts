import { createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { type ApprovalKey, type ApprovalState, type DecisionKind } from '../../src/datasources/approvals/approvals.ts'
import { type DecisionInput, type WriteOutcome } from '../../src/datasources/runs/commands.ts'
import { type RunKey, type RunStatus, type System } from '../../src/datasources/runs/runs.ts'
import { type Page } from '../../src/datasources/page.ts'
import { encodeId } from '../../src/ids.ts'
import { parseNanos } from '../../src/time.ts'
import { type Gate, type Orrery, type Run, type RunEvent } from './demon-answers.ts'

export const tokenSecret = 'a secret that is long enough for HS256'

/** What a server must be told to believe our tokens, and to let a test ask as much as it likes. */
export const tokenSettings = { AUTH_MODE: 'jwt', JWT_SECRET: tokenSecret, BUDGET_CAPACITY: '0' }

/** Asks as somebody, with every right in one tenant. @throws Error when the answer has errors */
export async function askAs(
  { url, actorId, tenantId }: { url: string; actorId: string; tenantId: string },
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const token = await new SignJWT({ sub: actorId, tenant: tenantId, roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(createSecretKey(tokenSecret, 'utf8'))
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = (await answer.json()) as { data?: Record<string, unknown> | null; errors?: unknown }
  if (errors !== undefined || data == null) throw new Error(`${query}: ${JSON.stringify(errors)}`)
  return data
}

interface Connection<Node> {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean }
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
}

const connection = (fields: string) => `{ pageInfo { hasNextPage hasPreviousPage } edges { cursor node { ${fields} } } }`

const toPage = <Node, T>({ pageInfo, edges }: Connection<Node>, read: (node: Node) => T): Page<T> => ({
  ...pageInfo,
  items: edges.map(({ cursor, node }) => ({ cursor, item: read(node) })),
})

interface RunNode {
  readonly system: System
  readonly tenantId: string
  readonly ritualId: string
  readonly runId: string
  readonly status: RunStatus
  readonly startedAt: string | null
  readonly legacy: boolean
}
const runFields = 'system tenantId ritualId runId status startedAt legacy'
const runOf = (node: RunNode): Run => ({ ...node, startedAt: parseNanos(node.startedAt) })

interface EventNode {
  readonly sequence: string
  readonly at: string
  readonly type: string
  readonly legacy: boolean
  readonly raw: unknown
  readonly run: RunKey
}
const eventFields = 'sequence at type legacy raw run { system ritualId runId }'
const eventOf = ({ sequence, at, type, legacy, raw, run }: EventNode): RunEvent => ({
  ...{ runKey: run, sequence: BigInt(sequence), at: parseNanos(at) ?? -1n, type, legacySubject: legacy, payload: JSON.stringify(raw) },
})

interface GateNode {
  readonly gateId: string
  readonly state: ApprovalState
  readonly requester: { readonly id: string } | null
  readonly reason: string | null
  readonly requestedAt: string | null
  readonly expiresAt: string | null
  readonly laterTerminals: readonly { readonly kind: DecisionKind }[]
}
const gateFields = 'gateId state requester { id } reason requestedAt expiresAt laterTerminals { kind }'
const gateOf = ({ requester, requestedAt, expiresAt, ...gate }: GateNode): Gate => ({
  ...gate,
  ...{ requester: requester?.id ?? null, requestedAt: parseNanos(requestedAt), expiresAt: parseNanos(expiresAt) },
})

interface Told {
  readonly __typename: string
  readonly code?: string
  readonly message?: string
  readonly reason?: string
  readonly sameOutcome?: boolean
}

function outcomeOf(told: Told): WriteOutcome {
  if (told.__typename === 'ApprovalDecided') return { outcome: 'WRITTEN', sequence: 0n, repeated: false }
  if (told.__typename === 'ApprovalAlreadyDecided') return { outcome: 'ALREADY_DECIDED', sequence: 0n, sameKind: told.sameOutcome === true }
  if (told.reason === 'LEGACY_SUBJECT') return { outcome: 'LEGACY_SUBJECT' }
  if (told.__typename === 'NotFound') return { outcome: 'NOT_FOUND', what: told.message?.includes('gate') === true ? 'GATE' : 'RUN' }
  throw new Error(JSON.stringify(told))
}

const mutations: Readonly<Record<DecisionKind, string>> = { GRANT: 'grantApproval', DENY: 'denyApproval', OVERRIDE: 'overrideApproval' }

/** A running server as its clients see it. */
export function orreryOverGraphql(url: string): Orrery {
  const ask = (tenantId: string, query: string, variables: Record<string, unknown>) =>
    askAs({ url, tenantId, actorId: 'reader' }, query, variables)
  const keyOf = ({ ritualId, runId }: RunKey) => ({ ritualId, runId })
  const ofRuns = async <Node, T>(
    tenantId: string,
    keys: readonly RunKey[],
    { field, page, read }: { field: string; page: object; read: (node: Node) => T },
  ) => {
    const query = `query ($key: RunKey!, $first: Int, $after: String) { run(key: $key) { list: ${field} } }`
    const answers = await Promise.all(keys.map((key) => ask(tenantId, query, { key: keyOf(key), ...page })))
    return answers.map(({ run }) => toPage((run as { list: Connection<Node> }).list, read))
  }
  return {
    runs: {
      async list({ tenantId }, filter, orderBy, { size: first, cursor: after }) {
        const query = `query ($filter: RunFilter, $orderBy: RunOrder, $first: Int, $after: String) {
          runs(filter: $filter, orderBy: $orderBy, first: $first, after: $after) ${connection(runFields)} }`
        const { runs } = await ask(tenantId, query, { filter, orderBy, first, after })
        return toPage(runs as Connection<RunNode>, runOf)
      },
      async count({ tenantId }, filter) {
        const { runs } = await ask(tenantId, 'query ($filter: RunFilter) { runs(filter: $filter, first: 1) { totalCount } }', { filter })
        return (runs as { totalCount: number }).totalCount
      },
      eventsOf: ({ tenantId }, keys, _types, { size: first, cursor: after }) =>
        ofRuns<EventNode, RunEvent>(tenantId, keys, {
          field: `events(first: $first, after: $after) ${connection(eventFields)}`,
          page: { first, after },
          read: eventOf,
        }),
      async findEvent({ tenantId }, sequence) {
        const id = encodeId('RunEvent', [tenantId, sequence.toString()])
        const { node } = await ask(tenantId, 'query ($id: ID!) { node(id: $id) { ... on RunEvent { raw } } }', { id })
        return node == null ? null : { payload: JSON.stringify((node as { raw: unknown }).raw) }
      },
    },
    approvals: {
      ofRuns: ({ tenantId }, keys, _states, { size: first, cursor: after }) =>
        ofRuns<GateNode, Gate>(tenantId, keys, {
          field: `approvals(first: $first, after: $after) ${connection(gateFields)}`,
          page: { first, after },
          read: gateOf,
        }),
      async find({ tenantId }, { ritualId, runId, gateId }: ApprovalKey) {
        const query = `query ($key: ApprovalKey!) { approval(key: $key) { ${gateFields} } }`
        const { approval } = await ask(tenantId, query, { key: { ritualId, runId, gateId } })
        return approval == null ? null : gateOf(approval as GateNode)
      },
    },
    commands: {
      async decide({ tenantId }, { actorId }, { ritualId, runId, gateId }, { kind, note, reason }: DecisionInput) {
        const text = kind === 'DENY' ? { reason } : { note }
        const query = `mutation ($key: ApprovalKey!, $text: String${kind === 'GRANT' ? '' : '!'}) {
          told: ${mutations[kind]}(input: { key: $key, ${Object.keys(text).join('')}: $text }) {
            __typename ... on ApprovalAlreadyDecided { sameOutcome } ... on NotAllowed { reason } ... on UserError { code message } } }`
        const variables = { key: { ritualId, runId, gateId }, text: Object.values(text)[0] ?? null }
        return outcomeOf((await askAs({ url, actorId, tenantId }, query, variables))['told'] as Told)
      },
    },
  }
}
