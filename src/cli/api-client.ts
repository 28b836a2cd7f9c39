import { setTimeout as delay } from 'node:timers/promises'
import { type Config, readConfigWith } from '../config.ts'
import { type Arguments } from './arguments.ts'

/** A command that works over the API of a running server. */
export interface ApiClient {
  /** @throws Error with the server's own message when the operation fails as a whole */
  ask<T>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<T>
  /** Each result of a subscription, until `signal` aborts; resumes after the last cursor when the connection breaks. */
  watch<T>(query: string, variables: Readonly<Record<string, unknown>>, signal: AbortSignal): AsyncGenerator<T, void>
}

interface GraphqlError {
  readonly message: string
  readonly extensions?: { readonly code?: string; readonly retryAfterMs?: number }
}

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly GraphqlError[]
  readonly extensions?: { readonly cursor?: string }
}

const MOST_TRIES = 60
const RETRY_MS = 1_000

const addressOf = (config: Config): string =>
  config.apiUrl ?? `http://${config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host}:${config.port}`

function identityOf({ apiToken }: Config): Record<string, string> {
  if (apiToken === undefined) return {}
  return apiToken.startsWith('orr_') ? { 'x-api-key': apiToken } : { authorization: `Bearer ${apiToken}` }
}

const headersOf = (config: Config, tenant: string | undefined): Record<string, string> => ({
  'content-type': 'application/json',
  ...identityOf(config),
  ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }),
})

const unreachable = (url: string, cause: unknown): Error =>
  new Error(`There is no server at ${url}: start one with \`orrery serve\`, or say another with --url (ORRERY_URL).`, { cause })

const throttled = (errors: readonly GraphqlError[]): number | null => {
  const found = errors.find(({ extensions }) => extensions?.code === 'THROTTLED')
  return found === undefined ? null : (found.extensions?.retryAfterMs ?? RETRY_MS)
}

async function* framesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Answer, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const frames = rest.split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      const data = /^data: ?(\{.+)$/m.exec(frame)?.[1]
      if (data !== undefined) yield JSON.parse(data) as Answer
    }
  }
}

/** The server that the settings and flags name. */
export function createApiClient({ overrides, url, token, tenant }: Arguments): ApiClient {
  const config = readConfigWith({
    ...overrides,
    ...(url === undefined ? {} : { ORRERY_URL: url }),
    ...(token === undefined ? {} : { ORRERY_TOKEN: token }),
  })
  const address = addressOf(config)
  const endpoint = new URL('/graphql', address)
  const headers = headersOf(config, tenant)
  const send = (body: object, accept: string, signal?: AbortSignal): Promise<Response> =>
    fetch(endpoint, {
      method: 'POST',
      headers: { ...headers, accept },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => Promise.reject(signal?.aborted === true ? error : unreachable(address, error)))

  return {
    async ask<T>(query: string, variables: Readonly<Record<string, unknown>> = {}) {
      for (let attempt = 1; ; attempt += 1) {
        const response = await send({ query, variables }, 'application/json')
        const { data, errors = [] } = (await response.json()) as Answer
        const waitMs = throttled(errors)
        if (errors.length === 0) return data as T
        if (waitMs === null || attempt >= MOST_TRIES) throw new Error(errors.map(({ message }) => message).join(' '))
        await delay(waitMs)
      }
    },
    async *watch<T>(query: string, variables: Readonly<Record<string, unknown>>, signal: AbortSignal) {
      let cursor: string | null = null
      let failures = 0
      while (!signal.aborted) {
        try {
          const extensions = cursor === null ? {} : { extensions: { resume: cursor } }
          const response = await send({ query, variables, ...extensions }, 'text/event-stream', signal)
          if (response.body === null) return
          for await (const { data, errors, extensions: told } of framesOf(response.body)) {
            if (errors !== undefined && errors.length > 0) throw new RefusedError(errors.map(({ message }) => message).join(' '))
            cursor = told?.cursor ?? cursor
            failures = 0
            yield data as T
          }
        } catch (error) {
          if (signal.aborted) return
          failures += 1
          if (error instanceof RefusedError || failures > 10 || cursor === null) throw error
        }
        await delay(Math.min(5_000, 200 * 2 ** failures), undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

/** The server said no: another try would hear the same. */
class RefusedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RefusedError'
  }
}
