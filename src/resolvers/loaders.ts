import DataLoader from 'dataloader'
import { type Approval, type ApprovalKey, type ApprovalState } from '../datasources/approvals/approvals.ts'
import { type Silence } from '../datasources/alerts/alerts.ts'
import { type RunBlocker } from '../datasources/blockers/blockers.ts'
import { type DataSources } from '../datasources/index.ts'
import { type PageArguments, pageRequest } from '../datasources/page-cursor.ts'
import { emptyPage, type Page, type PageRequest } from '../datasources/page.ts'
import { type PolicyDecision, type Ritual, type Run, type RunEvent, type RunKey, type RunTransition } from '../datasources/runs/runs.ts'
import { type Scope } from '../datasources/scope.ts'
import { type SloReader } from '../datasources/slo/slo.ts'
import {
  type Pin,
  type RecordOfRun,
  type RecordRange,
  type RecordStream,
  type StoredRecord,
  type StreamExtent,
} from '../datasources/storage/storage.ts'
import { asError } from '../errors.ts'
import { type CountedConnection, toCountedConnection } from './connection.ts'
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
  /** Lists take the arguments of their field as they are. @throws AppError BAD_USER_INPUT as `pageRequest` */
  approvalsOfRun(args: ApprovalArguments): Loader<RunKey, CountedConnection<Approval>>
  eventsOfRun(args: EventArguments): Loader<RunKey, CountedConnection<RunEvent>>
  policyDecisionsOfRun(args: PageArguments): Loader<RunKey, CountedConnection<PolicyDecision>>
  recordsOfRun(args: PageArguments): Loader<RunKey, Page<RecordOfRun>>
  readonly recordRange: Loader<RecordRange, StoredRecord[]>
  readonly streamExtent: Loader<RecordStream, StreamExtent>
  pinsOfStream(args: PageArguments): Loader<RecordStream, Page<Pin>>
  readonly blockersOfRun: Loader<Run, readonly RunBlocker[]>
  readonly graph: GraphLoaders
  /** Objectives, each measured once. */
  slo(): SloReader
  /** Alertmanager's, asked once per operation for all alerts. */
  silences(): Promise<readonly Silence[]>
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

interface ListArguments extends PageArguments {
  readonly types?: readonly string[] | null | undefined
  readonly states?: readonly ApprovalState[] | null | undefined
}
type ApprovalArguments = Omit<ListArguments, 'types'>
type EventArguments = Omit<ListArguments, 'states'>

const argumentsText = ({ first, after, last, before, types, states }: ListArguments): string =>
  JSON.stringify([first, after, last, before, types, states])

const sameArguments = (one: ListArguments, other: ListArguments): boolean =>
  one.first === other.first &&
  one.after === other.after &&
  one.last === other.last &&
  one.before === other.before &&
  one.types === other.types &&
  one.states === other.states

/** One loader per set of arguments, so that only parents that ask the same share a statement. */
function perArguments<Key, Value>(
  make: (args: ListArguments) => Loader<Key, Value>,
): {
  (args: ListArguments): Loader<Key, Value>
  clear(): void
} {
  const loaders = new Map<string, Loader<Key, Value>>()
  // every parent of a level asks, mostly the same
  let newest: { readonly args: ListArguments; readonly loader: Loader<Key, Value> } | null = null
  const forArguments = (args: ListArguments): Loader<Key, Value> => {
    if (newest !== null && sameArguments(newest.args, args)) return newest.loader
    const name = argumentsText(args)
    let loader = loaders.get(name)
    if (loader === undefined) {
      if (loaders.size >= MAX_ARGUMENT_SETS) loaders.clear()
      loaders.set(name, (loader = make(args)))
    }
    newest = { args, loader }
    return loader
  }
  const clear = (): void => {
    loaders.clear()
    newest = null
  }
  return Object.assign(forArguments, { clear })
}

/** Pages of many parents as connections; their lists are counted for all parents at once, if at all. */
function countedLists<Value>(
  pages: (keys: readonly RunKey[], page: PageRequest, args: ListArguments) => Promise<readonly Page<Value>[]>,
  counts: (keys: readonly RunKey[], args: ListArguments) => Promise<readonly number[]>,
) {
  const counting = perArguments<RunKey, number>((args) => batching((keys) => counts(keys, args), runKeyText))
  const lists = perArguments<RunKey, CountedConnection<Value>>((args) => {
    const page = pageRequest(args)
    const { types, states } = args
    return batching(async (keys) => {
      const found = await pages(keys, page, args)
      return keys.map((key, at) => toCountedConnection(found[at] ?? emptyPage, () => counting({ types, states }).load(key)))
    }, runKeyText)
  })
  const clear = (): void => {
    lists.clear()
    counting.clear()
  }
  return Object.assign((args: ListArguments) => lists(args), { clear })
}

