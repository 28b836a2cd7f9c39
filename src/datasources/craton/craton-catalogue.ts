import { type Clock } from '../../time.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { type DataClass, dataClasses, type RecordStream, type RecordStreamFilter } from '../storage/storage.ts'
import { type ConfiguredStream } from './craton-settings.ts'

interface Row {
  name: string
  stream_id: string
  data_class: string
  epoch: string
  created_at_ns: bigint
}

/** The streams that we serve: those of the configuration, and those that were made through us. Nothing else of a server is ever touched. */
export interface CratonCatalogue {
  /** By name. */
  list(scope: Scope, filter: RecordStreamFilter): Promise<RecordStream[]>
  find(scope: Scope, name: string): Promise<RecordStream | null>
  /** Notes what the server gave a stream that was just made. */
  note(scope: Scope, stream: { name: string; streamId: bigint; dataClass: DataClass; epoch: string }): Promise<RecordStream>
}

const MOST_STREAMS = 10_000

const toStream = (
  tenantId: string,
  {
    name,
    streamId,
    dataClass,
    madeIn,
    createdAt,
  }: { name: string; streamId: bigint; dataClass: DataClass; madeIn: string | null; createdAt: bigint | null },
): RecordStream => ({
  store: 'CRATON',
  tenantId,
  name,
  // where the id holds in one life of the server only, that life is part of the key
  key: madeIn === null ? streamId.toString() : `${streamId}@${madeIn}`,
  streamId,
  dataClass,
  epoch: null,
  createdAt,
  retentionDays: null,
  reserved: false,
  extent: null,
})

const matches = ({ name, dataClass }: RecordStream, { nameContains, dataClasses: wanted }: RecordStreamFilter): boolean =>
  (nameContains == null || name.toLowerCase().includes(nameContains.toLowerCase())) && (wanted == null || wanted.includes(dataClass))

export function createCratonCatalogue({
  sql,
  clock,
  configured,
}: {
  sql: Sql
  clock: Clock
  configured: readonly ConfiguredStream[]
}): CratonCatalogue {
  const fromConfiguration = (tenantId: string): RecordStream[] =>
    configured
      .filter((stream) => stream.tenantId === tenantId)
      .map((stream) => toStream(tenantId, { ...stream, madeIn: null, createdAt: null }))

  const fromRow = (tenantId: string, row: Row): RecordStream =>
    toStream(tenantId, {
      name: row.name,
      streamId: BigInt(row.stream_id),
      dataClass: dataClasses.find((known) => known === row.data_class) ?? 'UNKNOWN',
      madeIn: row.epoch,
      createdAt: row.created_at_ns,
    })

  async function all(scope: Scope): Promise<RecordStream[]> {
    const rows = await sql.any<Row>(
      `select name, stream_id::text as stream_id, data_class, epoch, created_at_ns from craton_streams where tenant_id = $1 limit ${MOST_STREAMS}`,
      [scope.tenantId],
      { signal: scope.signal },
    )
    const named = new Map(rows.map((row) => [row.name, fromRow(scope.tenantId, row)]))
    for (const stream of fromConfiguration(scope.tenantId)) named.set(stream.name, stream)
    return [...named.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  return {
    list: async (scope, filter) => (await all(scope)).filter((stream) => matches(stream, filter)),
    async find(scope, name) {
      const known = fromConfiguration(scope.tenantId).find((stream) => stream.name === name)
      return known ?? (await all(scope)).find((stream) => stream.name === name) ?? null
    },
    async note(scope, { name, streamId, dataClass, epoch }) {
      const row = await sql.one<Row>(
        `insert into craton_streams (tenant_id, name, stream_id, data_class, epoch, created_at_ns) values ($1, $2, $3::numeric, $4, $5, $6)
         on conflict (tenant_id, name) do update set stream_id = excluded.stream_id, epoch = excluded.epoch
         returning name, stream_id::text as stream_id, data_class, epoch, created_at_ns`,
        [scope.tenantId, name, streamId.toString(), dataClass, epoch, clock.now()],
      )
      return fromRow(scope.tenantId, row)
    },
  }
}
