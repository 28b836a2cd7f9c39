/** What every result of Orrery may carry beside `data` and `errors`. */
export interface ResultLike {
  readonly extensions?: unknown
}

/** What stock clients send: graphql-ws calls it a payload, graphql-sse a request. */
export interface RequestLike {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: Record<string, unknown> | null | undefined
  readonly extensions?: Record<string, unknown> | null | undefined
}

export interface SinkLike<Result> {
  next(result: Result): void
  error(error: unknown): void
  complete(): void
}

/** The part of `createClient()` of graphql-ws and of graphql-sse that is used here. */
export interface ClientLike {
  subscribe(request: RequestLike, sink: SinkLike<ResultLike>): () => void
}

export interface ResumeOptions {
  /** Where to begin, such as a cursor kept from an earlier visit. */
  readonly after?: string | null
  /** Told every position, to be kept for a later visit. */
  readonly onCursor?: (cursor: string) => void
}

const cursorOf = (result: ResultLike): string | null => {
  const { extensions } = result
  if (typeof extensions !== 'object' || extensions === null || !('cursor' in extensions)) return null
  return typeof extensions.cursor === 'string' ? extensions.cursor : null
}

/**
 * Subscribes such that every reconnect goes on exactly after the last result that was received. Both stock clients send the original request
 * again, written anew: so the last cursor is put where it is written, in `extensions.resume`.
 * @returns ends the subscription
 */
export function subscribeResuming<Result extends object>(
  client: ClientLike,
  request: RequestLike,
  sink: SinkLike<Result>,
  options: ResumeOptions = {},
): () => void {
  let cursor = options.after ?? undefined
  // read when the request is written, however often and however much of it a client has copied before
  const resume = { toJSON: () => cursor }
  return client.subscribe(
    { ...request, extensions: { ...request.extensions, resume } },
    {
      next(result) {
        sink.next(result as Result)
        // only now: what the sink has not taken is delivered again
        const next = cursorOf(result)
        if (next === null) return
        cursor = next
        options.onCursor?.(next)
      },
      error: (error) => sink.error(error),
      complete: () => sink.complete(),
    },
  )
}

/** The same as an async iterator; `return()` (leaving a `for await`) ends the subscription. Results wait in memory until they are taken. */
export function iterateResuming<Result extends object>(
  client: ClientLike,
  request: RequestLike,
  options: ResumeOptions = {},
): AsyncIterableIterator<Result> {
  const waiting: Result[] = []
  let wake: (() => void) | null = null
  let over = false
  let failure: { readonly error: unknown } | null = null
  const rouse = (): void => {
    wake?.()
    wake = null
  }
  const end = (): void => {
    over = true
    rouse()
  }
  const stop = subscribeResuming<Result>(
    client,
    request,
    {
      next(result) {
        waiting.push(result)
        rouse()
      },
      error(error) {
        failure = { error }
        end()
      },
      complete: end,
    },
    options,
  )
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      for (;;) {
        const result = waiting.shift()
        if (result !== undefined) return { done: false, value: result }
        if (failure !== null) throw failure.error
        if (over) return { done: true, value: undefined }
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    async return() {
      stop()
      end()
      return { done: true, value: undefined }
    },
  }
}
