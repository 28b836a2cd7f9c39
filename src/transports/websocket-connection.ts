import { randomUUID } from 'node:crypto'
import { type Socket } from 'node:net'
import { type FastifyBaseLogger } from 'fastify'
import { type ExecutionResult } from 'graphql'
import { WebSocket } from 'ws'
import { type Viewer } from '../auth/viewer.ts'
import { type Pipeline, type PreparedOperation, type RequestOrigin } from '../operation/operation.ts'
import { errorsOf, hasCode, isFinal, resultBytes } from '../operation/result-text.ts'
import { createPresence, type Presence } from '../presence.ts'
import { gatherWrites } from './gathered-writes.ts'
import { withReady } from './ready-results.ts'
import { createDrain, type Drain } from './stalled-writer.ts'
import { textFrames } from './websocket-frames.ts'

/** What is open under one id. The id is taken until the operation has settled, whatever the client has been told (platform D32). */
interface OpenOperation {
  readonly client: Presence
  stream: AsyncIterableIterator<ExecutionResult> | null
  isQuery: boolean
  /** The client wants no more of it. */
  left: boolean
}

const endOfNext = Buffer.from('}')
const startOfNext = (id: string): Buffer => Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`)

export interface ConnectionOptions {
  readonly socket: WebSocket
  /** The TCP socket under it: the only one that says when there is room again. */
  readonly raw: Socket
  /** Where it comes from. To find out takes a system call. */
  readonly address: () => string | null
  readonly pipeline: Pipeline
  readonly log: FastifyBaseLogger
  readonly highWaterBytes: number
  /** More than this unsent ends the connection. */
  readonly maxBufferedBytes: number
  readonly stallMs: number
  readonly onSlow: () => void
}

export interface Connection {
  viewer: Viewer | null
  /** Operations that count against the connection's limit. */
  size(): number
  /** @returns null when the id is taken; else who waits for what is opened under it */
  open(id: string): Presence | null
  release(id: string): void
  /** The client wants no more of it: it ends, and its id stays taken until it has. */
  leave(id: string): void
  originOf(viewer: Viewer, client: Presence): RequestOrigin
  send(text: string): void
  close(code: number, reason: string): void
  execute(id: string, operation: PreparedOperation): Promise<ExecutionResult>
  /** Sends every result itself, as it was serialised for all; yields nothing, ends when the stream does. */
  pump(id: string, operation: PreparedOperation, forget: () => void): AsyncIterableIterator<ExecutionResult>
  /** Resolves when no query or mutation is under way. */
  idle(): Promise<void>
  /** The socket is gone: everything that was open ends. */
  dispose(): void
}

export function createConnection(options: ConnectionOptions): Connection {
  const { socket, raw, pipeline, log } = options
  const operations = new Map<string, OpenOperation>()
  let whenIdle: (() => void)[] = []

  const slow = (): void => {
    options.onSlow()
    connection.close(1013, 'Slow consumer')
    // the close frame waits behind what the peer does not read
    setTimeout(() => socket.terminate(), 1000).unref()
  }

  const drain: Drain = createDrain({
    writable: raw,
    isFull: () => socket.bufferedAmount > options.highWaterBytes,
    stallMs: options.stallMs,
    onStall: slow,
  })

  const busy = (): boolean => [...operations.values()].some((operation) => operation.isQuery)

  const checkIdle = (): void => {
    if (busy()) return
    const waiting = whenIdle
    whenIdle = []
    for (const wake of waiting) wake()
  }

  /** Straight to the TCP socket: ws would make a frame of its own for each reader, where only the id differs. */
  const sendResults = (start: Buffer, results: readonly Buffer[]): void => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (socket.bufferedAmount > options.maxBufferedBytes) return slow()
    const chunks = textFrames(results, start, endOfNext)
    gatherWrites(raw, () => {
      for (const chunk of chunks) raw.write(chunk)
    })
  }

  /** @returns whether the stream ended by itself, so that the client is told it is complete */
  const deliver = async (id: string, operation: PreparedOperation, entry: OpenOperation): Promise<boolean> => {
    const opened = await pipeline.subscribe(operation)
    const start = startOfNext(id)
    if (!(Symbol.asyncIterator in opened)) {
      if (opened.errors !== undefined) return refuse(id, opened)
      sendResults(start, [resultBytes(opened)])
      return !entry.client.left
    }
    if (entry.client.left) {
      await opened.return?.()
      return false
    }
    entry.stream = opened
    for (;;) {
      const step = await opened.next()
      if (step.done === true) return !entry.client.left
      if (isFinal(step.value)) return refuse(id, step.value)
      sendResults(start, withReady(step.value, opened, resultBytes))
      // a socket that closes has room for ever: nobody would ever wait again
      if (!(await drain.ready()) || socket.readyState !== WebSocket.OPEN) return false
    }
  }

  /** `error` is the last message of its id: no `complete` follows. The last cursor goes with it. */
  const refuse = (id: string, result: ExecutionResult): false => {
    const payload = errorsOf(result).map((error) => ({ ...error.toJSON(), extensions: { ...error.extensions, ...result.extensions } }))
    connection.send(JSON.stringify({ id, type: 'error', payload }))
    if (hasCode(result, 'UNAUTHENTICATED')) connection.close(4401, 'Token expired')
    return false
  }

  const leave = async (entry: OpenOperation | undefined): Promise<void> => {
    if (entry === undefined) return
    entry.left = true
    entry.client.leave()
    await entry.stream?.return?.()
  }

  const connection: Connection = {
    viewer: null,
    size: () => [...operations.values()].filter((operation) => !operation.left).length,
    open(id) {
      if (operations.has(id)) return null
      const client = createPresence()
      operations.set(id, { client, stream: null, isQuery: false, left: false })
      return client
    },
    release(id) {
      const entry = operations.get(id)
      operations.delete(id)
      entry?.client.leave()
      void entry?.stream?.return?.()
      checkIdle()
    },
    leave: (id) => void leave(operations.get(id)),
    originOf: (viewer, client) => ({
      transport: 'websocket',
      requestId: randomUUID(),
      viewer,
      client,
      log,
      address: options.address,
    }),
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > options.maxBufferedBytes) return slow()
      gatherWrites(raw, () => socket.send(text))
    },
    close(code, reason) {
      socket.close(code, Buffer.byteLength(reason) > 120 ? '' : reason)
    },
    async execute(id, operation) {
      const entry = operations.get(id)
      if (entry !== undefined) entry.isQuery = true
      return pipeline.execute(operation)
    },
    pump(id, operation, forget) {
      const entry = operations.get(id)
      let started = false
      return {
        [Symbol.asyncIterator]() {
          return this
        },
        async next() {
          if (started || entry === undefined) return { done: true, value: undefined }
          started = true
          const complete = await deliver(id, operation, entry)
          if (!complete) forget()
          return { done: true, value: undefined }
        },
        async return() {
          await leave(entry)
          return { done: true, value: undefined }
        },
      }
    },
    idle: () => (busy() ? new Promise((resolve) => whenIdle.push(resolve)) : Promise.resolve()),
    dispose() {
      drain.dispose()
      for (const id of [...operations.keys()]) connection.release(id)
      checkIdle()
    },
  }
  return connection
}
