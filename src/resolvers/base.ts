import { type Resolvers } from '../generated/resolver-types.ts'

/** The caller, and how abstract types find their object type: what a resolver gives for one always carries its `__typename`. */
export const base: Resolvers = {
  Query: {
    viewer: (_parent, _args, { viewer }) => ({
      actor: { id: viewer.actorId, kind: viewer.kind, displayName: viewer.displayName },
      tenantId: viewer.tenantId,
      roles: viewer.roles,
      scopes: [...viewer.scopes].sort(),
      tenants: viewer.tenants,
    }),
  },
  Node: { __resolveType: (node) => node.__typename },
  Event: { __resolveType: (event) => event.__typename },
  UserError: { __resolveType: (error) => error.__typename },
  Accepted: { __resolveType: (accepted) => accepted.__typename },
  RunResult: { __resolveType: (result) => result.__typename },
  ApprovalResult: { __resolveType: (result) => result.__typename },
  GraphResult: { __resolveType: (result) => result.__typename },
  GraphCommitDelivery: { __resolveType: (delivery) => delivery.__typename },
  GraphChangeDelivery: { __resolveType: (delivery) => delivery.__typename },
  RunEventDelivery: { __resolveType: (delivery) => delivery.__typename },
  ApprovalDelivery: { __resolveType: (delivery) => delivery.__typename },
}
