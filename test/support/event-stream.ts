import { type IncomingMessage, request } from 'node:http'

export interface StreamEvent {
  readonly id: string | null
  readonly event: string
  readonly data: string
}

/** One response that goes on, read chunk by chunk. */
export interface OpenStream {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly response: IncomingMessage
  /** Text up to and including `end`; null when the response ended before. */
  until(end: string): Promise<string | null>
  close(): void
}

export interface StreamRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: object
}

export function openStream(t: { teardown(close: () => unknown): unknown }, url: string, options: StreamRequest = {}): Promise<OpenStream> {
  const { method = options.body === undefined ? 'GET' : 'POST', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } })
    call.once('error', reject)
    call.once('response', (response) => {
      let text = ''
      let ended = false
      let wake: (() => void) | null = null
      const rouse = () => {
        wake?.()
        wake = null
      }
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        rouse()
      })
      const finish = () => {
        ended = true
        rouse()
      }
      response.on('close', finish)
      response.on('error', finish)
      call.on('error', finish)
      t.teardown(() => call.destroy())
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        response,
        async until(end) {
          const deadline = Date.now() + 60_000
          for (;;) {
            const at = text.indexOf(end)
            if (at >= 0) {
              const found = text.slice(0, at + end.length)
              text = text.slice(at + end.length)
              return found
            }
            if (ended) return null
            if (Date.now() > deadline) throw new Error(`this never came: ${end}; but this: ${text.slice(0, 500)}`)
            await new Promise<void>((go) => {
              const late = setTimeout(go, 500)
              wake = () => {
                clearTimeout(late)
                go()
              }
            })
          }
        },
        close: () => call.destroy(),
      })
    })
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** The next event of an SSE response; comments and `retry:` are passed over. Null when it ended. */
export async function nextEvent(stream: OpenStream): Promise<StreamEvent | null> {
  for (;;) {
    const block = await stream.until('\n\n')
    if (block === null) return null
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? []
      if (name !== '') fields.set(name, value)
    }
    const event = fields.get('event')
    if (event !== undefined) return { id: fields.get('id') ?? null, event, data: fields.get('data') ?? '' }
  }
}

/** The next item of a subscription's field; phases are passed over. */
export async function itemOf(stream: OpenStream, field: string): Promise<Record<string, unknown>> {
  for (;;) {
    const event = await nextEvent(stream)
    if (event === null) throw new Error('the stream ended')
    if (event.event !== 'next') continue
    const { data } = JSON.parse(event.data) as { data: Record<string, Record<string, unknown>> }
    const item = data[field]
    if (item !== undefined && item['__typename'] !== 'StreamPhase') return item
  }
}
