import { type EventLog, type LogMessage } from '../datasources/log/log.ts'
import { createLeader, type Leader } from '../datasources/sql/leader.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { isAppError } from '../errors.ts'
import { encodeId } from '../ids.ts'
import { type Logger } from '../logger.ts'
import { gateOf } from './approvals.ts'
import { parseRitualEvent } from './events.ts'
import { type ProjectionProgress } from './progress.ts'

export interface EntityRelayParts {
  readonly sql: Sql
  readonly log: EventLog
  readonly progress: Pick<ProjectionProgress, 'waitFor'>
  readonly logger: Logger
}

/** What a router needs to fetch the rest (platform 5.6). */
export interface EntityStub {
  readonly __typename: 'Run' | 'Approval'
  readonly id: string
}

const lockName = 'orrery-entity-relay'
const stream = 'ritual'

/** The subject of an entity: its global id is URL-safe base64, and so one token. */
export const entitySubject = ({ __typename, id }: EntityStub): string => `orrery.entity.${__typename}.${id}`

/** The entities that messages changed, each once. */
export function entitiesOf(messages: readonly LogMessage[]): EntityStub[] {
  const stubs = new Map<string, EntityStub>()
  const note = (type: EntityStub['__typename'], parts: readonly string[]): void => {
    const id = encodeId(type, parts)
    stubs.set(id, { __typename: type, id })
  }
  for (const message of messages) {
    const parsed = parseRitualEvent(message)
    if (!parsed.readable) continue
    const { event } = parsed
    const run = ['DEMON', event.tenantId, event.ritualId, event.runId]
    const gateId = gateOf(event)
    note('Run', run)
    if (gateId !== null) note('Approval', [...run, gateId])
  }
  return [...stubs.values()]
}

interface Mark {
  readonly epoch: string
  readonly sequence: bigint
}

/** Where to go on; a stream that is new to us, or was replaced, begins with what is new. */
async function startingMark({ sql, log }: EntityRelayParts): Promise<Mark | null> {
  const state = await log.state(stream)
  if (state === null) return null
  const stored = await sql.maybeOne<Mark>('select epoch, sequence from entity_relay where stream = $1', [stream])
  if (stored !== null && stored.epoch === state.epoch && stored.sequence <= state.lastSequence) return stored
  return { epoch: state.epoch, sequence: state.lastSequence }
}

async function save(sql: Sql, { epoch, sequence }: Mark): Promise<void> {
  await sql.run(
    'insert into entity_relay (stream, epoch, sequence) values ($1, $2, $3) on conflict (stream) do update set epoch = excluded.epoch, sequence = excluded.sequence',
    [stream, epoch, sequence],
  )
}

async function publish(
  { sql, log, progress }: EntityRelayParts,
  { epoch, sequence }: Mark,
  { batch, signal }: { batch: readonly LogMessage[]; signal: AbortSignal },
): Promise<void> {
  while (!(await progress.waitFor(stream, sequence, { timeoutMs: 5000, signal }))) signal.throwIfAborted()
  const stubs = entitiesOf(batch)
  await Promise.all(
    stubs.map((stub) =>
      // a batch that is published again after a crash is the same batch, or a longer one that begins alike
      log.append(entitySubject(stub), Buffer.from(JSON.stringify(stub)), { messageId: `entity:${epoch}:${sequence}:${stub.id}`, signal }),
    ),
  )
  await save(sql, { epoch, sequence })
}

async function lead(parts: EntityRelayParts, signal: AbortSignal): Promise<void> {
  const mark = await startingMark(parts)
  if (mark === null) return
  await save(parts.sql, mark)
  for await (const batch of parts.log.tail(stream, { from: mark.sequence + 1n, signal })) {
    const last = batch.at(-1)
    if (signal.aborted || last === undefined) return
    await publish(parts, { epoch: mark.epoch, sequence: last.sequence }, { batch, signal })
  }
}

/**
 * Publishes a stub of every run and gate that changed, once the tables show the change, at least once and in the order of the log; one process of a
 * deployment does.
 */
export const createEntityRelay = (parts: EntityRelayParts): Leader =>
  createLeader({
    sql: parts.sql,
    lock: lockName,
    what: 'entity stubs',
    logger: parts.logger,
    lead: (signal) =>
      lead(parts, signal).catch((error: unknown) => {
        // a replaced stream begins again with what is new
        if (!isAppError(error, 'CURSOR_EXPIRED')) throw error
      }),
  })
