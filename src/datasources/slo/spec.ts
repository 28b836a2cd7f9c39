import { z } from 'zod'
import { badUserInput } from '../../errors.ts'
import { parseNanos } from '../../time.ts'
import { budgetingMethods, calendarUnits, eventKinds, operators, type SloSpec } from './slo.ts'
import { isTimeZone } from './windows.ts'

const MAX_TEXT = 4096
const text = z.string().max(MAX_TEXT)
const filled = text.min(1)
const ppm = z.number().int().min(0).max(999_999, 'a target lies below 100 %')
const name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,125}[a-z0-9])?$/i, 'a name has 1 to 127 letters, digits, dots, dashes and underscores')

const window = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ROLLING'),
    seconds: z
      .number()
      .int()
      .min(60)
      .max(366 * 86_400),
  }),
  z.object({
    kind: z.literal('CALENDAR'),
    unit: z.enum(calendarUnits),
    count: z.number().int().min(1).max(366),
    start: z.string().refine((at) => parseNanos(at) !== null, 'is no time'),
    timeZone: z.string().max(64).refine(isTimeZone, 'is no time zone'),
  }),
])

const thresholdMs = z.number().positive().max(86_400_000)

const indicator = z.union([
  z
    .object({
      source: z.literal('PROMETHEUS'),
      kind: z.literal('RATIO'),
      good: filled.nullable().default(null),
      bad: filled.nullable().default(null),
      total: filled,
    })
    .refine(({ good, bad }) => (good === null) !== (bad === null), 'a ratio counts either good or bad ones'),
  z.object({
    source: z.literal('PROMETHEUS'),
    kind: z.literal('LATENCY'),
    metric: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'is no metric'),
    matchers: text.refine((given) => !/[{}]/.test(given), 'are written without braces').default(''),
    thresholdMs,
    native: z.boolean().default(false),
  }),
  z.object({
    source: z.literal('PROMETHEUS'),
    kind: z.literal('THRESHOLD'),
    query: filled,
    operator: z.enum(operators),
    value: z.number(),
  }),
  z
    .object({
      source: z.literal('COUNTERS'),
      kind: z.enum(['RATIO', 'LATENCY']),
      measure: z.string().regex(/^[\w.:-]{1,128}$/, 'is no name of a measure'),
      thresholdMs: thresholdMs.nullable().default(null),
    })
    .refine(({ kind, thresholdMs: given }) => (kind === 'LATENCY') === (given !== null), 'a latency has a threshold, a ratio has none'),
  z
    .object({
      source: z.literal('EVENTS'),
      kind: z.enum(['RATIO', 'THRESHOLD']),
      event: z.enum(eventKinds),
      thresholdSeconds: z
        .number()
        .positive()
        .max(366 * 86_400)
        .nullable()
        .default(null),
      ritualId: filled.nullable().default(null),
      gateId: filled.nullable().default(null),
    })
    .refine(
      ({ event, thresholdSeconds }) => (event === 'RUNS' || event === 'APPENDS') === (thresholdSeconds === null),
      'ages and durations have a threshold, runs and appends have none',
    )
    .refine(
      ({ event, ritualId, gateId }) => event !== 'APPENDS' || (ritualId === null && gateId === null),
      'appends are about no ritual and no gate',
    ),
  z.object({
    source: z.literal('COMPOSITE'),
    kind: z.literal('COMPOSITE'),
    members: z
      .array(z.object({ slo: name, weight: z.number().positive().max(1e6).default(1) }))
      .min(1)
      .max(100),
  }),
])

const tier = z
  .object({
    name: z.string().regex(/^[\w-]{1,64}$/),
    severity: z.string().regex(/^[\w-]{1,32}$/),
    budgetShare: z.number().positive().max(1),
    longSeconds: z.number().int().min(2),
    shortSeconds: z.number().int().min(1),
    forSeconds: z.number().int().min(0).max(86_400).default(0),
  })
  .refine(({ longSeconds, shortSeconds }) => shortSeconds < longSeconds, 'the short window is shorter than the long one')

const label = z.string().regex(/^[\w./-]{1,128}$/)

const spec = z
  .object({
    name,
    displayName: text.nullable().default(null),
    description: text.nullable().default(null),
    service: z.string().min(1).max(128),
    labels: z.record(label, z.string().max(256)).default({}),
    targetPpm: ppm,
    window,
    budgetingMethod: z.enum(budgetingMethods).default('OCCURRENCES'),
    timeSliceTargetPpm: ppm.nullable().default(null),
    timeSliceSeconds: z.number().int().min(10).max(86_400).nullable().default(null),
    indicator,
    tiers: z.array(tier).max(10).nullable().default(null),
    minCoverage: z.number().min(0).max(1).default(0.5),
    words: z.object({ warning: z.number(), critical: z.number() }).nullable().default(null),
    freezes: z.array(z.string().min(1).max(512)).max(100).default([]),
  })
  .superRefine((given, ctx) => {
    const sliced = given.budgetingMethod !== 'OCCURRENCES'
    if (sliced && given.timeSliceSeconds === null)
      ctx.addIssue({ code: 'custom', path: ['timeSliceSeconds'], message: 'slices need a length' })
    if (given.budgetingMethod === 'TIMESLICES' && given.timeSliceTargetPpm === null)
      ctx.addIssue({ code: 'custom', path: ['timeSliceTargetPpm'], message: 'time slices need a target of their own' })
    if (given.tiers !== null && new Set(given.tiers.map((one) => one.name)).size !== given.tiers.length)
      ctx.addIssue({ code: 'custom', path: ['tiers'], message: 'two tiers have one name' })
    if (Object.keys(given.labels).length > 50) ctx.addIssue({ code: 'custom', path: ['labels'], message: 'at most 50' })
  })

/**
 * An objective as it may be stored.
 * @throws AppError BAD_USER_INPUT naming the first field that cannot be
 */
export function parseSpec(given: unknown): SloSpec {
  const result = spec.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.map(String) ?? []
  throw badUserInput(
    `The objective cannot be accepted: ${path.length === 0 ? '' : `${path.join('.')}: `}${issue?.message ?? 'it is not one'}.`,
    {
      path,
    },
  )
}

/** @throws AppError BAD_USER_INPUT; a percentage such as 99.9 as parts per million, exactly */
export function ppmOf(ratio: number): number {
  const parts = Math.round(ratio * 1e6)
  if (!Number.isFinite(ratio) || Math.abs(parts / 1e6 - ratio) > 1e-9)
    throw badUserInput('A target has at most six decimals as a ratio.', { path: ['target'] })
  return parts
}

/** Whether own counters may go on counting when an objective changes so: what was counted under another name, or by other groups, is of no use. */
export const countsTheSame = (one: SloSpec, other: SloSpec): boolean =>
  one.indicator.source === 'COUNTERS' &&
  other.indicator.source === 'COUNTERS' &&
  one.indicator.measure === other.indicator.measure &&
  one.labels['groupBy'] === other.labels['groupBy']
