import { importIntoSqlLog } from '../datasources/log/sql-log-import.ts'
import { type EventLog } from '../datasources/log/log.ts'
import { type Sql } from '../datasources/sql/sql.ts'
import { type Clock } from '../time.ts'
import { runSampleEngine } from './engine.ts'
import { type SampleMessage } from './events.ts'
import { keepGraphAlive, sampleGraphHistory } from './graph.ts'
import { sampleHistory } from './history.ts'

export interface SampleOptions {
  readonly sql: Sql
  readonly clock: Clock
}

const toImport = (messages: readonly SampleMessage[]) =>
  messages.map(({ subject, messageId, payload, at }) => ({
    subject,
    messageId,
    payload: Buffer.from(JSON.stringify(payload)),
    recordedAtNs: at,
  }))

/**
 * Puts two weeks of sample events into the embedded log, once: a log that holds anything is left alone. The projector makes tables of them like
 * of any other events.
 * @returns how many events were put in
 */
export async function loadSample({ sql, clock }: SampleOptions): Promise<number> {
  const history = sampleHistory(clock.now())
  const isScale = (message: SampleMessage) => message.subject.startsWith('demon.scale.')
  const rituals = await importIntoSqlLog(sql, 'ritual', toImport(history.filter((message) => !isScale(message))))
  if (rituals === 0) return 0
  const scale = await importIntoSqlLog(sql, 'scale', toImport(history.filter(isScale)))
  return rituals + scale + (await importIntoSqlLog(sql, 'graph', toImport(sampleGraphHistory(clock.now()))))
}

export interface LiveSampleOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
}

/** Keeps the sample moving until `signal` aborts. */
export const keepSampleAlive = async (options: LiveSampleOptions): Promise<void> => {
  await Promise.all([runSampleEngine(options), keepGraphAlive(options)])
}
