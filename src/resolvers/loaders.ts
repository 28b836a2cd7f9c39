import DataLoader from 'dataloader'
import { type Approval, type ApprovalKey, type ApprovalState } from '../datasources/approvals/approvals.ts'
import { type DataSources } from '../datasources/index.ts'
import { type Page, type PageRequest } from '../datasources/page.ts'
import { type PolicyDecision, type Ritual, type Run, type RunEvent, type RunKey, type RunTransition } from '../datasources/runs/runs.ts'
import { type Scope } from '../datasources/scope.ts'
import {
  type RecordOfRun,
  type RecordRange,
  type RecordStream,
  type StoredRecord,
  type StreamExtent,
} from '../datasources/storage/storage.ts'
import { asError } from '../errors.ts'
import { createGraphLoaders, type GraphLoaders } from './graph-loaders.ts'
import { type Watermark } from '../projections/progress.ts'

/** Gives what belongs to one parent; all parents of a level share one statement. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>
}

export interface RitualDurations {
  readonly p50Ms: number
  readonly p95Ms: number
}

/** Batches by level: one statement for all parents of a field with equal arguments. One set per operation; per event in subscriptions. */
export interface Loaders {
  readonly run: Loader<RunKey, Run | null>
  readonly approval: Loader<ApprovalKey, Approval | null>
  readonly ritual: Loader<string, Ritual | null>
  readonly runEvent: Loader<bigint, RunEvent | null>
  readonly transitionsOfRun: Loader<RunKey, RunTransition[]>
  readonly durationsOfRitual: Loader<string, RitualDurations | null>
  readonly policyDecisionCountOfRun: Loader<RunKey, number>
  approvalsOfRun(args: { states: readonly ApprovalState[] | null; page: PageRequest }): Loader<RunKey, Page<Approval>>
  approvalCountOfRun(args: { states: readonly ApprovalState[] | null }): Loader<RunKey, number>
  eventsOfRun(args: { types: readonly string[] | null; page: PageRequest }): Loader<RunKey, Page<RunEvent>>
  eventCountOfRun(args: { types: readonly string[] | null }): Loader<RunKey, number>
  policyDecisionsOfRun(args: { page: PageRequest }): Loader<RunKey, Page<PolicyDecision>>
  recordsOfRun(args: { page: PageRequest }): Loader<RunKey, Page<RecordOfRun>>
  readonly recordRange: Loader<RecordRange, StoredRecord[]>
  readonly streamExtent: Loader<RecordStream, StreamExtent>
  readonly graph: GraphLoaders
  /** How far the read model of runs is; asked once per operation. */
  watermark(): Promise<Watermark | null>
  /** Forgets what was loaded: to be called by a mutation after its write, so that its answer shows it. */
  clear(): void
  /** Takes a run that is known already: from a list, or from the log itself where the read model does not show a mutation yet. */
  prime(run: Run): void
}

/** Keys of one statement; what is beyond goes into a further one. */
const MAX_BATCH = 500
/** Different argument sets of one field in one operation that are remembered. */
const MAX_ARGUMENT_SETS = 50

// The length tells where one text ends, so that no two keys have one name, whatever is in them.
const runKeyText = ({ system, ritualId, runId }: RunKey): string => `${system}:${ritualId.length}:${ritualId}${runId}`
const approvalKeyText = (key: ApprovalKey): string => JSON.stringify([key.system, key.ritualId, key.runId, key.gateId])

