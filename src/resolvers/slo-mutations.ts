import { createHash } from 'node:crypto'
import { denyByScope } from '../auth/viewer.ts'
import { type Context } from '../context.ts'
import { readOpenSlo } from '../datasources/slo/openslo.ts'
import { type SloSpec } from '../datasources/slo/slo.ts'
import { parseSpec, ppmOf } from '../datasources/slo/spec.ts'
import { parseDuration } from '../datasources/slo/windows.ts'
import { badUserInput } from '../errors.ts'
import { type IndicatorInput, type Resolvers, type ResolversParentTypes, type UpsertSloInput } from '../generated/resolver-types.ts'
import { stableJson } from '../stable-json.ts'
import { formatNanos } from '../time.ts'
import { answering, type Locate, notAllowed, notFound } from './refusals.ts'
import { sloName } from './slo.ts'

type Answer = ResolversParentTypes['SloResult']

const locate: Locate = (field) => ['input', field]
const missing = 'There is no such objective in this tenant.'

function indicatorOf(input: IndicatorInput): unknown {
  if (input.prometheusRatio != null) return { source: 'PROMETHEUS', kind: 'RATIO', ...input.prometheusRatio }
  if (input.prometheusLatency != null) return { source: 'PROMETHEUS', kind: 'LATENCY', ...input.prometheusLatency }
  if (input.prometheusThreshold != null) return { source: 'PROMETHEUS', kind: 'THRESHOLD', ...input.prometheusThreshold }
  if (input.counters != null)
    return { source: 'COUNTERS', kind: input.counters.thresholdMs == null ? 'RATIO' : 'LATENCY', ...input.counters }
  if (input.events != null)
    return { source: 'EVENTS', kind: input.events.thresholdSeconds == null ? 'RATIO' : 'THRESHOLD', ...input.events }
  return { source: 'COMPOSITE', kind: 'COMPOSITE', members: input.composite ?? [] }
}

function targetPpmOf({ target, targetPercent, targetPpm }: UpsertSloInput): number {
  const given = [target, targetPercent, targetPpm].filter((value) => value != null)
  if (given.length !== 1) throw badUserInput('Give `target`, `targetPercent` or `targetPpm`.', { path: ['target'] })
  if (targetPpm != null) return targetPpm
  return ppmOf(target ?? Math.round(((targetPercent ?? 0) / 100) * 1e9) / 1e9)
}

/** @throws AppError BAD_USER_INPUT */
function specsOf(input: UpsertSloInput): SloSpec[] {
  if (input.openSlo != null) {
    if (input.name != null || input.indicator != null) throw badUserInput('Give `openSlo` or the fields, not both.', { path: ['openSlo'] })
    return readOpenSlo(input.openSlo)
  }
  const { name, indicator, calendar, window } = input
  if (name == null) throw badUserInput('An objective has a name.', { path: ['name'] })
  if (indicator == null) throw badUserInput('An objective has an indicator.', { path: ['indicator'] })
  if ((calendar == null) === (window == null)) throw badUserInput('Give `window` or `calendar`.', { path: ['window'] })
  const kept = <T>(value: T | null | undefined, key: string) => (value == null ? {} : { [key]: value })
  return [
    parseSpec({
      name,
      displayName: input.displayName ?? null,
      description: input.description ?? null,
      service: input.service ?? 'default',
      ...kept(input.labels, 'labels'),
      targetPpm: targetPpmOf(input),
      window:
        calendar == null
          ? { kind: 'ROLLING', seconds: parseDuration(window ?? '') }
          : {
              kind: 'CALENDAR',
              unit: calendar.unit,
              count: calendar.count ?? 1,
              start: formatNanos(calendar.start),
              timeZone: calendar.timeZone ?? 'UTC',
            },
      budgetingMethod: input.budgetingMethod ?? 'OCCURRENCES',
      timeSliceTargetPpm: input.timeSliceTarget == null ? null : ppmOf(input.timeSliceTarget),
      timeSliceSeconds: input.timeSliceWindow == null ? null : parseDuration(input.timeSliceWindow),
      indicator: indicatorOf(indicator),
      tiers:
        input.tiers?.map(({ long, short, for: lasting, ...tier }) => ({
          ...tier,
          longSeconds: parseDuration(long),
          shortSeconds: parseDuration(short),
          forSeconds: lasting == null ? 0 : parseDuration(lasting),
        })) ?? null,
      ...kept(input.minCoverage, 'minCoverage'),
      ...kept(input.freezes, 'freezes'),
    }),
  ]
}

