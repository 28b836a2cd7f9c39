import { type RecordStream } from '../datasources/storage/storage.ts'
import { type CursorPosition } from './cursor.ts'

const PREFIX = 'records:'

/**
 * A position in a record stream as a cursor holds it: the next offset wanted, so that 0 lies before the first record. The epoch names the stream
 * itself, which no stream of the event log can be taken for.
 */
export const recordPosition = (stream: Pick<RecordStream, 'epoch' | 'store'>, next: bigint): CursorPosition => ({
  stream: 'orrery',
  epoch: `${PREFIX}${stream.store}:${stream.epoch ?? ''}`,
  sequence: next,
})

/** Records are read from where they were written: whoever names a position in them need not wait for a projection. */
export const isRecordPosition = ({ stream, epoch }: CursorPosition): boolean => stream === 'orrery' && epoch.startsWith(PREFIX)
