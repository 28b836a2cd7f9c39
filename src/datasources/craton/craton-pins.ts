import { type Clock } from '../../time.ts'
import { type PinnedHead } from '../storage/chain-check.ts'
import { pinColumns, pinOf, pinOrder, type PinRow } from '../storage/pin-rows.ts'
import { type Pin, type PinReason, type RecordStream } from '../storage/storage.ts'
import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { parameters } from '../sql-keyset.ts'
import { type ChildSource, readPagesOfParents } from '../sql-children.ts'

/** Pins of Craton streams: kept by us, since the server keeps none. */
export function createCratonPins({ sql, clock }: { sql: Sql; clock: Clock }) {
  const idOf = ({ streamId }: RecordStream): string => (streamId ?? 0n).toString()
  return {
    async add(
      scope: Scope,
      stream: RecordStream,
      pin: { length: bigint; headHash: string | null; reason: PinReason; actor: string },
    ): Promise<Pin> {
      const row = await sql.one<PinRow>(
        `insert into craton_pins (tenant_id, stream_id, length, head_hash, pinned_at_ns, reason, pinned_by)
         values ($1, $2::numeric, $3, decode($4, 'hex'), $5, $6, $7) returning ${pinColumns}`,
        [scope.tenantId, idOf(stream), pin.length, pin.headHash, clock.now(), pin.reason, pin.actor],
      )
      return pinOf(row)
    },
    /** One page per stream, in one statement. */
    pages(scope: Scope, streams: readonly RecordStream[], page: PageRequest): Promise<Page<Pin>[]> {
      const keys = streams.map(idOf)
      const params = parameters(scope.tenantId, keys)
      const where = ['tenant_id = $1', 'stream_id = parent.wanted_id::numeric']
      const source: ChildSource = { list: 'craton.pins', order: pinOrder, columns: pinColumns, from: 'craton_pins', where }
      const parents = 'unnest($2::text[]) with ordinality as parent (wanted_id, ord)'
      return readPagesOfParents<PinRow, string, Pin>(sql, scope, { keys, parents, source, page, params, item: pinOf })
    },
    /** By length. */
    async heads(scope: Scope, stream: RecordStream): Promise<PinnedHead[]> {
      const rows = await sql.any<PinRow>(
        `select ${pinColumns} from craton_pins where tenant_id = $1 and stream_id = $2::numeric order by length, pinned_at_ns limit 10000`,
        [scope.tenantId, idOf(stream)],
        { signal: scope.signal },
      )
      return rows.map(({ length, head_hash: hash }) => ({ length, hash }))
    },
  }
}

export type CratonPins = ReturnType<typeof createCratonPins>
