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
  let asked = 0 // asked for and neither arrived nor given up by the server
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
    const free = window - asked - arrived.length
    const batch = Math.min(free, toAsk)
    if (broken !== null || closed || batch <= 0 || (batch < toAsk && free < window / 2)) return
    if (asked === 0) lastHeard = Date.now()
    asked += batch
    toAsk -= batch
    const request = { batch, expires: nanos(expiresMs), idle_heartbeat: nanos(Math.min(heartbeatMs, expiresMs / 2)) }
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, JSON.stringify(request), { reply: inbox })
  }

  function onStatus(message: Msg): void {
    const code = message.headers?.code ?? 0
    if (code === 100) return // heartbeat
    if (code !== 408 && code !== 404) return breakOff(`status ${code} ${message.headers?.description ?? ''}`)
    asked -= Number(message.headers?.get('Nats-Pending-Messages') || asked)
    idle = arrived.length === 0
    notify()
  }

  function onMessage(message: Msg, reply: string): void {
    const delivery = toDelivery(message, reply)
    if (delivery.consumerSequence !== lastConsumerSequence + 1) return breakOff('a message was lost on the way')
    lastConsumerSequence = delivery.consumerSequence
    asked -= 1
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
