import { randomUUID } from 'node:crypto'
import { type Clock } from '../../time.ts'
import { badUserInput, isOutage, sourceUnavailable } from '../../errors.ts'
import { type Sql } from '../sql/sql.ts'
import { streamSettings } from './demon-streams.ts'
import { type EventLog, type LogMessage, type LogStream, type LogStreamState, type ReadOptions, logStreams } from './log.ts'
import { promptIterator } from './prompt-iterator.ts'
import { createSqlAppender } from './sql-append.ts'
import { createAnnouncer, tailSql } from './sql-tail.ts'
import { assertPlainSubject, subjectExpression } from './subjects.ts'
import { raceLimits } from '../waiting.ts'

export interface SqlLogOptions {
  readonly sql: Sql
  readonly clock: Clock
  /** How long a commit of another process may stay unseen by a tail. */
  readonly pollMs?: number
}

interface MessageRow {
  sequence: bigint
  subject: string
  message_id: string | null
  payload: Uint8Array
  recorded_at_ns: bigint
}

/** What a NATS server accepts unless told otherwise. */
const maxPayloadBytes = 1024 * 1024

const columns = 'sequence, subject, message_id, payload, recorded_at_ns'

const toMessage = (stream: LogStream, row: MessageRow): LogMessage => ({
  stream,
  sequence: row.sequence,
  subject: row.subject,
  messageId: row.message_id,
  payload: row.payload,
  recordedAtNs: row.recorded_at_ns,
})

/** The store under the log is SQL: who uses the log is told that the log does not answer. */
async function asLog<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isOutage(error)) throw error.source === 'log' ? error : sourceUnavailable('log', error)
    throw error
  }
}

/** A condition on the subject: an exact one uses the index, a pattern is checked row by row. */
function subjectCondition(subject: string | undefined, parameter: number): { text: string; values: string[] } {
  if (subject === undefined || subject === '>') return { text: '', values: [] }
  if (!/[*>]/.test(subject)) return { text: `and subject = $${parameter}`, values: [subject] }
  return { text: `and subject ~ $${parameter}`, values: [subjectExpression(subject)] }
}

async function readState(sql: Sql, stream: LogStream): Promise<LogStreamState> {
  const { name, subjects } = streamSettings[stream]
  const row = await sql.one<{ epoch: string; last_sequence: bigint; first_sequence: bigint | null; last_at: bigint | null }>(
    `select epoch, last_sequence, (select min(sequence) from log_messages where stream = $1) as first_sequence,
            (select recorded_at_ns from log_messages m where m.stream = $1 and m.sequence = s.last_sequence) as last_at
       from log_streams s where stream = $1`,
    [stream],
  )
  const { epoch, last_sequence: lastSequence, last_at: lastRecordedAtNs } = row
  const firstSequence = row.first_sequence ?? lastSequence + 1n
  // Nothing is ever removed from the middle, so there is no need to count.
  return { name, subjects, epoch, firstSequence, lastSequence, lastRecordedAtNs, messages: lastSequence - firstSequence + 1n }
}

async function* readPages(
  sql: Sql,
  stream: LogStream,
  range: { from: bigint; to: bigint } & ReadOptions,
): AsyncGenerator<LogMessage[], void> {
  const { to, subject, batchSize = 500, signal } = range
  const condition = subjectCondition(subject, 5)
  for (let from = range.from; from <= to;) {
    const rows: MessageRow[] = await asLog(() =>
      sql.any<MessageRow>(
        `select ${columns} from log_messages where stream = $1 and sequence >= $2 and sequence <= $3 ${condition.text} order by sequence limit $4`,
        [stream, from, to, batchSize, ...condition.values],
        { signal },
      ),
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map((row) => toMessage(stream, row))
    if (rows.length < batchSize) return
    from = last.sequence + 1n
  }
}

/**
 * The event log as tables of the relational store, with the sequence semantics of JetStream 2.12 and later. Several processes may share one
 * PostgreSQL. Streams are made at the first call and never go missing.
 */
export function openSqlLog({ sql, clock, pollMs = sql.mode === 'CONNECTED' ? 200 : 1000 }: SqlLogOptions): EventLog {
  let made: Promise<void> | null = null
  const makeStreams = async (): Promise<void> => {
    await sql.run(
      'insert into log_streams (stream, epoch) select stream, $2 from unnest($1::text[]) as wanted (stream) on conflict (stream) do nothing',
      [[...logStreams], randomUUID()],
    )
  }
  const ready = (): Promise<void> => {
    made ??= makeStreams().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
  const state = (stream: LogStream): Promise<LogStreamState> =>
    asLog(async () => {
      await ready()
      return readState(sql, stream)
    })
  const announcer = createAnnouncer(sql, pollMs)
  const appender = createSqlAppender({ sql, clock, ready, onCommitted: (stream) => announcer.announce(stream) })

  async function* read(stream: LogStream, options: ReadOptions): AsyncGenerator<LogMessage[], void> {
    try {
      options.signal?.throwIfAborted()
      const to = options.to ?? (await state(stream)).lastSequence
      yield* readPages(sql, stream, { ...options, from: options.from ?? 1n, to })
    } catch (error) {
      options.signal?.throwIfAborted()
      throw error
    }
  }
  const find = (stream: LogStream, condition: string, value: string | bigint): Promise<LogMessage | null> =>
    asLog(async () => {
      const row = await sql.maybeOne<MessageRow>(
        `select ${columns} from log_messages where stream = $1 and ${condition} order by sequence desc limit 1`,
        [stream, value],
      )
      return row === null ? null : toMessage(stream, row)
    })

  const get = (stream: LogStream, sequence: bigint): Promise<LogMessage | null> => find(stream, 'sequence = $2', sequence)

  return {
    mode: 'EMBEDDED',
    async append(subject, payload, { messageId, expectedLastSubjectSequence, signal, timeoutMs } = {}) {
      assertPlainSubject(subject)
      if (payload.byteLength > maxPayloadBytes) throw badUserInput('This is more than the event log accepts in one message.')
      signal?.throwIfAborted()
      const appending = appender.append({ subject, payload, messageId: messageId ?? null, expected: expectedLastSubjectSequence ?? null })
      return asLog(() => raceLimits(appending, { signal, timeoutMs }))
    },
    state,
    get,
    async lastOnSubject(stream, subject) {
      assertPlainSubject(subject)
      return find(stream, 'subject = $2', subject)
    },
    read: (stream, options = {}) => promptIterator(() => read(stream, options)),
    tail: (stream, options) => tailSql({ stream, announcer, state, get, read: (of, range) => readPages(sql, of, range) }, options),
    ping: (timeoutMs) => asLog(() => sql.ping(timeoutMs)),
    async version() {
      return 'embedded'
    },
    async missing() {
      return []
    },
    async close() {
      announcer.close()
    },
  }
}
