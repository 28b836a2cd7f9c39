import { randomUUID } from 'node:crypto'
import { type Msg, type NatsClient, type NatsConnection, createInbox, nanos } from './nats-client.ts'

/** A message as a consumer delivers it. */
export interface PulledMessage {
  readonly sequence: bigint
  readonly subject: string
  readonly messageId: string | null
  readonly payload: Uint8Array
  readonly recordedAtNs: bigint
}

export interface PullOptions {
  readonly stream: string
  readonly from: bigint
  readonly subject?: string | undefined
  /** At most this many messages are asked for and not yet taken. */
  readonly window: number
  /** DRAIN ends with what is stored now; FOLLOW waits for more. */
  readonly mode: 'DRAIN' | 'FOLLOW'
  /** How long one request stays open at the server. */
  readonly expiresMs: number
}

/** A consumer of our own at the server: ephemeral, in memory, without acknowledgements, in stream order. */
export interface Pull {
  /**
   * What has arrived, at least one message; [] when a request ran out with nothing new; null when a DRAIN has given all, or after `close`.
   * @throws PullBroken
   */
  next(limit: number): Promise<PulledMessage[] | null>
  /** Whether every stored match has been delivered, as far as the server has said. */
  isDrained(): Promise<boolean>
  /** Ends a waiting `next` at once and deletes the consumer at the server. */
  close(): void
}

/** The consumer is of no use any more: open another one after the last sequence that arrived. */
export class PullBroken extends Error {
  constructor(why: string) {
    super(`the consumer broke: ${why}`)
    this.name = 'PullBroken'
  }
}

// The server forgets a consumer this long after our last request, should the deletion at close not reach it.
const inactiveMs = 60_000
const heartbeatMs = 5_000
// What one request may bring. A server cuts a connection that has more than 64 MiB to take, and all readers and writers of the process share one.
const requestBytes = 2 * 1024 * 1024

interface Delivery extends PulledMessage {
  readonly consumerSequence: number
  readonly pending: number
}

/** Reads `$JS.ACK.<stream>.<consumer>.<times>.<stream seq>.<consumer seq>.<ns>.<pending>`, perhaps with domain and account before the stream. */
function toDelivery(message: Msg, reply: string): Delivery {
  const tokens = reply.split('.')
  const shift = tokens.length > 9 ? 2 : 0
  const token = (index: number): string => tokens[index + shift] ?? ''
  return {
    sequence: BigInt(token(5)),
    consumerSequence: Number(token(6)),
    recordedAtNs: BigInt(token(7)),
    pending: Number(token(8)),
    subject: message.subject,
    messageId: message.headers?.get('Nats-Msg-Id') || null,
    payload: message.data,
  }
}

/** How much of a request's `max_bytes` the server counts for one message: its subject, its reply subject, its headers as sent, its payload. */
function countedBytes({ subject, headers, data }: Msg, reply: string): number {
  let bytes = Buffer.byteLength(subject) + reply.length + data.length
  if (headers === undefined) return bytes
  bytes += 'NATS/1.0\r\n\r\n'.length
  for (const [name, values] of headers) for (const value of values) bytes += Buffer.byteLength(`${name}: ${value}\r\n`)
  return bytes
}

/** No answer is awaited, nor a connection: should this be lost, the server forgets the consumer after `inactive_threshold`. */
function remove(client: NatsClient, stream: string, name: string): void {
  client.use(async ({ nc }) => nc.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)).catch(() => undefined)
}

/**
 * Makes a consumer and starts to pull.
 * @throws AppError SOURCE_UNAVAILABLE; JetstreamRefusal when the stream is missing
 */
export async function openPull(client: NatsClient, options: PullOptions): Promise<Pull> {
  const name = `orrery-${randomUUID()}`
  const { nc, pending: pendingAtStart } = await client
    .use(async ({ nc, jsm }) => {
      const info = await jsm.consumers.add(options.stream, {
        name,
        ack_policy: 'none',
        deliver_policy: 'by_start_sequence',
        opt_start_seq: Number(options.from),
        replay_policy: 'instant',
        mem_storage: true,
        num_replicas: 1,
        max_deliver: 1,
        inactive_threshold: nanos(inactiveMs),
        ...(options.subject === undefined ? {} : { filter_subject: options.subject }),
      })
      return { nc, pending: info.num_pending }
    })
    .catch((error: unknown) => {
      // a busy server may have made it all the same: left there, it would make the server busier with every attempt
      remove(client, options.stream, name)
      throw error
    })
  return startPull({ client, nc, name, pendingAtStart }, options)
}

