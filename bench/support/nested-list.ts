/** Runs with their gates and events: three levels, about two thousand fields for fifty runs. */
export const nestedList = (size: number): string => `query Runs {
  runs(first: ${size}) {
    nodes {
      id ritualId runId status startedAt
      approvals(first: 3) { nodes { id gateId state requestedAt } }
      events(first: 6) { nodes { id type at sequence } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
