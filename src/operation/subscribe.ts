import { type ExecutionResult, type GraphQLError } from 'graphql'
import { hasEnded, isWithdrawn } from '../auth/proof.ts'
import { AppError, badUserInput } from '../errors.ts'
import { type ReadyIterator, settlingIterator } from '../subscriptions/settling-iterator.ts'
import { mapError } from './errors.ts'
import { type Emission, type EventSourceParts, openEventSource } from './event-source.ts'
import { createLocator } from './field-at.ts'
import { untilStoresAnswer } from './until-stores-answer.ts'
import { type Pipeline, type PreparedOperation, type ResultStream } from './operation.ts'
import { createSharedExecution, type Membership } from './shared-execution.ts'
import { sharingKey } from './sharing-key.ts'

export interface Subscriber {
  readonly subscribe: Pipeline['subscribe']
  /** `behind`: how often a reader could not keep up with its group, since the start. */
  stats(): { readonly streams: number; readonly groups: number; readonly behind: number }
}

// results wait in the transport's buffer too; beyond this a reader goes on alone, at its own pace
const sharedQueue = { queueSize: 128, queueBytes: 8 * 1024 * 1024 }
const longestTimerMs = 2 ** 31 - 1
/** How often the proof of an open stream is looked at again. */
const recheckMs = 5000

/** Executes subscriptions: one result per event, masked, authorised at each; who asks the same shares the work. */
export function createSubscriber(parts: EventSourceParts): Subscriber {
  const sharing = createSharedExecution(sharedQueue)
  const perTenant = new Map<string, number>()
  let streams = 0
  let behind = 0

  const count = (tenantId: string, change: 1 | -1): void => {
    streams += change
    const left = (perTenant.get(tenantId) ?? 0) + change
    if (left === 0) perTenant.delete(tenantId)
    else perTenant.set(tenantId, left)
  }

  return {
    async subscribe(operation) {
      const { viewer, client } = operation.origin
      if (client.left) return refusal(operation, left())
      if ((perTenant.get(viewer.tenantId) ?? 0) >= parts.config.maxSubscriptionsPerTenant)
        return refusal(
          operation,
          new AppError('THROTTLED', 'Too many streams are open for this tenant.', {
            details: { limit: 'subscriptions', max: parts.config.maxSubscriptionsPerTenant },
          }),
        )
      count(viewer.tenantId, 1)
      try {
        const source = await untilStoresAnswer(() => openEventSource(parts, operation, resumeOf(operation)), client)
        if (Symbol.asyncIterator in source && !client.left)
          return openStream(parts, { operation, source, sharing, onBehind: () => behind++, onClose: () => count(viewer.tenantId, -1) })
        count(viewer.tenantId, -1)
        if (!(Symbol.asyncIterator in source)) return refusal(operation, refusedWith(source))
        await source.return?.()
        return refusal(operation, left())
      } catch (error) {
        count(viewer.tenantId, -1)
        return refusal(operation, error)
      }
    },
    stats: () => ({ streams, groups: sharing.groups(), behind }),
  }
}

const maskedError = ({ origin, document }: PreparedOperation, error: unknown): GraphQLError =>
  mapError(error, { requestId: origin.requestId, log: origin.log, locate: createLocator(document) })

const refusal = (operation: PreparedOperation, error: unknown): ExecutionResult => ({ errors: [maskedError(operation, error)] })

/** A field's `subscribe` fails with one error. */
const refusedWith = ({ errors }: ExecutionResult): Error => errors?.[0] ?? new Error('a stream could not be opened')

/**
 * Positions that came beside the arguments. An empty `Last-Event-ID` is none.
 * @throws AppError BAD_USER_INPUT: what is no cursor must not become a stream that begins with what is new
 */
function resumeOf({ extensions: { resume }, origin: { lastEventId } }: PreparedOperation): string[] {
  if (resume != null && typeof resume !== 'string') throw badUserInput('`extensions.resume` is a cursor.')
  return [...(resume == null ? [] : [resume]), ...(lastEventId == null || lastEventId === '' ? [] : [lastEventId])]
}

interface StreamOptions {
  readonly operation: PreparedOperation
  readonly source: ReadyIterator<Emission>
  readonly sharing: ReturnType<typeof createSharedExecution>
  readonly onBehind: () => void
  readonly onClose: () => void
}

/**
 * One reader's results. It starts alone; when it has caught up it joins those who ask the same. One that falls behind them goes on alone from
 * where it is. A result without `data` is the last one: why the stream ended, and its last cursor.
 */
