import { type DenyReason } from '../auth/permission.ts'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { type Approval, type ApprovalKey, type DecisionKind } from '../datasources/approvals/approvals.ts'
import { denyDecider } from '../datasources/approvals/decision-rules.ts'
import { type DecisionInput, type WriteOutcome } from '../datasources/runs/commands.ts'
import { type Resolvers, type ResolversParentTypes } from '../generated/resolver-types.ts'
import { type Written, cursorOf, show, writeOnce } from './accepted.ts'
import { answering, notAllowed, notFound } from './refusals.ts'
import { locateIn, targetApproval, targetRun } from './targets.ts'

type Answer = ResolversParentTypes['ApprovalResult']

interface Asked {
  readonly scope: string
  /** Where the input names the gate or its run. */
  readonly path: readonly string[]
  readonly clientMutationId?: string | null
}

const showApproval = (ctx: Context, key: ApprovalKey, sequence: bigint) =>
  show<Approval>(ctx, {
    key,
    sequence,
    find: () => ctx.dataSources.approvals.find(ctx.scope, key),
    pick: ({ approvals }) => approvals.find(({ gateId }) => gateId === key.gateId),
  })

const words: Readonly<Record<DecisionKind, string>> = { GRANT: 'granted', DENY: 'denied', OVERRIDE: 'overrode' }

const firstCome = ({ decision }: Approval): string =>
  decision === null ? 'This gate has been asked for already.' : `${decision.approver} ${words[decision.kind]} this gate first.`

async function alreadyDecided(ctx: Context, key: ApprovalKey, sequence: bigint, same: (approval: Approval) => boolean): Promise<Answer> {
  const { shown } = await showApproval(ctx, key, sequence)
  return {
    __typename: 'ApprovalAlreadyDecided',
    code: 'ALREADY_DECIDED',
    message: firstCome(shown),
    path: null,
    retryable: false,
    approval: shown,
    sameOutcome: same(shown),
  }
}

async function decided(ctx: Context, key: ApprovalKey, sequence: bigint, clientMutationId: string | null | undefined): Promise<Answer> {
  const { shown, projected } = await showApproval(ctx, key, sequence)
  return { __typename: 'ApprovalDecided', approval: shown, cursor: await cursorOf(ctx, sequence), projected, clientMutationId }
}

const missing = { RUN: 'There is no such run in this tenant.', GATE: 'The run has no such gate.' }

async function answerOf(ctx: Context, { key, outcome }: Written<ApprovalKey>, { scope, path, clientMutationId }: Asked): Promise<Answer> {
  switch (outcome.outcome) {
    case 'WRITTEN':
      return decided(ctx, key, outcome.sequence, clientMutationId)
    case 'ALREADY_DECIDED':
      return alreadyDecided(ctx, key, outcome.sequence, () => outcome.sameKind)
    case 'ALREADY_REQUESTED':
      return alreadyDecided(ctx, key, outcome.sequence, ({ decision }) => decision === null)
    case 'ALREADY_TERMINAL':
    case 'LEGACY_SUBJECT':
      return notAllowed(outcome.outcome, scope)
    case 'NOT_FOUND':
      return notFound(missing[outcome.what], path)
  }
}

interface Deciding extends Asked {
  readonly mutation: string
  readonly input: Parameters<typeof targetApproval>[1] & { readonly idempotencyKey?: string | null }
  readonly decision: DecisionInput
  readonly denied: DenyReason | null
}

async function decide(ctx: Context, asked: Deciding): Promise<Answer> {
  const { input, decision, denied, scope } = asked
  if (denied !== null) return notAllowed(denied, scope)
  const key = targetApproval(ctx, input)
  if (key === null) return notFound(missing.GATE, asked.path)
  if (key.system !== 'DEMON') return notAllowed('READ_ONLY_SOURCE', scope)
  const write = async (): Promise<{ key: ApprovalKey; outcome: WriteOutcome }> => ({
    key,
    outcome: await ctx.dataSources.runCommands.decide(ctx.scope, ctx.viewer, key, decision),
  })
  return answerOf(ctx, await writeOnce(ctx, asked.mutation, input, write), asked)
}

const pathOf = (input: { readonly key?: object | null }, idField: string): readonly string[] => [
  'input',
  input.key == null ? idField : 'key',
]
const locateApproval = locateIn('approval')
const locateRequest = locateIn('run', ['gateId'])

const Mutation: Resolvers['Mutation'] = {
  requestApproval: (_parent, { input }, ctx) =>
    answering<Answer>(locateRequest(input), async () => {
      const scope = 'approvals:request'
      const denied = denyByScope(ctx.viewer, scope)
      if (denied !== null) return notAllowed(denied, scope)
      const path = pathOf(input, 'run')
      const run = targetRun(ctx, input)
      if (run === null) return notFound(missing.RUN, path)
      if (run.system !== 'DEMON') return notAllowed('READ_ONLY_SOURCE', scope)
      const key = { ...run, gateId: input.gateId }
      const { reason, ttlSeconds } = input
      const write = async () => ({
        key,
        outcome: await ctx.dataSources.runCommands.requestApproval(ctx.scope, ctx.viewer, key, { reason, ttlSeconds }),
      })
      const asked = { scope, path, clientMutationId: input.clientMutationId }
      return answerOf(ctx, await writeOnce<ApprovalKey>(ctx, 'requestApproval', input, write), asked)
    }),
  grantApproval: (_parent, { input }, ctx) =>
    answering<Answer>(locateApproval(input), () =>
      decide(ctx, {
        ...{ mutation: 'grantApproval', input, scope: 'approvals:decide', path: pathOf(input, 'approval') },
        decision: { kind: 'GRANT', note: input.note },
        denied: denyDecider(ctx.viewer, ctx.config),
        clientMutationId: input.clientMutationId,
      }),
    ),
  denyApproval: (_parent, { input }, ctx) =>
    answering<Answer>(locateApproval(input), () =>
      decide(ctx, {
        ...{ mutation: 'denyApproval', input, scope: 'approvals:decide', path: pathOf(input, 'approval') },
        decision: { kind: 'DENY', reason: input.reason },
        denied: denyDecider(ctx.viewer, ctx.config),
        clientMutationId: input.clientMutationId,
      }),
    ),
  overrideApproval: (_parent, { input }, ctx) =>
    answering<Answer>(locateApproval(input), () =>
      decide(ctx, {
        ...{ mutation: 'overrideApproval', input, scope: 'approvals:override', path: pathOf(input, 'approval') },
        decision: { kind: 'OVERRIDE', note: input.note, overrideLevel: input.overrideLevel },
        denied: denyDecider(ctx.viewer, ctx.config, 'approvals:override'),
        clientMutationId: input.clientMutationId,
      }),
    ),
}

/** Opening and deciding gates. */
export const approvalsMutations: Resolvers = { Mutation }
