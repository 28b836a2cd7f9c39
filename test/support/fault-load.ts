import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import { readResuming } from './resuming-readers.ts'
import { type GraphqlAnswer, graphql } from './program.ts'

/** What one run of the load goes through, in this order. */
export const lifeOfRun = [
  'ritual.started:v1',
  'ritual.state.transitioned:v1',
  'approval.requested:v1',
  'approval.granted:v1',
  'ritual.completed:v1',
]

export const ritualId = 'nightly'

const fields = '__typename ... on UserError { code }'
const steps = [
  `startRun(input: { ritualId: "${ritualId}", runId: $run })`,
  `recordRunTransition(input: { key: { ritualId: "${ritualId}", runId: $run }, fromState: "a", toState: "b", idempotencyKey: $run })`,
  `requestApproval(input: { key: { ritualId: "${ritualId}", runId: $run }, gateId: "go", reason: "release" })`,
  `grantApproval(input: { key: { ritualId: "${ritualId}", runId: $run, gateId: "go" } })`,
  `completeRun(input: { key: { ritualId: "${ritualId}", runId: $run } })`,
].map((call) => `mutation ($run: String!) { outcome: ${call} { ${fields} } }`)

/** An answer says that the write is done, now or by an attempt whose answer was lost. */
const isDone = ({ data }: GraphqlAnswer): boolean =>
  ['RunAccepted', 'ApprovalDecided', 'ApprovalAlreadyDecided', 'RunAlreadyTerminal'].includes(outcomeOf(data).__typename ?? '')

interface Outcome {
  readonly __typename?: string
  readonly code?: string
}

const outcomeOf = (data: GraphqlAnswer['data']): Outcome => (data?.['outcome'] ?? {}) as Outcome

/** The codes of an answer, thrown or in a union. */
export const codesOf = ({ data, errors }: GraphqlAnswer): string[] => [
  ...(errors ?? []).map(({ extensions }) => extensions?.code ?? 'none'),
  ...(outcomeOf(data).code === undefined ? [] : [outcomeOf(data).code ?? '']),
]

export interface FaultLoad {
  /** Runs whose every step was acknowledged. */
  readonly finished: string[]
  /** How long the slowest answer of all took, in ms, and every code that was answered. */
  slowestMs(): number
  readonly codes: Set<string>
  /** Answers to queries so far that held data. */
  read(): number
  /** Lets every writer finish the run that it is at. */
  stop(): Promise<void>
}

/** Writers that take run after run through its life, repeating what was not acknowledged, and readers that turn pages. */
export function startLoad(url: string, { writers = 8, readers = 2 } = {}): FaultLoad {
  const finished: string[] = []
  const codes = new Set<string>()
  let slowest = 0
  let answered = 0
  let going = true

  async function ask(query: string, variables: Record<string, unknown>): Promise<GraphqlAnswer> {
    const from = performance.now()
    const answer = await graphql(url, query, variables)
    slowest = Math.max(slowest, performance.now() - from)
    for (const code of codesOf(answer)) codes.add(code)
    return answer
  }

  async function write(writer: number): Promise<void> {
    for (let number = 0; going; number++) {
      const run = `w${writer}-${number}`
      for (const step of steps) while (!isDone(await ask(step, { run }))) await pause(50)
      finished.push(run)
    }
  }

  async function read(): Promise<void> {
    while (going) {
      const { data } = await ask('{ runs(first: 5) { nodes { runId events(last: 2) { nodes { type } } } } }', {})
      if (data?.['runs'] != null) answered += 1
      await pause(20)
    }
  }

  const working = Promise.all([
    ...Array.from({ length: writers }, (_, writer) => write(writer)),
    ...Array.from({ length: readers }, () => read()),
  ])
  return {
    finished,
    codes,
    slowestMs: () => slowest,
    read: () => answered,
    async stop() {
      going = false
      await working
    },
  }
}

export interface Follower {
  /** Sequences as they were delivered. */
  readonly sequences: readonly bigint[]
  /** What was delivered beside events, and what went wrong. */
  readonly other: readonly string[]
  close(): Promise<void>
}

/** Follows every event of every run through a stock client with our resume helper. Resolves when the stream is live. */
export async function follow(url: string): Promise<Follower> {
  const { sequences, troubles, isLive, stop } = readResuming('WebSocket', () => url)
  await eventually(isLive, { withinMs: 60_000 })
  return { sequences, other: troubles, close: stop }
}
