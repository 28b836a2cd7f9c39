import { boundedText } from '../../bounded-text.ts'
import { AppError, badUserInput, sourceUnavailable } from '../../errors.ts'
import { formatNanos, type Nanos, parseNanos } from '../../time.ts'
import { type Matcher, type Silence } from './alerts.ts'

/** An alert as Alertmanager's API gives it (contract: guarantees 20). */
export interface ManagedAlert {
  readonly fingerprint: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: Nanos
  readonly updatedAt: Nanos | null
  readonly endsAt: Nanos | null
  readonly receivers: readonly string[]
  readonly silencedBy: readonly string[]
  readonly inhibitedBy: readonly string[]
}

/** @throws AppError SOURCE_UNAVAILABLE with source "alertmanager" for a server that is down, slow or answers nonsense */
export interface AlertmanagerClient {
  readonly mode: 'CONNECTED'
  alerts(signal?: AbortSignal): Promise<ManagedAlert[]>
  silences(signal?: AbortSignal): Promise<Silence[]>
  /** @throws AppError BAD_USER_INPUT for what Alertmanager refuses */
  createSilence(silence: Omit<Silence, 'id' | 'state'>, signal?: AbortSignal): Promise<string>
  /** @returns false when there is none */
  expireSilence(id: string, signal?: AbortSignal): Promise<boolean>
  ping(timeoutMs: number): Promise<void>
}

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(object(value)).map(([name, text]) => [name, String(text)]))
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Alertmanager writes the year 1 for "never". */
const moment = (value: unknown): Nanos | null => {
  const at = parseNanos(value)
  return at === null || at < 0n ? null : at
}

const alertOf = (value: unknown): ManagedAlert[] => {
  const alert = object(value)
  const startsAt = moment(alert['startsAt'])
  if (typeof alert['fingerprint'] !== 'string' || startsAt === null) return []
  const status = object(alert['status'])
  return [
    {
      fingerprint: alert['fingerprint'],
      labels: texts(alert['labels']),
      annotations: texts(alert['annotations']),
      startsAt,
      updatedAt: moment(alert['updatedAt']),
      endsAt: moment(alert['endsAt']),
      receivers: list(alert['receivers']).map((receiver) => String(object(receiver)['name'])),
      silencedBy: list(status['silencedBy']).map(String),
      inhibitedBy: list(status['inhibitedBy']).map(String),
    },
  ]
}

const matcherOf = (value: unknown): Matcher => {
  const { name, value: text, isRegex, isEqual } = object(value)
  return { name: String(name), value: String(text), isRegex: isRegex === true, isEqual: isEqual !== false }
}

const silenceOf = (value: unknown): Silence[] => {
  const silence = object(value)
  const startsAt = moment(silence['startsAt'])
  const endsAt = moment(silence['endsAt'])
  if (typeof silence['id'] !== 'string' || startsAt === null || endsAt === null) return []
  const word = object(silence['status'])['state']
  return [
    {
      id: silence['id'],
      state: word === 'active' ? 'ACTIVE' : word === 'pending' ? 'PENDING' : 'EXPIRED',
      matchers: list(silence['matchers']).map(matcherOf),
      startsAt,
      endsAt,
      createdBy: String(silence['createdBy'] ?? ''),
      comment: String(silence['comment'] ?? ''),
    },
  ]
}

/** An answer of a stranger is read no further than this. */
const maxBytes = 64 * 1024 * 1024

export function createAlertmanagerClient({ url, timeoutMs }: { url: string; timeoutMs: number }): AlertmanagerClient {
  const base = `${url.replace(/\/+$/, '')}/api/v2`

  async function call(
    method: string,
    path: string,
    { body, signal }: { body?: object; signal?: AbortSignal | undefined },
  ): Promise<{ status: number; body: unknown }> {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
      })
      const text = await boundedText(response, maxBytes)
      if (response.status >= 500) throw new Error(`Alertmanager answers ${response.status}`)
      return { status: response.status, body: text === '' || !response.ok ? null : JSON.parse(text) }
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof AppError ? error : sourceUnavailable('alertmanager', error)
    }
  }

  async function get(path: string, signal?: AbortSignal): Promise<readonly unknown[]> {
    const { status, body } = await call('GET', path, { signal })
    if (status !== 200 || !Array.isArray(body)) throw sourceUnavailable('alertmanager', new Error(`unexpected answer ${status}`))
    return body
  }

  return {
    mode: 'CONNECTED',
    alerts: async (signal) => (await get('/alerts', signal)).flatMap(alertOf),
    silences: async (signal) => (await get('/silences', signal)).flatMap(silenceOf),
    async createSilence({ matchers, startsAt, endsAt, createdBy, comment }, signal) {
      const silence = { matchers, startsAt: formatNanos(startsAt), endsAt: formatNanos(endsAt), createdBy, comment }
      const { status, body } = await call('POST', '/silences', { body: silence, signal })
      const id = object(body)['silenceID']
      if (status === 400) throw badUserInput('Alertmanager refuses this silence.', { path: ['matchers'] })
      if (status !== 200 || typeof id !== 'string') throw sourceUnavailable('alertmanager', new Error(`unexpected answer ${status}`))
      return id
    },
    async expireSilence(id, signal) {
      const { status } = await call('DELETE', `/silence/${encodeURIComponent(id)}`, { signal })
      if (status === 200) return true
      if (status === 404 || status === 400 || status === 422) return false
      throw sourceUnavailable('alertmanager', new Error(`unexpected answer ${status}`))
    },
    async ping(ms) {
      const response = await fetch(`${base}/status`, { signal: AbortSignal.timeout(ms) })
      // the answer holds the whole configuration, perhaps with secrets: it is never read
      await response.body?.cancel()
      if (!response.ok) throw new Error(`Alertmanager answers ${response.status}`)
    },
  }
}
