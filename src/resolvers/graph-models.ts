import { type Graph, type GraphCommit, type GraphDiff, type GraphNeighbour, type GraphTag } from '../datasources/graph/graph.ts'

import { type CountedConnection } from './connection.ts'

/** Neighbours, and whether the search for them was cut short. */
export type NeighbourConnection = CountedConnection<GraphNeighbour> & { readonly truncated: boolean }

/** A change as it is stored: nobody has checked what it holds. */
export interface RawMutation {
  readonly raw: unknown
}

/** What a write to a graph answers; its diff is read only when asked for. */
export interface GraphAcceptedModel {
  readonly __typename: 'GraphAccepted'
  readonly graph: Graph
  readonly commit: GraphCommit | null
  readonly tag: GraphTag | null
  readonly readDiff: () => Promise<GraphDiff | null>
  readonly cursor: string
  readonly projected: boolean
  readonly clientMutationId?: string | null | undefined
}

export interface GraphChangeModel {
  readonly __typename: 'GraphChangeItem'
  readonly cursor: string
  readonly graph: Graph
  readonly commit: GraphCommit
  readonly diff: GraphDiff
}
