// The thread that runs PGlite, so that a slow statement never stalls the event loop that serves requests.
import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { messages, PGlite, type Results } from '@electric-sql/pglite'
import { type PgliteReply, type PgliteRequest, type PgliteRows, type PgliteWorkerOptions } from './pglite-protocol.ts'

/**
 * Half the memory of PGlite's defaults (measured: 168 MB instead of 325 MB after a reopen); the operating system's cache holds the pages
 * that ours drops. The log is cut to what `pglite-upkeep.ts` needs.
 */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'max_wal_size=128MB', '-c', 'min_wal_size=32MB']

const asIs = (value: string): string => value

async function open({ dataDir, templatePath }: PgliteWorkerOptions): Promise<PGlite> {
  const db = await PGlite.create({
    startParams,
    ...(dataDir === null ? {} : { dataDir }),
    ...(templatePath === null ? {} : { loadDataDir: new Blob([new Uint8Array(await readFile(templatePath))]) }),
  })
  // Parameters arrive spelled and results leave unparsed: the main thread has one speller and one set of parsers for both adapters.
  for (const oid of Object.keys(db.parsers)) db.parsers[oid] = asIs
  for (const oid of Object.keys(db.serializers)) db.serializers[oid] = asIs
  return db
}

const toRows = ({ fields, rows, rowCount, command }: Results<(string | null)[]>): PgliteRows => ({
  columns: fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })),
  rows,
  rowCount: rowCount ?? 0,
  command: command ?? '',
})

const nothing: PgliteRows = { columns: [], rows: [], rowCount: 0, command: '' }

async function perform(db: PGlite, request: PgliteRequest): Promise<PgliteRows> {
  if (request.kind === 'query') return toRows(await db.query(request.text, [...request.values], { rowMode: 'array' }))
  if (request.kind === 'script') await db.exec(request.text)
  else await db.close()
  return nothing
}

async function answer(db: PGlite, request: PgliteRequest): Promise<PgliteReply> {
  try {
    return { kind: 'done', id: request.id, result: await perform(db, request) }
  } catch (error) {
    // A panic ends a real server's process; this one has none that could end, and would hang from here on.
    if (!(error instanceof messages.DatabaseError) || error.severity === 'PANIC' || error.severity === 'FATAL')
      return { kind: 'broken', message: String(error) }
    return {
      kind: 'refused',
      id: request.id,
      refusal: { message: error.message, code: error.code ?? 'XX000', constraint: error.constraint },
    }
  }
}

const port = parentPort
if (port === null) throw new Error('pglite-worker runs as a worker thread only')
const reply = (message: PgliteReply): void => port.postMessage(message)
try {
  const db = await open(workerData as PgliteWorkerOptions)
  let last: Promise<void> = Promise.resolve()
  port.on('message', (request: PgliteRequest) => {
    last = last.then(async () => reply(await answer(db, request)))
  })
  reply({ kind: 'ready' })
} catch (error) {
  reply({ kind: 'broken', message: String(error) })
}
