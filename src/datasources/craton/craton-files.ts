import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type SegmentFinding, startSegmentCheck } from '../storage/segment.ts'
import { readSegmentRecord, type SegmentRecord } from '../storage/segment.ts'

const WINDOW_BYTES = 4 * 1024 * 1024
const MOST_RECORD_BYTES = 64 * 1024 * 1024

/**
 * Checks the segments of one stream as they lie in the server's data directory, in order, trusting neither manifest nor index (contract: craton 13).
 * Holds one window of a file at a time.
 * @returns null when there are no files of this stream
 */
export async function checkStreamFiles(
  dataDir: string,
  streamId: bigint,
  onRecord: (record: SegmentRecord) => void = () => undefined,
): Promise<SegmentFinding | null> {
  const folder = join(dataDir, streamId.toString())
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^segment_\d{6,}\.log$/.test(name)).sort()
  if (names.length === 0) return null
  const check = startSegmentCheck({}, onRecord)
  for (const name of names) if (!(await checkFile(join(folder, name), (whole) => check.segment(whole)))) break
  return check.finding()
}

/** Cuts a file into pieces of whole records; the last piece is given as it is, whole or torn. */
async function checkFile(path: string, piece: (records: Buffer) => boolean): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    let held = Buffer.alloc(0)
    for (;;) {
      const window = Buffer.allocUnsafe(WINDOW_BYTES)
      const { bytesRead } = await file.read(window, 0, WINDOW_BYTES)
      if (bytesRead === 0) return held.length === 0 || piece(held)
      held = Buffer.concat([held, window.subarray(0, bytesRead)])
      const end = wholeRecords(held)
      if (end === 0 && held.length > MOST_RECORD_BYTES) return piece(held)
      if (end > 0 && !piece(held.subarray(0, end))) return false
      held = held.subarray(end)
    }
  } finally {
    await file.close()
  }
}

function wholeRecords(held: Buffer): number {
  let at = 0
  for (;;) {
    const step = readSegmentRecord(held, at)
    if (step.kind === 'BROKEN') return at
    at = step.record.end
  }
}
