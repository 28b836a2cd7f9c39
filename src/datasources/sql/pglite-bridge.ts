import { Worker } from 'node:worker_threads'
import { sourceUnavailable } from '../../errors.ts'
import { type PgliteReply, type PgliteRequest, type PgliteRows, type PgliteWorkerOptions } from './pglite-protocol.ts'
import { refusalToError } from './sql-errors.ts'
import { type WriteTrouble } from './write-trouble.ts'
import { type StatementResult } from './sql-rows.ts'
import { parserOf, type WireValue } from './sql-values.ts'

/** Time a first start may take: initdb on a slow machine, when there is no template. */
const START_TIMEOUT_MS = 60_000
/** A thread that did not come back (a full disk, say) is tried again by the first request after this pause. */
const RESTART_PAUSE_MS = 1_000

export type BridgeRequest =
  | { readonly kind: 'query'; readonly text: string; readonly values: readonly WireValue[] }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'close' }

interface InFlight {
  readonly allowedMs: number
  resolve(result: StatementResult): void
  reject(error: Error): void
}

/** The message bridge to the thread that runs PGlite. */
export interface PgliteBridge {
  /** Grows with each restart of the thread: whoever began a transaction in an earlier one has lost it. */
  generation(): number
  /**
   * Does requests in the order given.
   * @param allowedMs the request's own deadline; the thread is ended and started anew when it holds on for long after that
   */
  send(request: BridgeRequest, allowedMs: number): Promise<StatementResult>
  /** Ends the thread, without closing the database first. */
  terminate(): Promise<void>
}

const decode = ({ columns, rows, rowCount, command }: PgliteRows): StatementResult => {
  const parsers = columns.map(({ typeOid }) => parserOf(typeOid))
  const toRow = (values: readonly (string | null)[]): object => {
    const row: Record<string, unknown> = {}
    columns.forEach(({ name }, index) => {
      const text = values[index] ?? null
      row[name] = text === null ? null : parsers[index]?.(text)
    })
    return row
  }
  return { rows: rows.map(toRow), rowCount, command }
}

function startWorker(options: PgliteWorkerOptions): Promise<Worker> {
  const worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
    workerData: options,
    execArgv: [],
    stdout: false,
    stderr: false,
  })
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      worker.off('error', fail).off('exit', onExit).off('message', onMessage)
    }
    const fail = (cause: unknown): void => {
      settle()
      worker.on('error', () => undefined)
      void worker.terminate()
      const why = cause instanceof Error ? cause.message : String(cause)
      reject(new Error(`the embedded database did not start: ${why}`, { cause }))
    }
    const onExit = (code: number): void => fail(new Error(`its thread ended with code ${code}`))
    const onMessage = (reply: PgliteReply): void => {
      if (reply.kind !== 'ready') return fail(new Error(reply.kind === 'broken' ? reply.message : 'unexpected answer'))
      settle()
      resolve(worker)
    }
    const timer = setTimeout(() => fail(new Error(`no answer in ${START_TIMEOUT_MS} ms`)), START_TIMEOUT_MS)
    worker.on('error', fail).on('exit', onExit).on('message', onMessage)
  })
}

/**
 * Starts the thread and keeps it: one that crashed or hung is replaced, and what it was doing fails with SOURCE_UNAVAILABLE.
 * An in-memory database cannot be replaced, since its rows are gone: it stays unavailable.
 * @param hangGraceMs how far beyond its own deadline a statement may hold the thread before the thread counts as hung
 * @param trouble is told what the database refused
 */
export async function openPgliteBridge(
  first: PgliteWorkerOptions,
  hangGraceMs: number,
  trouble: Pick<WriteTrouble, 'note'>,
): Promise<PgliteBridge> {
  const inFlight = new Map<number, InFlight>()
  let nextId = 1
  let generation = 0
  let ended = false
  let hangTimer: NodeJS.Timeout | undefined
  let current: Promise<Worker>
  let attached: Worker | null = null
  /** When the last restart failed, and what had made it necessary. */
  let failed: { readonly at: number; readonly cause: unknown } | null = null

  const watch = (): void => {
    clearTimeout(hangTimer)
    const oldest = inFlight.values().next().value
    if (oldest === undefined) return
    hangTimer = setTimeout(() => replace(new Error('the embedded database hung')), oldest.allowedMs + hangGraceMs)
    hangTimer.unref()
  }

  const failAll = (cause: unknown): void => {
    const lost = [...inFlight.values()]
    inFlight.clear()
    watch()
    for (const { reject } of lost) reject(sourceUnavailable('sql', cause))
  }

  const replace = (cause: unknown): void => {
    const broken = attached
    attached = null
    generation += 1
    failAll(cause)
    restart(cause, broken)
  }

  const restart = (cause: unknown, broken: Worker | null): void => {
    const start = async (): Promise<Worker> => {
      await broken?.terminate()
      if (ended || first.dataDir === null) throw cause
      return attach(await startWorker(first))
    }
    failed = null
    current = start()
    current.catch(() => {
      failed = { at: performance.now(), cause }
    })
  }

  const onReply = (reply: PgliteReply): void => {
    if (reply.kind === 'broken') return replace(new Error(reply.message))
    if (reply.kind === 'ready') return
    const waiting = inFlight.get(reply.id)
    inFlight.delete(reply.id)
    watch()
    if (reply.kind === 'done') waiting?.resolve(decode(reply.result))
    else {
      const refusal = refusalToError(reply.refusal, new Error(reply.refusal.message))
      trouble.note(refusal)
      waiting?.reject(refusal)
    }
  }

  const attach = (worker: Worker): Worker => {
    // What a replaced thread still says or does concerns nobody.
    const ifCurrent =
      <Args extends unknown[]>(listener: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!ended && worker === attached) listener(...args)
      }
    attached = worker
    worker.on('message', ifCurrent(onReply))
    worker.on('error', ifCurrent(replace))
    worker.on(
      'exit',
      ifCurrent((code: number) => replace(new Error(`the embedded database's thread ended with code ${code}`))),
    )
    return worker
  }

  current = startWorker(first).then(attach)
  await current

  return {
    generation: () => generation,
    async send(request, allowedMs) {
      if (failed !== null && !ended && performance.now() - failed.at >= RESTART_PAUSE_MS) restart(failed.cause, null)
      const worker = await current.catch((error: unknown) => {
        throw sourceUnavailable('sql', error)
      })
      // Replaced since: what is sent to an ended thread is never answered.
      if (worker !== attached) throw sourceUnavailable('sql', new Error('the embedded database was restarted'))
      return new Promise<StatementResult>((resolve, reject) => {
        const id = nextId++
        inFlight.set(id, { allowedMs, resolve, reject })
        if (inFlight.size === 1) watch()
        const message: PgliteRequest = { id, ...request }
        worker.postMessage(message)
      })
    },
    async terminate() {
      ended = true
      const worker = await current.catch(() => null)
      failAll(new Error('closed'))
      await worker?.terminate()
    },
  }
}