/** Runs a change once per idempotency key; the answer itself is read anew each time. */
async function once<T>(
  ctx: Context,
  mutation: string,
  input: { idempotencyKey?: string | null; clientMutationId?: string | null },
  work: () => Promise<T>,
): Promise<T> {
  const { idempotencyKey, clientMutationId: _echo, ...rest } = input
  if (idempotencyKey == null) return work()
  if (idempotencyKey === '' || idempotencyKey.length > 256)
    throw badUserInput('An idempotency key has 1 to 256 characters.', { path: ['idempotencyKey'] })
  const hash = createHash('sha256')
    .update(stableJson([mutation, rest]))
    .digest('hex')
  return (await ctx.dataSources.idempotency.once(ctx.scope, ctx.viewer.actorId, idempotencyKey, hash, work)).value
}

async function accepted(
  ctx: Context,
  names: readonly string[],
  created: boolean,
  clientMutationId: string | null | undefined,
): Promise<Answer> {
  const { slo } = ctx.dataSources
  ctx.loaders.clear()
  const definitions = (await slo.definitions(ctx.scope)).filter(({ name }) => names.includes(name))
  const slos = await slo.reports(ctx.scope, definitions, null)
  return { __typename: 'SloAccepted', slo: slos[0] ?? null, slos, created, clientMutationId }
}

const Mutation: Resolvers['Mutation'] = {
  upsertSlo: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:write')
      if (denied !== null) return notAllowed(denied, 'slo:write')
      const specs = specsOf(input)
      const created = await once(ctx, 'upsertSlo', input, async () => {
        let anyNew = false
        for (const spec of specs) anyNew = (await ctx.dataSources.slo.upsert(ctx.scope, spec, ctx.viewer.actorId)).created || anyNew
        return anyNew
      })
      return accepted(
        ctx,
        specs.map(({ name }) => name),
        created,
        input.clientMutationId,
      )
    }),
  deleteSlo: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:write')
      if (denied !== null) return notAllowed(denied, 'slo:write')
      const name = sloName(ctx, { id: input.slo, name: input.name }, 'slo')
      const gone = name !== null && (await ctx.dataSources.slo.remove(ctx.scope, name, ctx.viewer.actorId))
      if (!gone) return notFound(missing, ['input', input.slo == null ? 'name' : 'slo'])
      return { __typename: 'SloAccepted', slo: null, slos: [], created: false, clientMutationId: input.clientMutationId }
    }),
  addCorrection: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:write')
      if (denied !== null) return notAllowed(denied, 'slo:write')
      const name = sloName(ctx, { id: input.slo, name: input.name }, 'slo')
      const { startsAt, endsAt, reason } = input
      const done =
        name !== null &&
        (await once(
          ctx,
          'addCorrection',
          input,
          async () => (await ctx.dataSources.slo.correct(ctx.scope, { slo: name, startsAt, endsAt, reason }, ctx.viewer.actorId)) !== null,
        ))
      if (!done) return notFound(missing, ['input', input.slo == null ? 'name' : 'slo'])
      return accepted(ctx, [name], false, input.clientMutationId)
    }),
  recordSloEvents: (_parent, { input }, ctx) =>
    answering<Answer>(locate, async () => {
      const denied = denyByScope(ctx.viewer, 'slo:write')
      if (denied !== null) return notAllowed(denied, 'slo:write')
      const name = sloName(ctx, { id: input.slo, name: input.name }, 'slo')
      const { good, bad, at, group } = input
      if (!(good >= 0) || !(bad >= 0) || good + bad > 1e9) throw badUserInput('Counts are from 0 to 1,000,000,000.', { path: ['good'] })
      if (group != null && (group === '' || group.length > 128)) throw badUserInput('A group has 1 to 128 characters.', { path: ['group'] })
      const { slo } = ctx.dataSources
      const definition = (await slo.definitions(ctx.scope)).find((one) => one.name === name)
      if (definition === undefined) return notFound(missing, ['input', input.slo == null ? 'name' : 'slo'])
      if (definition.indicator.source !== 'COUNTERS')
        throw badUserInput('Events are counted for objectives of our own counters only.', { path: ['name'] })
      await slo.count(ctx.scope, definition, {
        good: Math.round(good),
        total: Math.round(good) + Math.round(bad),
        at: at ?? null,
        group: group ?? null,
      })
      return accepted(ctx, [definition.name], false, input.clientMutationId)
    }),
}

/** Changes of objectives. */
export const sloMutations: Resolvers = { Mutation }
