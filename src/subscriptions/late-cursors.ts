import { sourceUnavailable } from '../errors.ts'
import { type CursorCodec } from './cursor.ts'

/** A codec whose keys come from SQL: until they are there, cursors answer as SQL does. */
export interface LateCursors extends CursorCodec {
  settle(codec: CursorCodec): void
}

export function createLateCursors(): LateCursors {
  let settled: CursorCodec | null = null
  const codec = (): CursorCodec => {
    if (settled === null) throw sourceUnavailable('sql')
    return settled
  }
  return {
    encode: (position, scope) => codec().encode(position, scope),
    decode: (cursor, scope) => codec().decode(cursor, scope),
    encodeMarks: (marks, scope) => codec().encodeMarks(marks, scope),
    decodeMarks: (cursor, scope) => codec().decodeMarks(cursor, scope),
    settle(given) {
      settled = given
    },
  }
}
