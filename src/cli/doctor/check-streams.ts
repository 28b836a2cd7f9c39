import { type StreamConfig } from '@nats-io/jetstream'
import { type Config } from '../../config.ts'
import { deprecatedRitualName, type StreamSettings, streamSettings } from '../../datasources/log/demon-streams.ts'
import { type EventLog, type LogStream, logStreams } from '../../datasources/log/log.ts'
import { subjectMatcher } from '../../datasources/log/subjects.ts'
import { type NatsClient } from '../../datasources/nats/nats-client.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

/** What the doctor reads of a stream's settings. */
export type KnownStreamConfig = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'storage'
  | 'retention'
  | 'discard'
  | 'num_replicas'
  | 'duplicate_window'
  | 'max_age'
  | 'max_msgs'
  | 'max_bytes'
  | 'max_msgs_per_subject'
>

const currentRitualSubjects = 'demon.ritual.v1.*.*.*.events'
const nanosPerMs = 1_000_000

function subjectFindings(check: string, stream: LogStream, config: KnownStreamConfig): readonly Finding[] {
  const stores = (pattern: string): boolean => config.subjects.some((subject) => subjectMatcher(subject)(pattern))
  const missing = streamSettings[stream].subjects.filter((pattern) => !stores(pattern))
  if (missing.length === 0) return []
  const edit = `nats stream edit ${config.name} --subjects="${streamSettings[stream].subjects.join(',')}"`
  // Demon's own event log makes it so when it is the first (contract: demon 2.1)
  if (stream === 'ritual' && stores(currentRitualSubjects))
    return [warn(check, 'It does not store the legacy subjects of six tokens.', `Where something still writes them: \`${edit}\`.`)]
  return [fail(check, `It does not store ${missing.join(', ')}: such events are refused.`, `Run \`${edit}\`.`)]
}

const days = (nanoseconds: number): string => `${Number((nanoseconds / 86_400_000 / nanosPerMs).toFixed(2))} d`
/** The server's word for no limit is 0 or -1. */
const limitOf = (value: number | undefined): number => (value === undefined || value <= 0 ? Infinity : value)

/** Limits that throw events away sooner than with the settings the stream is meant to have. */
function keepingFindings(check: string, settings: StreamSettings, config: KnownStreamConfig): readonly Finding[] {
  const found: Finding[] = []
  if (config.retention !== 'limits')
    found.push(
      fail(
        check,
        `Its retention is ${config.retention}: events vanish when somebody has read them.`,
        'Make it anew with `--retention limits`.',
      ),
    )
  if (config.discard !== 'old')
    found.push(
      warn(
        check,
        'When it is full it refuses new events instead of dropping old ones.',
        `Run \`nats stream edit ${config.name} --discard old\`.`,
      ),
    )
  const wantedAge = limitOf(settings.maxAgeMs) * nanosPerMs
  const limits = [
    { is: limitOf(config.max_age), wanted: wantedAge, text: `older than ${days(config.max_age)}`, flag: '--max-age' },
    { is: limitOf(config.max_msgs), wanted: Infinity, text: `beyond ${config.max_msgs} messages`, flag: '--max-msgs' },
    { is: limitOf(config.max_bytes), wanted: Infinity, text: `beyond ${config.max_bytes} bytes`, flag: '--max-bytes' },
    {
      is: limitOf(config.max_msgs_per_subject),
      wanted: limitOf(settings.maxMessagesPerSubject),
      text: `beyond ${config.max_msgs_per_subject} messages of one subject`,
      flag: '--max-msgs-per-subject',
    },
  ]
  for (const { is, wanted, text, flag } of limits)
    if (is < wanted)
      found.push(
        warn(
          check,
          `It drops events ${text}: a rebuild cannot bring them back.`,
          `Where that was not meant, raise ${flag} with \`nats stream edit\`.`,
        ),
      )
  return found
}

function windowFindings(check: string, settings: StreamSettings, config: KnownStreamConfig): readonly Finding[] {
  const { duplicateWindowMs } = settings
  if (duplicateWindowMs === undefined || config.duplicate_window >= duplicateWindowMs * nanosPerMs) return []
  return [
    warn(
      check,
      `It knows a repeat for ${config.duplicate_window / 1000 / nanosPerMs} s only: a later one is stored twice.`,
      `Run \`nats stream edit ${config.name} --dupe-window ${duplicateWindowMs / 1000}s\`.`,
    ),
  ]
}

/** Compares a stream with what it is to be made with (contract: demon 2.1, 2.2). */
export function streamFindings(stream: LogStream, config: KnownStreamConfig, messages: number): readonly Finding[] {
  const settings = streamSettings[stream]
  const check = `stream ${config.name}`
  const text = `${messages} messages, ${config.num_replicas} replica(s), ${config.storage}.`
  const deviations = [
    ...(config.storage === 'file' ? [] : [fail(check, `${text} Memory loses it with its server.`, 'Make it anew with file storage.')]),
    ...subjectFindings(check, stream, config),
    ...keepingFindings(check, settings, config),
    ...windowFindings(check, settings, config),
    ...(config.name === deprecatedRitualName
      ? [
          warn(
            check,
            "Its name is deprecated: Demon's own pages do not start beside it.",
            `Set RITUAL_STREAM_NAME=${deprecatedRitualName} there, or move to ${streamSettings.ritual.name}.`,
          ),
        ]
      : []),
    ...(config.num_replicas < 2 ? [warn(check, text, 'In production: `nats stream edit --replicas 3`.')] : []),
  ]
  return deviations.length === 0 ? [ok(check, text)] : deviations
}

/** The streams that are not there. */
export async function missingStreams(log: EventLog, config: Config): Promise<readonly Finding[]> {
  const missing = await log.missing()
  if (missing.length === 0) return [ok('streams', 'All are there.')]
  return missing.map(({ name, remedy }) =>
    config.natsCreateStreams
      ? warn('streams', `Stream ${name} is missing.`, 'Start a server: it makes it (NATS_CREATE_STREAMS=on).')
      : fail('streams', `Stream ${name} is missing.`, remedy),
  )
}

/** The settings of the streams that are there, under whichever name each is found. */
export async function checkStreams(log: EventLog, client: NatsClient): Promise<readonly Finding[]> {
  const found = await Promise.all(
    logStreams.map(async (stream) => {
      const there = await log.state(stream)
      if (there === null) return []
      const { config, state } = await client.use(({ jsm }) => jsm.streams.info(there.name))
      return streamFindings(stream, config, state.messages)
    }),
  )
  return found.flat()
}
