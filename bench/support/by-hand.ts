import { type DataSources } from '../../src/datasources/index.ts'
import { type PageRequest } from '../../src/datasources/page.ts'
import { approvalId, runEventId, runId } from '../../src/resolvers/node-ids.ts'
import { formatNanos } from '../../src/time.ts'
import { tenantId } from './ground.ts'

const pageOf = (size: number): PageRequest => ({ size, direction: 'FORWARD', cursor: null })

/** The answer to the nested list of 50 runs without GraphQL: three reads, put together by hand. */
export async function answerByHand({ runs, approvals }: DataSources): Promise<unknown> {
  const scope = { tenantId }
  const page = await runs.list(scope, {}, 'STARTED_DESC', pageOf(50))
  const keys = page.items.map(({ item }) => item)
  const [gates, events] = await Promise.all([approvals.ofRuns(scope, keys, null, pageOf(3)), runs.eventsOf(scope, keys, null, pageOf(6))])
  return {
    data: {
      runs: {
        nodes: keys.map((run, at) => ({
          id: runId(run),
          ritualId: run.ritualId,
          runId: run.runId,
          status: run.status,
          startedAt: run.startedAt === null ? null : formatNanos(run.startedAt),
          approvals: {
            nodes: gates[at]?.items.map(({ item }) => ({
              id: approvalId(item),
              gateId: item.gateId,
              state: item.state,
              requestedAt: item.requestedAt === null ? null : formatNanos(item.requestedAt),
            })),
          },
          events: {
            nodes: events[at]?.items.map(({ item }) => ({
              id: runEventId(item),
              type: item.type,
              at: formatNanos(item.at),
              sequence: item.sequence.toString(),
            })),
          },
        })),
        pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.items.at(-1)?.cursor ?? null },
      },
    },
  }
}
