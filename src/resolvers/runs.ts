import { type Context } from '../context.ts'
import { pageRequest } from '../datasources/page-cursor.ts'
import { durationMs, runPermission } from '../datasources/runs/run-rules.ts'
import { type Run, type RunKey } from '../datasources/runs/runs.ts'
import { AppError } from '../errors.ts'
import { type Resolvers } from '../generated/resolver-types.ts'
import { anyField } from '../subscriptions/cursor.ts'
import { toCountedConnection } from './connection.ts'
import { reading } from './freshness.ts'
import { jsonOfText } from './json-text.ts'
import { ritualId, runEventId, runId, runTarget } from './node-ids.ts'

/** The run that a child names. Both are written in one transaction, so it is missing only where the read model is being rebuilt. */
export async function runOf(ctx: Context, key: RunKey): Promise<Run> {
  const run = await ctx.loaders.run.load({ system: key.system, ritualId: key.ritualId, runId: key.runId })
  if (run === null) throw new AppError('NOT_FOUND', 'The run is not in the read model.', { retryable: true })
  return run
}

const Query: Resolvers['Query'] = {
  run: (_parent, { id, key, at, minCursor }, ctx) =>
    reading(ctx, minCursor, async () => {
      const target = runTarget(ctx.scope, { id, key })
      if (target === null) return null
      return at == null ? ctx.loaders.run.load(target) : ctx.dataSources.runs.findAt(ctx.scope, target, at)
    }),
  runs: (_parent, { filter, orderBy, minCursor, ...page }, ctx) =>
    reading(ctx, minCursor, async () => {
      const { runs } = ctx.dataSources
      const found = await runs.list(ctx.scope, filter ?? {}, orderBy ?? 'STARTED_DESC', pageRequest(page))
      // What hangs on these runs finds its way back to them without another statement.
      for (const { item } of found.items) ctx.loaders.prime(item)
      return toCountedConnection(found, () => runs.count(ctx.scope, filter ?? {}))
    }),
  rituals: (_parent, page, ctx) =>
    reading(ctx, null, async () => {
      const { runs } = ctx.dataSources
      return toCountedConnection(await runs.rituals(ctx.scope, pageRequest(page)), () => runs.countRituals(ctx.scope))
    }),
  scaleHints: (_parent, page, ctx) =>
    reading(ctx, null, async () => {
      const { runs } = ctx.dataSources
      return toCountedConnection(await runs.scaleHints(ctx.scope, pageRequest(page)), () => runs.countScaleHints(ctx.scope))
    }),
  quotas: (_parent, _args, ctx) => reading(ctx, null, () => ctx.dataSources.runs.quotas(ctx.scope)),
}

const Run: Resolvers['Run'] = {
  id: runId,
  durationMs: (run, _args, ctx) => durationMs(run, ctx.clock.now()),
  events: (run, args, ctx) => ctx.loaders.eventsOfRun(args).load(run),
  transitions: (run, _args, ctx) => ctx.loaders.transitionsOfRun.load(run),
  policyDecisions: (run, args, ctx) => ctx.loaders.policyDecisionsOfRun(args).load(run),
  viewerCanCancel: (run, _args, ctx) => runPermission(ctx.viewer, run, 'runs:cancel'),
}

const RunEvent: Resolvers['RunEvent'] = {
  id: runEventId,
  cursor: async (event, _args, ctx) => {
    const watermark = await ctx.loaders.watermark()
    return ctx.cursors.encode({ stream: 'ritual', epoch: watermark?.epoch ?? '', sequence: event.sequence }, anyField(event.tenantId))
  },
  system: (event) => event.runKey.system,
  raw: (event) => jsonOfText(event.payload),
  legacy: ({ legacySubject }) => legacySubject,
  run: (event, _args, ctx) => runOf(ctx, event.runKey),
}

const Ritual: Resolvers['Ritual'] = {
  id: ritualId,
  p50DurationMs: async (ritual, _args, ctx) => (await ctx.loaders.durationsOfRitual.load(ritual.ritualId))?.p50Ms ?? null,
  p95DurationMs: async (ritual, _args, ctx) => (await ctx.loaders.durationsOfRitual.load(ritual.ritualId))?.p95Ms ?? null,
}

/** Runs, their events, rituals, scale hints, quotas. */
export const runs: Resolvers = {
  Query,
  Run,
  RunConnection: { totalCount: (connection) => connection.count() },
  RunEventConnection: { totalCount: (connection) => connection.count() },
  PolicyDecisionConnection: { totalCount: (connection) => connection.count() },
  RitualConnection: { totalCount: (connection) => connection.count() },
  ScaleHintConnection: { totalCount: (connection) => connection.count() },
  RunEvent,
  PolicyDecision: { run: (decision, _args, ctx) => runOf(ctx, decision.runKey) },
  Ritual,
  ScaleHint: { raw: (hint) => jsonOfText(hint.payload) },
}
