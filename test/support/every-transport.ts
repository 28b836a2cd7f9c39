import { type AddressInfo } from 'node:net'
import { type FastifyInstance } from 'fastify'
import { rawPeer } from './ws-peer.ts'

export interface Asked {
  query?: string
  documentId?: string
  operationName?: string
  variables?: Record<string, unknown>
  extensions?: Record<string, unknown>
}
export interface Answered {
  data?: Record<string, unknown> | null
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
  extensions?: Record<string, unknown>
}
export interface Identity {
  token?: string
  tenantId?: string
}
/** Asks by one way in; gives every result that came, in order. */
export type Door = (asked: Asked, identity?: Identity) => Promise<Answered[]>

export interface Doors {
  /** Those that take queries and mutations. */
  readonly single: Readonly<Record<string, Door>>
  /** Those that take subscriptions; queries too. */
  readonly stream: Readonly<Record<string, Door>>
}

const headersOf = ({ token, tenantId }: Identity = {}): Record<string, string> => ({
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  ...(tenantId === undefined ? {} : { 'x-tenant-id': tenantId }),
})
const json = { 'content-type': 'application/json' }
const sse = { accept: 'text/event-stream' }
const multipart = { accept: 'multipart/mixed;subscriptionSpec=1.0' }

const parameters = ({ query, documentId, operationName, variables, extensions }: Asked): string =>
  new URLSearchParams({
    ...(query === undefined ? {} : { query }),
    ...(documentId === undefined ? {} : { documentId }),
    ...(operationName === undefined ? {} : { operationName }),
    ...(variables === undefined ? {} : { variables: JSON.stringify(variables) }),
    ...(extensions === undefined ? {} : { extensions: JSON.stringify(extensions) }),
  }).toString()

/** What was refused before it reached GraphQL is an object with `errors` too. */
const read = async (response: Response): Promise<Answered> => (await response.json()) as Answered

const events = (text: string): { event: string; data: string }[] =>
  text
    .split('\n\n')
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: /^data: (.*)$/m.exec(block)?.[1] ?? '',
    }))
    .filter(({ event }) => event !== '')

const readEvents = async (response: Response): Promise<Answered[]> => {
  if (!String(response.headers.get('content-type')).startsWith('text/event-stream')) return [await read(response)]
  return events(await response.text())
    .filter(({ event }) => event === 'next')
    .map(({ data }) => JSON.parse(data) as Answered)
}

const readParts = async (response: Response): Promise<Answered[]> => {
  if (!String(response.headers.get('content-type')).startsWith('multipart/mixed')) return [await read(response)]
  return (await response.text())
    .split(/\r\n--graphql(?:--)?/)
    .flatMap((part) => /\{.*\}/s.exec(part)?.[0] ?? [])
    .map((part) => JSON.parse(part) as { payload?: Answered | null; errors?: Answered['errors'] })
    .filter((part) => part.payload !== undefined)
    .map((part) => part.payload ?? { errors: part.errors })
}

/** Every way into a server that listens. */
export async function everyDoor(t: { teardown(close: () => unknown): unknown }, app: FastifyInstance): Promise<Doors> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const graphql = `http://127.0.0.1:${port}/graphql`
  const post = (url: string, body: unknown, headers: Record<string, string>) =>
    fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { ...json, ...headers } })

  const websocket: Door = async (asked, { token, tenantId } = {}) => {
    const peer = await rawPeer(t, `ws://127.0.0.1:${port}/graphql`)
    peer.send({
      type: 'connection_init',
      payload: { ...(token === undefined ? {} : { token }), ...(tenantId === undefined ? {} : { tenantId }) },
    })
    const ack = await Promise.race([peer.next(), peer.closed])
    if (!('type' in ack)) return [{ errors: [{ message: ack.reason, extensions: { close: ack.code } }] }]
    peer.send({ type: 'subscribe', id: '1', payload: { query: '', ...asked } })
    const results: Answered[] = []
    for (;;) {
      const message = await peer.next()
      if (message.type === 'next') results.push(message.payload as Answered)
      if (message.type === 'error') results.push({ errors: message.payload as NonNullable<Answered['errors']> })
      if (message.type !== 'next') break
    }
    peer.socket.terminate()
    return results
  }

  const singleConnection: Door = async (asked, identity) => {
    const headers = headersOf(identity)
    const reserved = await fetch(`${graphql}/stream`, { method: 'PUT', headers })
    if (reserved.status !== 201) return [await read(reserved)]
    const withToken = { ...headers, 'x-graphql-event-stream-token': await reserved.text() }
    const leave = new AbortController()
    const stream = await fetch(`${graphql}/stream`, { headers: { ...withToken, ...sse }, signal: leave.signal })
    const body = { ...asked, extensions: { ...asked.extensions, operationId: 'a' } }
    const accepted = await post(`${graphql}/stream`, body, withToken)
    if (accepted.status !== 202) {
      leave.abort()
      return [await read(accepted)]
    }
    let text = ''
    const decoder = new TextDecoder()
    const results: Answered[] = []
    for await (const chunk of stream.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.includes('event: complete')) break
    }
    leave.abort()
    for (const { event, data } of events(text)) if (event === 'next') results.push((JSON.parse(data) as { payload: Answered }).payload)
    return results
  }

  const stream: Record<string, Door> = {
    websocket,
    'sse distinct': async (asked, identity) => readEvents(await post(`${graphql}/stream`, asked, { ...headersOf(identity), ...sse })),
    'sse by GET': async (asked, identity) =>
      readEvents(await fetch(`${graphql}/stream?${parameters(asked)}`, { headers: { ...headersOf(identity), ...sse } })),
    'sse by Accept': async (asked, identity) => readEvents(await post(graphql, asked, { ...headersOf(identity), ...sse })),
    'sse single connection': singleConnection,
    multipart: async (asked, identity) => readParts(await post(graphql, asked, { ...headersOf(identity), ...multipart })),
  }
  return {
    stream,
    single: {
      post: async (asked, identity) => [await read(await post(graphql, asked, headersOf(identity)))],
      get: async (asked, identity) => [await read(await fetch(`${graphql}?${parameters(asked)}`, { headers: headersOf(identity) }))],
      batch: async (asked, identity) => {
        const answer: unknown = await (await post(graphql, [asked], headersOf(identity))).json()
        return Array.isArray(answer) ? (answer as Answered[]) : [answer as Answered]
      },
      ...stream,
    },
  }
}