/** @param scope whose tenant every statement is filtered by */
export function createLoaders(dataSources: DataSources, scope: Scope): Loaders {
  const { runs, approvals, blockers, alerts, progress, storage } = dataSources
  const runsByKey = batching((keys: readonly RunKey[]) => runs.byKeys(scope, keys), runKeyText)
  // known already, and handed to the loader when somebody asks: most lists are never asked again
  let knownRuns: Run[] = []
  const run: Loader<RunKey, Run | null> = {
    load(key) {
      for (const known of knownRuns) runsByKey.clear(known).prime(known, known)
      knownRuns = []
      return runsByKey.load(key)
    },
  }
  const approval = batching((keys: readonly ApprovalKey[]) => approvals.byKeys(scope, keys), approvalKeyText)
  const ritual = batching((ids: readonly string[]) => runs.ritualsByIds(scope, ids), text)
  const runEvent = batching(
    (sequences: readonly bigint[]) => runs.eventsBySequences(scope, sequences),
    (sequence) => sequence.toString(),
  )
  const transitionsOfRun = batching((keys: readonly RunKey[]) => runs.transitionsOf(scope, keys), runKeyText)
  const durationsOfRitual = batching((ids: readonly string[]) => runs.durationsOf(scope, ids), text)
  const approvalsOfRun = countedLists(
    (keys, page, { states }) => approvals.ofRuns(scope, keys, states ?? null, page),
    (keys, { states }) => approvals.countOfRuns(scope, keys, states ?? null),
  )
  const eventsOfRun = countedLists(
    (keys, page, { types }) => runs.eventsOf(scope, keys, types ?? null, page),
    (keys, { types }) => runs.countEventsOf(scope, keys, types ?? null),
  )
  const policyDecisionsOfRun = countedLists(
    (keys, page) => runs.policyDecisionsOf(scope, keys, page),
    (keys) => runs.countPolicyDecisionsOf(scope, keys),
  )
  const recordsOfRun = perArguments((args) => {
    const page = pageRequest(args)
    return batching((keys: readonly RunKey[]) => storage.ofRuns(scope, keys, page), runKeyText)
  })
  const recordRange = batchingAnew(
    (ranges: readonly RecordRange[]) => storage.readRanges(scope, ranges),
    ({ stream, from, to }) => `${streamText(stream)}:${from}:${to}`,
  )
  const streamExtent = batchingAnew(
    (streams: readonly RecordStream[]) =>
      Promise.all(streams.map((stream) => storage.store(stream.store).extentOf(scope, stream).catch(asError))),
    streamText,
  )
  const pinsOfStream = perArguments((args) => {
    const page = pageRequest(args)
    return batchingAnew((streams: readonly RecordStream[]) => storage.pinsOf(scope, streams, page), streamText)
  })
  const blockersOfRun = new DataLoader<Run, readonly RunBlocker[]>((keys) => blockers.ofRuns(scope, keys), { maxBatchSize: MAX_BATCH })
  const graph = createGraphLoaders(dataSources.graph, scope)
  let slo: SloReader | undefined
  let silences: Promise<readonly Silence[]> | undefined
  let watermark: Promise<Watermark | null> | undefined
  return {
    run,
    approval,
    ritual,
    runEvent,
    transitionsOfRun,
    durationsOfRitual,
    approvalsOfRun,
    eventsOfRun,
    policyDecisionsOfRun,
    recordsOfRun,
    recordRange,
    streamExtent,
    pinsOfStream,
    blockersOfRun,
    graph,
    slo: () => (slo ??= dataSources.slo.reader(scope)),
    silences: () => (silences ??= alerts.silences(scope)),
    watermark: () => (watermark ??= progress.watermark('ritual')),
    clear() {
      knownRuns = []
      const plain = [runsByKey, approval, ritual, runEvent, transitionsOfRun, durationsOfRitual]
      for (const loader of plain) loader.clearAll()
      blockersOfRun.clearAll()
      slo = undefined
      silences = undefined
      for (const family of [approvalsOfRun, eventsOfRun, policyDecisionsOfRun, recordsOfRun]) family.clear()
      graph.clear()
      watermark = undefined
    },
    prime: (known) => void knownRuns.push(known),
  }
}
