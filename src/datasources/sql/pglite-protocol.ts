import { type ServerRefusal } from './sql-errors.ts'
import { type WireValue } from './sql-values.ts'

/** What the main thread asks of the thread that runs PGlite. Requests are done one after another, in order. */
export type PgliteRequest =
  | { readonly id: number; readonly kind: 'query'; readonly text: string; readonly values: readonly WireValue[] }
  | { readonly id: number; readonly kind: 'script'; readonly text: string }
  | { readonly id: number; readonly kind: 'close' }

export interface PgliteRows {
  readonly columns: readonly { readonly name: string; readonly typeOid: number }[]
  /** Values as PostgreSQL's text: the main thread parses them, with the same parsers as for a real server. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number
  readonly command: string
}

export type PgliteReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly result: PgliteRows }
  | { readonly kind: 'refused'; readonly id: number; readonly refusal: ServerRefusal }
  /** The database itself broke; this thread is of no more use. */
  | { readonly kind: 'broken'; readonly message: string }

export interface PgliteWorkerOptions {
  /** null = in memory */
  readonly dataDir: string | null
  /** Archive of a fresh data directory to begin from, or null to reopen, or to make one the slow way. */
  readonly templatePath: string | null
}
