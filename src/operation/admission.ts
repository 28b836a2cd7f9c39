import { callerKey } from '../auth/viewer.ts'
import { type BucketShape } from '../datasources/cache/cache.ts'
import { type Buckets } from './buckets.ts'
import { type Caller } from './operation.ts'
import { GraphQLError } from 'graphql'
import { Refused, throttled } from './refused.ts'

export interface AdmissionOptions {
  readonly buckets: Buckets
  /** Requests that one caller may make per window; 0 = any number. */
  readonly rateLimitMax: number
  readonly rateLimitWindowMs: number
  /** Queries and mutations that may run at once, for one tenant and in all. */
  readonly maxOperationsPerTenant: number
  readonly maxOperations: number
}

interface Running {
  readonly ofTenant: number
  readonly all: number
}

/** Who gets in at all. */
export interface Admission {
  /**
   * Asked before a request is read.
   * @throws Refused BUDGET (THROTTLED: too many requests, or too many at once), UNAVAILABLE (this process is full)
   */
  admit(caller: Caller, running: Running): Promise<void> | undefined
  /** Asked again when it is about to run: many may have been let in at one moment. @throws Refused as `admit` */
  checkRoom(running: Running): void
}

/** What somebody is told to wait who found the place full. */
const fullRetryMs = 1000

export function createAdmission(options: AdmissionOptions): Admission {
  const { buckets, rateLimitMax, rateLimitWindowMs } = options
  const shape: BucketShape = { capacity: rateLimitMax, restorePerSecond: rateLimitMax / (rateLimitWindowMs / 1000) }

  const countRequest = async ({ viewer, address, log }: Caller): Promise<void> => {
    const who = callerKey(viewer, () => address?.())
    const { granted, retryAfterMs } = await buckets.take(`requests:${who}`, 1, shape, log)
    if (!granted) throw throttled('Too many requests.', { limit: 'requests', max: rateLimitMax }, retryAfterMs)
  }

  const checkRoom = (running: Running): void => {
    if (running.all >= options.maxOperations) {
      const error = new GraphQLError('The server is full.', {
        extensions: { code: 'SOURCE_UNAVAILABLE', source: 'orrery', retryable: true, retryAfterMs: fullRetryMs },
      })
      throw new Refused('UNAVAILABLE', [error], { retryAfterMs: fullRetryMs })
    }
    if (running.ofTenant >= options.maxOperationsPerTenant)
      throw throttled(
        'Too many operations of this tenant run at once.',
        { limit: 'concurrency', max: options.maxOperationsPerTenant },
        fullRetryMs,
      )
  }

  return {
    checkRoom,
    admit(caller, running) {
      checkRoom(running)
      return rateLimitMax === 0 ? undefined : countRequest(caller)
    },
  }
}
