import { type PullLoop, pullLoop } from './pull-loop.ts'
import { type ReadyIterator, settlingIterator } from './settling-iterator.ts'

export interface LogReader<T> extends Omit<PullLoop<T>, 'stop'> {
  /** Aborted when the stream ends, for whatever reason. */
  readonly stop: AbortController
  /** Each of them ends the stream. */
  readonly ends: readonly AbortSignal[]
  /** Called exactly once, when the stream has ended. */
  readonly close: () => void
}

/** The stream of one reader of the log: goes on until its reader leaves or one of its ends comes. */
export function logReader<T>({ stop, ends, close, ...loop }: LogReader<T>): ReadyIterator<T> {
  const onEnd = (): void => void iterator.return?.()
  const iterator = settlingIterator(
    pullLoop({ ...loop, stop: stop.signal }),
    () => {
      stop.abort()
      for (const end of ends) end.removeEventListener('abort', onEnd)
      close()
    },
    loop.take,
  )
  if (ends.some((end) => end.aborted)) onEnd()
  else for (const end of ends) end.addEventListener('abort', onEnd)
  return iterator
}
