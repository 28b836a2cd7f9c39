import { open } from 'node:fs/promises'
import { readSegmentRecord, type SegmentRecord } from '../datasources/storage/segment.ts'

const WINDOW_BYTES = 1024 * 1024

/** The records of a segment file, one after the other; the file is never held whole. @throws Error naming where the file is broken */
export async function* recordsOfFile(path: string): AsyncGenerator<SegmentRecord, void> {
  const file = await open(path, 'r')
  try {
    let held = Buffer.alloc(0)
    for (let ended = false; !ended || held.length > 0;) {
      const window = Buffer.allocUnsafe(WINDOW_BYTES)
      const bytesRead: number = ended ? 0 : (await file.read(window, 0, WINDOW_BYTES)).bytesRead
      ended = bytesRead === 0
      held = Buffer.concat([held, window.subarray(0, bytesRead)])
      let at = 0
      for (let step = readSegmentRecord(held, at); step.kind === 'RECORD'; step = readSegmentRecord(held, at)) {
        yield step.record
        at = step.record.end
        if (at === held.length) break
      }
      held = held.subarray(at)
      if (!ended || held.length === 0) continue
      const broken = readSegmentRecord(held, 0)
      if (broken.kind === 'BROKEN') throw new Error(`${path}: ${broken.reason}`)
    }
  } finally {
    await file.close()
  }
}
