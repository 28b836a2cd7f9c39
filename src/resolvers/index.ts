import { mergeResolvers } from '@graphql-tools/merge'
import { type Resolvers } from '../generated/resolver-types.ts'
import { alerts } from './alerts.ts'
import { approvalsMutations } from './approvals-mutations.ts'
import { approvals } from './approvals.ts'
import { base } from './base.ts'
import { graphMutations } from './graph-mutations.ts'
import { graphSubscriptions } from './graph-subscriptions.ts'
import { graph } from './graph.ts'
import { events } from './events.ts'
import { nodes } from './nodes.ts'
import { audit } from './audit.ts'
import { runsMutations } from './runs-mutations.ts'
import { runs } from './runs.ts'
import { scalars } from './scalars.ts'
import { subscriptions } from './subscriptions.ts'
import { blockers } from './blockers.ts'
import { guarantees } from './guarantees.ts'
import { tickets } from './tickets.ts'
import { sloMutations } from './slo-mutations.ts'
import { slo } from './slo.ts'
import { storageMutations } from './storage-mutations.ts'
import { storage } from './storage.ts'
import { system } from './system.ts'

/** The table of contents: every resolver map, one a domain. A field without a resolver is a plain property of the domain object. */
export const resolvers: Resolvers = mergeResolvers([
  scalars,
  base,
  nodes,
  events,
  runs,
  runsMutations,
  approvals,
  approvalsMutations,
  slo,
  alerts,
  tickets,
  guarantees,
  blockers,
  sloMutations,
  graph,
  graphMutations,
  graphSubscriptions,
  subscriptions,
  storage,
  storageMutations,
  audit,
  system,
])
