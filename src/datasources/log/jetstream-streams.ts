import { sourceUnavailable } from '../../errors.ts'
import { parseNanos } from '../../time.ts'
import { type NatsClient, JetstreamRefusal, nanos, refusals } from '../nats/nats-client.ts'
import { type StreamSettings, deprecatedRitualName, streamSettings } from './demon-streams.ts'
import { type LogStream, type LogStreamState, logStreams } from './log.ts'

/** Finds the real streams behind the names we use, and makes missing ones only where that was asked for. */
export interface JetstreamStreams {
  /** The stream's facts, or null when it does not exist. */
  state(stream: LogStream): Promise<LogStreamState | null>
  /** The real name of an existing stream, or null. Asks the server only until it is known. */
  nameOf(stream: LogStream): Promise<string | null>
  /** The remembered name is doubtful: ask again. */
  forget(stream: LogStream): void
  createMissing(): Promise<void>
  missing(): Promise<{ stream: LogStream; name: string; remedy: string }[]>
}

export interface StreamNaming {
  readonly client: NatsClient
  /** RITUAL_STREAM_NAME: no other name is tried beside it (contract: demon 2.2). */
  readonly ritualStreamName: string | undefined
  readonly createStreams: boolean
}

const isRefusal = (error: unknown, code: number): boolean => error instanceof JetstreamRefusal && error.code === code

async function stateOf(client: NatsClient, name: string): Promise<LogStreamState | null> {
  try {
    const { config, created, state } = await client.use(({ jsm }) => jsm.streams.info(name))
    return {
      name,
      firstSequence: state.messages === 0 ? BigInt(state.last_seq) + 1n : BigInt(state.first_seq),
      lastSequence: BigInt(state.last_seq),
      lastRecordedAtNs: state.messages === 0 ? null : parseNanos(state.last_ts),
      messages: BigInt(state.messages),
      epoch: created,
      subjects: config.subjects ?? [],
    }
  } catch (error) {
    if (isRefusal(error, refusals.streamNotFound)) return null
    throw error instanceof JetstreamRefusal ? sourceUnavailable('log', error) : error
  }
}

async function create(client: NatsClient, settings: StreamSettings): Promise<void> {
  await client.use(({ jsm }) =>
    jsm.streams.add({
      name: settings.name,
      subjects: [...settings.subjects],
      ...(settings.duplicateWindowMs === undefined ? {} : { duplicate_window: nanos(settings.duplicateWindowMs) }),
      ...(settings.maxMessagesPerSubject === undefined ? {} : { max_msgs_per_subject: settings.maxMessagesPerSubject }),
      ...(settings.maxAgeMs === undefined ? {} : { max_age: nanos(settings.maxAgeMs) }),
    }),
  )
}

export function createJetstreamStreams({ client, ritualStreamName, createStreams }: StreamNaming): JetstreamStreams {
  const known = new Map<LogStream, string>()
  const refused = new Map<LogStream, string>()

  const settingsOf = (stream: LogStream): StreamSettings =>
    stream === 'ritual' && ritualStreamName !== undefined ? { ...streamSettings.ritual, name: ritualStreamName } : streamSettings[stream]

  function candidates(stream: LogStream): string[] {
    const { name } = settingsOf(stream)
    return stream === 'ritual' && ritualStreamName === undefined ? [name, deprecatedRitualName] : [name]
  }

  async function state(stream: LogStream): Promise<LogStreamState | null> {
    for (const name of candidates(stream)) {
      const found = await stateOf(client, name)
      if (found === null) continue
      known.set(stream, name)
      return found
    }
    known.delete(stream)
    return null
  }

  async function createOne(stream: LogStream): Promise<void> {
    if ((await state(stream)) !== null) return
    try {
      await create(client, settingsOf(stream))
      refused.delete(stream)
    } catch (error) {
      // Somebody else made it meanwhile: theirs counts, never altered.
      if (isRefusal(error, refusals.nameInUse)) return
      if (!(error instanceof JetstreamRefusal)) throw error
      refused.set(
        stream,
        isRefusal(error, refusals.subjectsOverlap) ? 'its subjects already belong to another stream' : `JetStream error ${error.code}`,
      )
    }
  }

  function remedyFor(stream: LogStream): string {
    const { name, subjects } = settingsOf(stream)
    const reason = refused.get(stream)
    if (reason !== undefined)
      return `Making ${name} was refused: ${reason}. Remove the cause, or make the stream by hand with subjects ${subjects.join(', ')}.`
    const how = createStreams ? 'It is made as soon as JetStream allows it.' : 'Start with NATS_CREATE_STREAMS=on, or make it by hand.'
    const owner = stream === 'orrery' ? 'Our own announcements need it.' : 'Demon makes it at its first write.'
    return `${owner} ${how}`
  }

  return {
    state,
    async nameOf(stream) {
      return known.get(stream) ?? (await state(stream))?.name ?? null
    },
    forget: (stream) => void known.delete(stream),
    async createMissing() {
      if (createStreams) for (const stream of logStreams) await createOne(stream)
    },
    async missing() {
      const states = await Promise.all(logStreams.map(async (stream) => ({ stream, state: await state(stream) })))
      return states
        .filter((entry) => entry.state === null)
        .map(({ stream }) => ({ stream, name: settingsOf(stream).name, remedy: remedyFor(stream) }))
    },
  }
}