const batching = <Key, Value>(load: (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>, cacheKeyFn: (key: Key) => string) =>
  new DataLoader<Key, Value, string>(load, { maxBatchSize: MAX_BATCH, cacheKeyFn })

/** For what grows while an operation runs: keys of one batch share it, and nothing is remembered after it. */
function batchingAnew<Key, Value>(load: (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>, cacheKeyFn: (key: Key) => string) {
  const loader = batching((keys: readonly Key[]) => {
    loader.clearAll()
    return load(keys)
  }, cacheKeyFn)
  return loader
}

const text = (key: string): string => key
const streamText = ({ store, key }: RecordStream): string => `${store}:${key}`

interface PageArguments {
  readonly page?: PageRequest
  readonly types?: readonly string[] | null
  readonly states?: readonly string[] | null
}

/** Asked for by every parent of a level: spelling the arguments must cost next to nothing. */
const argumentsText = ({ page, types, states }: PageArguments): string =>
  `${page?.direction}:${page?.size}:${page?.cursor}:${types == null ? '' : JSON.stringify(types)}:${states == null ? '' : JSON.stringify(states)}`

/** One loader per set of arguments, so that only parents that ask the same share a statement. */
function perArguments<Arguments extends PageArguments, Key, Value>(
  make: (args: Arguments) => Loader<Key, Value>,
): {
  (args: Arguments): Loader<Key, Value>
  clear(): void
} {
  const loaders = new Map<string, Loader<Key, Value>>()
  const forArguments = (args: Arguments): Loader<Key, Value> => {
    const name = argumentsText(args)
    const known = loaders.get(name)
    if (known !== undefined) return known
    if (loaders.size >= MAX_ARGUMENT_SETS) loaders.clear()
    const loader = make(args)
    loaders.set(name, loader)
    return loader
  }
  return Object.assign(forArguments, { clear: () => loaders.clear() })
}

/** @param scope whose tenant every statement is filtered by */
export function createLoaders(dataSources: DataSources, scope: Scope): Loaders {
  const { runs, approvals, progress, storage } = dataSources
  const run = batching((keys: readonly RunKey[]) => runs.byKeys(scope, keys), runKeyText)
  const approval = batching((keys: readonly ApprovalKey[]) => approvals.byKeys(scope, keys), approvalKeyText)
  const ritual = batching((ids: readonly string[]) => runs.ritualsByIds(scope, ids), text)
  const runEvent = batching(
    (sequences: readonly bigint[]) => runs.eventsBySequences(scope, sequences),
    (sequence) => sequence.toString(),
  )
  const transitionsOfRun = batching((keys: readonly RunKey[]) => runs.transitionsOf(scope, keys), runKeyText)
  const durationsOfRitual = batching((ids: readonly string[]) => runs.durationsOf(scope, ids), text)
  const approvalsOfRun = perArguments(({ states, page }: Parameters<Loaders['approvalsOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => approvals.ofRuns(scope, keys, states, page), runKeyText),
  )
  const approvalCountOfRun = perArguments(({ states }: Parameters<Loaders['approvalCountOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => approvals.countOfRuns(scope, keys, states), runKeyText),
  )
  const eventsOfRun = perArguments(({ types, page }: Parameters<Loaders['eventsOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => runs.eventsOf(scope, keys, types, page), runKeyText),
  )
  const eventCountOfRun = perArguments(({ types }: Parameters<Loaders['eventCountOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => runs.countEventsOf(scope, keys, types), runKeyText),
  )
  const policyDecisionCountOfRun = batching((keys: readonly RunKey[]) => runs.countPolicyDecisionsOf(scope, keys), runKeyText)
  const policyDecisionsOfRun = perArguments(({ page }: Parameters<Loaders['policyDecisionsOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => runs.policyDecisionsOf(scope, keys, page), runKeyText),
  )
  const recordsOfRun = perArguments(({ page }: Parameters<Loaders['recordsOfRun']>[0]) =>
    batching((keys: readonly RunKey[]) => storage.ofRuns(scope, keys, page), runKeyText),
  )
  const recordRange = batchingAnew(
    (ranges: readonly RecordRange[]) => storage.readRanges(scope, ranges),
    ({ stream, from, to }) => `${streamText(stream)}:${from}:${to}`,
  )
  const streamExtent = batchingAnew(
    (streams: readonly RecordStream[]) =>
      Promise.all(streams.map((stream) => storage.store(stream.store).extentOf(scope, stream).catch(asError))),
    streamText,
  )
  const graph = createGraphLoaders(dataSources.graph, scope)
  let watermark: Promise<Watermark | null> | undefined
  return {
    run,
    approval,
    ritual,
    runEvent,
    transitionsOfRun,
    durationsOfRitual,
    approvalsOfRun,
    approvalCountOfRun,
    eventsOfRun,
    eventCountOfRun,
    policyDecisionsOfRun,
    policyDecisionCountOfRun,
    recordsOfRun,
    recordRange,
    streamExtent,
    graph,
    watermark: () => (watermark ??= progress.watermark('ritual')),
    clear() {
      const plain = [run, approval, ritual, runEvent, transitionsOfRun, durationsOfRitual, policyDecisionCountOfRun]
      for (const loader of plain) loader.clearAll()
      for (const family of [approvalsOfRun, approvalCountOfRun, eventsOfRun, eventCountOfRun, policyDecisionsOfRun, recordsOfRun])
        family.clear()
      graph.clear()
      watermark = undefined
    },
    prime: (known) => void run.clear(known).prime(known, known),
  }
}
