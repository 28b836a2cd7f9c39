import { type Clock } from '../../time.ts'
import { sourceUnavailable } from '../../errors.ts'
import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { duplicateWindowMs, streamOfSubject } from './demon-streams.ts'
import { type AppendAck, type LogStream, WrongLastSequenceError } from './log.ts'

export interface PendingAppend {
  readonly subject: string
  readonly payload: Uint8Array
  readonly messageId: string | null
  /** null = no expectation */
  readonly expected: bigint | null
}

type Outcome = AppendAck | WrongLastSequenceError

const windowNs = BigInt(duplicateWindowMs) * 1_000_000n

/** What the checks of one group look at: the newest sequence of each subject, and the first copy of each message id. */
interface Known {
  readonly lastOnSubject: Map<string, bigint>
  readonly firstOfId: Map<string, bigint>
}

async function readKnown(tx: SqlExecutor, stream: LogStream, group: readonly PendingAppend[], nowNs: bigint): Promise<Known> {
  const subjects = [...new Set(group.filter(({ expected }) => expected !== null).map(({ subject }) => subject))]
  const ids = [...new Set(group.flatMap(({ messageId }) => messageId ?? []))]
  const rows =
    subjects.length + ids.length === 0
      ? []
      : await tx.any<{ subject: string | null; message_id: string | null; sequence: bigint }>(
          `select wanted.subject, null::text as message_id, newest.sequence from unnest($2::text[]) as wanted (subject)
             cross join lateral (select sequence from log_messages where stream = $1 and subject = wanted.subject order by sequence desc limit 1) newest
           union all
           select null, message_id, max(sequence) from log_messages where stream = $1 and message_id = any($3::text[]) and recorded_at_ns > $4 group by message_id`,
          [stream, subjects, ids, nowNs - windowNs],
        )
  const known: Known = { lastOnSubject: new Map(), firstOfId: new Map() }
  for (const { subject, message_id: id, sequence } of rows) {
    if (subject !== null) known.lastOnSubject.set(subject, sequence)
    if (id !== null) known.firstOfId.set(id, sequence)
  }
  return known
}

interface Judged {
  readonly outcomes: Outcome[]
  readonly stored: readonly { append: PendingAppend; sequence: bigint }[]
}

/** Judges a group in order, as if each had come alone. The expectation is checked before the message id, as NATS does since 2.12 (contract: demon 3.3). */
function judge(group: readonly PendingAppend[], known: Known, lastSequence: bigint): Judged {
  const outcomes: Outcome[] = []
  const stored: { append: PendingAppend; sequence: bigint }[] = []
  for (const append of group) {
    const { subject, messageId, expected } = append
    const first = messageId === null ? undefined : known.firstOfId.get(messageId)
    if (expected !== null && expected !== (known.lastOnSubject.get(subject) ?? 0n)) outcomes.push(new WrongLastSequenceError(subject))
    else if (first !== undefined) outcomes.push({ sequence: first, duplicate: true })
    else {
      const sequence = lastSequence + BigInt(stored.length) + 1n
      stored.push({ append, sequence })
      outcomes.push({ sequence, duplicate: false })
      known.lastOnSubject.set(subject, sequence)
      if (messageId !== null) known.firstOfId.set(messageId, sequence)
    }
  }
  return { outcomes, stored }
}

async function store(tx: SqlExecutor, stream: LogStream, stored: Judged['stored'], nowNs: bigint): Promise<void> {
  const newest = stored.at(-1)
  if (newest === undefined) return
  await tx.run(
    `with moved as (update log_streams set last_sequence = $2 where stream = $1)
     insert into log_messages (stream, sequence, subject, message_id, payload, recorded_at_ns)
     select $1, sequence, subject, message_id, decode(payload, 'base64'), $3
       from unnest($4::bigint[], $5::text[], $6::text[], $7::text[]) as given (sequence, subject, message_id, payload)`,
    [
      stream,
      newest.sequence,
      nowNs,
      stored.map(({ sequence }) => sequence),
      stored.map(({ append }) => append.subject),
      stored.map(({ append }) => append.messageId),
      stored.map(({ append }) => Buffer.from(append.payload).toString('base64')),
    ],
  )
}

/** One stream's share of a group, in one transaction. The row lock gives sequences in the order of commits: readers never see a later one first. */
function commitGroup(sql: Sql, clock: Clock, stream: LogStream, group: readonly PendingAppend[]): Promise<Outcome[]> {
  return sql.transaction(async (tx) => {
    const { last_sequence: last } = await tx.one<{ last_sequence: bigint }>(
      'select last_sequence from log_streams where stream = $1 for update',
      [stream],
    )
    const nowNs = clock.now()
    const { outcomes, stored } = judge(group, await readKnown(tx, stream, group, nowNs), last)
    await store(tx, stream, stored, nowNs)
    return outcomes
  })
}

interface Waiting {
  readonly append: PendingAppend
  readonly resolve: (ack: AppendAck) => void
  readonly reject: (error: unknown) => void
}

const groupLimit = { messages: 500, bytes: 4 * 1024 * 1024 }
const queueLimit = 20_000

function takeGroup(queue: Waiting[]): Waiting[] {
  let bytes = 0
  const end = queue.findIndex(({ append }, index) => {
    bytes += append.payload.byteLength
    return index > 0 && (index >= groupLimit.messages || bytes > groupLimit.bytes)
  })
  return queue.splice(0, end === -1 ? queue.length : end)
}

export interface SqlAppender {
  /** @throws WrongLastSequenceError; AppError SOURCE_UNAVAILABLE when no stream of ours stores the subject, or too many appends wait */
  append(append: PendingAppend): Promise<AppendAck>
}

/**
 * Appends that arrive while a transaction runs share the next one: many writers at once cost few commits, a single writer waits for nobody.
 * @param ready makes the streams; awaited before the first write
 * @param onCommitted called after a commit that stored something
 */
export function createSqlAppender(parts: {
  sql: Sql
  clock: Clock
  ready: () => Promise<void>
  onCommitted: (stream: LogStream, lastSequence: bigint) => void
}): SqlAppender {
  const queues = new Map<LogStream, Waiting[]>()
  const running = new Set<LogStream>()

  async function flush(stream: LogStream, group: readonly Waiting[]): Promise<void> {
    try {
      await parts.ready()
      const outcomes = await commitGroup(
        parts.sql,
        parts.clock,
        stream,
        group.map(({ append }) => append),
      )
      const sequences = outcomes.flatMap((outcome) => (outcome instanceof Error || outcome.duplicate ? [] : outcome.sequence))
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index]
        if (outcome === undefined || outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      })
      const newest = sequences.at(-1)
      if (newest !== undefined) parts.onCommitted(stream, newest)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function run(stream: LogStream, queue: Waiting[]): Promise<void> {
    running.add(stream)
    while (queue.length > 0) await flush(stream, takeGroup(queue))
    running.delete(stream)
  }

  return {
    append(append) {
      const stream = streamOfSubject(append.subject)
      if (stream === null) return Promise.reject(sourceUnavailable('log', new Error(`no stream stores ${append.subject}`)))
      const queue = queues.get(stream) ?? []
      queues.set(stream, queue)
      if (queue.length >= queueLimit) return Promise.reject(sourceUnavailable('log', new Error('too many appends wait')))
      return new Promise((resolve, reject) => {
        queue.push({ append, resolve, reject })
        if (!running.has(stream)) void run(stream, queue)
      })
    },
  }
}
