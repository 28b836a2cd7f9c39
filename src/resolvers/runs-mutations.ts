import { randomUUID } from 'node:crypto'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { type RunCommands, type WriteOutcome } from '../datasources/runs/commands.ts'
import { type Run, type RunKey } from '../datasources/runs/runs.ts'
import { type Resolvers, type ResolversParentTypes } from '../generated/resolver-types.ts'
import { type Written, cursorOf, show, writeOnce } from './accepted.ts'
import { answering, notAllowed, notFound } from './refusals.ts'
import { locateIn, targetRun } from './targets.ts'

type Answer = ResolversParentTypes['RunResult']

const showRun = (ctx: Context, key: RunKey, sequence: bigint) =>
  show<Run>(ctx, { key, sequence, find: () => ctx.dataSources.runs.find(ctx.scope, key), pick: ({ run }) => run })

async function answerOf(
  ctx: Context,
  { key, outcome }: Written<RunKey>,
  { path, clientMutationId }: { path: readonly string[]; clientMutationId?: string | null },
): Promise<Answer> {
  switch (outcome.outcome) {
    case 'WRITTEN': {
      const { shown, projected } = await showRun(ctx, key, outcome.sequence)
      return { __typename: 'RunAccepted', run: shown, cursor: await cursorOf(ctx, outcome.sequence), projected, clientMutationId }
    }
    case 'ALREADY_TERMINAL': {
      const { shown } = await showRun(ctx, key, outcome.sequence)
      const message = `The run is ${shown.status.toLowerCase()} already.`
      return { __typename: 'RunAlreadyTerminal', code: 'CONFLICT', message, path: null, retryable: false, run: shown }
    }
    case 'LEGACY_SUBJECT':
      return notAllowed('LEGACY_SUBJECT', '')
    case 'NOT_FOUND':
      return notFound('There is no such run in this tenant.', path)
    case 'ALREADY_DECIDED':
    case 'ALREADY_REQUESTED':
      throw new Error(`a run's own event cannot be ${outcome.outcome}`)
  }
}

interface Reporting {
  readonly mutation: string
  readonly scope: 'runs:write' | 'runs:cancel'
  readonly input: Parameters<typeof targetRun>[1] & { readonly idempotencyKey?: string | null; readonly clientMutationId?: string | null }
  readonly write: (commands: RunCommands, key: RunKey) => Promise<WriteOutcome>
}

const locateRun = locateIn('run')

/** What all reports about an existing run have in common. */
const report = (ctx: Context, { mutation, scope, input, write }: Reporting): Promise<Answer> =>
  answering<Answer>(locateRun(input), async () => {
    const denied = denyByScope(ctx.viewer, scope)
    if (denied !== null) return notAllowed(denied, scope)
    const path = ['input', input.key == null ? 'run' : 'key']
    const key: RunKey | null = targetRun(ctx, input)
    if (key === null) return notFound('There is no such run in this tenant.', path)
    if (key.system !== 'DEMON') return notAllowed('READ_ONLY_SOURCE', scope)
    const written = await writeOnce(ctx, mutation, input, async () => ({ key, outcome: await write(ctx.dataSources.runCommands, key) }))
    return answerOf(ctx, written, { path, clientMutationId: input.clientMutationId })
  })

const Mutation: Resolvers['Mutation'] = {
  startRun: (_parent, { input }, ctx) =>
    answering<Answer>(locateIn(null)({}), async () => {
      const scope = 'runs:write'
      const denied = denyByScope(ctx.viewer, scope)
      if (denied !== null) return notAllowed(denied, scope)
      const written = await writeOnce<RunKey>(ctx, 'startRun', input, async () => {
        const key: RunKey = { system: 'DEMON', ritualId: input.ritualId, runId: input.runId ?? `run-${randomUUID()}` }
        return { key, outcome: await ctx.dataSources.runCommands.start(ctx.scope, ctx.viewer, key, { spec: input.spec }) }
      })
      return answerOf(ctx, written, { path: ['input', 'runId'], clientMutationId: input.clientMutationId })
    }),
  recordRunTransition: (_parent, { input }, ctx) =>
    report(ctx, {
      mutation: 'recordRunTransition',
      scope: 'runs:write',
      input,
      write: (commands, key) => commands.transition(ctx.scope, ctx.viewer, key, input),
    }),
  completeRun: (_parent, { input }, ctx) =>
    report(ctx, {
      mutation: 'completeRun',
      scope: 'runs:write',
      input,
      write: (commands, key) => commands.complete(ctx.scope, ctx.viewer, key, { outputs: input.outputs }),
    }),
  failRun: (_parent, { input }, ctx) =>
    report(ctx, {
      mutation: 'failRun',
      scope: 'runs:write',
      input,
      write: (commands, key) => commands.fail(ctx.scope, ctx.viewer, key, input),
    }),
  cancelRun: (_parent, { input }, ctx) =>
    report(ctx, {
      mutation: 'cancelRun',
      scope: 'runs:cancel',
      input,
      write: (commands, key) => commands.cancel(ctx.scope, ctx.viewer, key, { reason: input.reason }),
    }),
}

/** Reports about runs, for engines and bots that report through us. */
export const runsMutations: Resolvers = { Mutation }