function openStream(parts: EventSourceParts, { operation, source, sharing, onBehind, onClose }: StreamOptions): ResultStream {
  const { viewer, client } = operation.origin
  const key = sharingKey(operation)
  let own: ReadyIterator<Emission> | null = source
  let membership: Membership | null = null
  let caughtUp = false
  let last: Emission['at'] = null
  let ending: AppError | null = null
  let over = false
  /** Opened anew without the client's knowing: the phases of that are ours alone. */
  let reopened = false

  const release = (): void => {
    void own?.return?.()
    own = null
    membership?.leave()
    membership = null
  }

  const end = (reason: AppError): void => {
    ending ??= reason
    release()
  }

  const finish = (error: unknown): IteratorResult<ExecutionResult, undefined> => {
    over = true
    release()
    const cursor = last?.cursor
    return { done: false, value: { errors: [maskedError(operation, error)], ...(cursor === undefined ? {} : { extensions: { cursor } }) } }
  }

  /** Before every event: what a proof allows never changes, so that whether it still holds is all there is to ask. */
  const denied = (): AppError | null => {
    if (ending !== null) return ending
    return hasEnded(viewer, parts.clock) ? expired() : null
  }

  const tryJoin = (): void => {
    if (!caughtUp || last === null || own === null) return
    membership = sharing.join(key, last.position, own)
    if (membership !== null) own = null
  }

  const goOnAlone = async (): Promise<void> => {
    membership?.leave()
    membership = null
    caughtUp = false
    if (over || ending !== null) return
    reopened = true
    onBehind()
    const from = last === null ? resumeOf(operation) : [last.cursor]
    const opened = await untilStoresAnswer(() => openEventSource(parts, operation, from), client)
    if (Symbol.asyncIterator in opened) {
      if (over || ending !== null) await opened.return?.()
      else own = opened
    } else throw refusedWith(opened)
  }

  /** @returns null when it has to be asked again */
  const advance = async (): Promise<Emission | 'ENDED' | null> => {
    if (own !== null) {
      const step = await own.next()
      return step.done === true ? 'ENDED' : step.value
    }
    if (membership === null) return 'ENDED'
    const shared = await membership.next()
    if (shared.kind === 'EMISSION') return shared.emission
    if (shared.kind === 'FAILED') throw shared.error
    if (shared.kind === 'DETACHED') await goOnAlone()
    return shared.kind === 'ENDED' ? 'ENDED' : null
  }

  /** Notes where the reader is. @returns null when there is nothing to send */
  const shown = ({ at, result }: Emission): ExecutionResult | null => {
    if (at !== null) last = at
    if (at?.live === true) caughtUp = true
    return reopened && at?.kind === 'PHASE' ? null : result
  }

  /** What is there for this reader already: all that a burst brought, in one turn. */
  const ready = (): ExecutionResult | undefined => {
    while (!over && denied() === null) {
      const emission = own === null ? membership?.ready() : own.ready?.()
      if (emission === undefined) return undefined
      const result = shown(emission)
      tryJoin()
      if (result !== null) return result
    }
    return undefined
  }

  const pull = async (): Promise<IteratorResult<ExecutionResult, undefined>> => {
    while (!over) {
      try {
        const before = denied()
        if (before !== null) return finish(before)
        const emission = await advance()
        if (emission === null) continue
        const after = denied()
        if (after !== null) return finish(after)
        if (emission === 'ENDED') break
        const result = shown(emission)
        tryJoin()
        if (result !== null) return { done: false, value: result }
      } catch (error) {
        return finish(error)
      }
    }
    return { done: true, value: undefined }
  }

  let watch: NodeJS.Timeout | undefined
  const watchRevocation = (): void => {
    if (viewer.stillHolds === undefined) return
    const recheck = async (): Promise<void> => {
      if (await isWithdrawn(viewer, operation.origin.log)) end(expired())
    }
    watch = setInterval(() => void recheck(), recheckMs).unref()
  }

  let forget = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  const watchExpiry = (): void => {
    if (viewer.expiresAtSeconds === null) return
    const leftMs = Number(BigInt(viewer.expiresAtSeconds) * 1000n - parts.clock.now() / 1_000_000n)
    if (leftMs <= 0) return end(expired())
    timer = setTimeout(watchExpiry, Math.min(leftMs, longestTimerMs))
    timer.unref()
  }

  const stream = settlingIterator(
    pull,
    () => {
      over = true
      clearTimeout(timer)
      clearInterval(watch)
      forget()
      release()
      onClose()
    },
    ready,
  )
  forget = client.onLeave(() => void stream.return?.())
  watchExpiry()
  watchRevocation()
  return stream
}

const left = (): AppError => new AppError('DEADLINE_EXCEEDED', 'The client left.')

const expired = (): AppError =>
  new AppError('UNAUTHENTICATED', 'The proof of identity has ended: sign in again and resume after the last cursor.')