interface Consumer {
  readonly client: NatsClient
  readonly nc: NatsConnection
  readonly name: string
  readonly pendingAtStart: number
}

function startPull({ client, nc, name, pendingAtStart }: Consumer, { stream, window, mode, expiresMs }: PullOptions): Pull {
  const silenceMs = mode === 'DRAIN' ? 1.25 * expiresMs : Math.max(1000, 2.5 * Math.min(heartbeatMs, expiresMs / 2))
  const draining = mode === 'DRAIN'
  const inbox = createInbox()
  const arrived: PulledMessage[] = []
  // a message may be as large as the server takes, with its subjects and headers beside it
  let maxBytes = Math.max(requestBytes, 2 * (nc.info?.max_payload ?? 0))
  let asked = 0 // what the one open request has still to bring
  let askedBytes = 0 // and how large that may be
  let toAsk = draining ? pendingAtStart : Infinity
  let lastConsumerSequence = 0
  let idle = false
  let ended = draining && pendingAtStart === 0
  let closed = false
  let broken: PullBroken | null = null
  let lastHeard = Date.now()
  let wake: (() => void) | null = null

  const notify = () => {
    wake?.()
    wake = null
  }
  const breakOff = (why: string) => {
    broken ??= new PullBroken(why)
    notify()
  }

  function topUp(): void {
    const free = window - arrived.length
    const batch = Math.min(free, toAsk)
    // one request at a time: the server deals its messages out to all that are open, so that only one alone can be followed to its end
    if (broken !== null || closed || asked > 0 || batch <= 0 || (batch < toAsk && free < window / 2)) return
    lastHeard = Date.now()
    asked = batch
    askedBytes = maxBytes
    toAsk -= batch
    const request = { batch, max_bytes: maxBytes, expires: nanos(expiresMs), idle_heartbeat: nanos(Math.min(heartbeatMs, expiresMs / 2)) }
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, JSON.stringify(request), { reply: inbox })
  }

  /** The request has brought as many bytes as it may: the rest of its messages is for the next one. */
  function bytesUsedUp(): void {
    // a message larger than that alone, stored when the server took larger ones
    if (askedBytes === maxBytes) maxBytes *= 2
    toAsk += asked
    asked = 0
  }

  function onStatus(message: Msg): void {
    const code = message.headers?.code ?? 0
    const description = message.headers?.description ?? ''
    if (code === 100) return // heartbeat
    if (code === 409 && description === 'Batch Completed') return // all of it has arrived, and was counted
    if (code === 409 && description === 'Message Size Exceeds MaxBytes') {
      bytesUsedUp()
      return notify()
    }
    if (code !== 408 && code !== 404) return breakOff(`status ${code} ${description}`)
    asked = 0
    idle = arrived.length === 0
    notify()
  }

  function onMessage(message: Msg, reply: string): void {
    const delivery = toDelivery(message, reply)
    if (delivery.consumerSequence !== lastConsumerSequence + 1) return breakOff('a message was lost on the way')
    lastConsumerSequence = delivery.consumerSequence
    asked -= 1
    askedBytes -= countedBytes(message, reply)
    // the server ends a request that is used up to the last byte without a word
    if (askedBytes === 0) bytesUsedUp()
    arrived.push(delivery)
    if (draining && (delivery.pending === 0 || (asked === 0 && toAsk === 0))) ended = true
    notify()
  }

  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      lastHeard = Date.now()
      if (error !== null) breakOff(error.message)
      else if (message.reply?.startsWith('$JS.ACK.') === true) onMessage(message, message.reply)
      else onStatus(message)
    },
  })
  const unwatch = client.watch((up) => {
    if (!up) breakOff('the connection broke')
  })
  const watchdog = setInterval(() => {
    if (asked > 0 && Date.now() - lastHeard > silenceMs) breakOff('no heartbeat')
  }, silenceMs / 4)

  function close(): void {
    if (closed) return
    closed = true
    clearInterval(watchdog)
    unwatch()
    subscription.unsubscribe()
    notify()
    remove(client, stream, name)
  }

  return {
    async next(limit) {
      for (;;) {
        if (arrived.length > 0) {
          const batch = arrived.splice(0, limit)
          topUp()
          return batch
        }
        if (broken !== null) throw broken
        if (ended || closed) return null
        if (idle) {
          idle = false
          topUp()
          return []
        }
        topUp()
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    async isDrained() {
      const info = await client.use(({ jsm }) => jsm.consumers.info(stream, name))
      return arrived.length === 0 && info.num_pending === 0 && info.delivered.consumer_seq === lastConsumerSequence
    },
    close,
  }
}
