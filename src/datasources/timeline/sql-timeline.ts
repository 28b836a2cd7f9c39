import { type DomainEvent } from '../../domain-events/event.ts'
import { type LogStream } from '../log/log.ts'
import { type Scope } from '../scope.ts'
import { type Sql } from '../sql/sql.ts'
import { parameters } from '../sql-keyset.ts'
import { type Positions, type TimelineDataSource, type TimelinePage, type TimelineRequest } from './timeline.ts'
import { type TimelineStream, timelineStreams } from './sql-timeline-streams.ts'

/** Rows looked at for one page even when the operation has none left: every page gets on. Matches that are rarer come on the next page. */
const leastRows = 250
/** Rows looked at for one page at most where each has to be confirmed by other tables. */
const maxConfirmed = 2000
const batchRows = 500

interface Row {
  readonly sequence: bigint
  readonly recorded_at_ns: bigint
}

/** One stream as it is read: a row in hand, more to come. */
interface Side {
  readonly source: TimelineStream
  waiting: Row[]
  /** FORWARD: everything up to here was read from the table; BACKWARD: everything after here was. */
  read: bigint
  done: boolean
}

/** @see TimelineDataSource */
export function createSqlTimeline({ sql }: { sql: Sql }): TimelineDataSource {
  const streamOf = (stream: LogStream): TimelineStream | undefined => timelineStreams.find((one) => one.stream === stream)

  const fill = async (scope: Scope, side: Side, { filter, direction, size }: TimelineRequest): Promise<void> => {
    if (side.waiting.length > 0 || side.done) return
    const { columns, from, conditions } = side.source
    const params = parameters(scope.tenantId)
    const forward = direction === 'FORWARD'
    const where = ['e.tenant_id = $1', `e.sequence ${forward ? '>' : '<='} ${params.add(side.read)}::bigint`, ...conditions(filter, params)]
    const limit = Math.min(batchRows, Math.max(50, size * 4))
    side.waiting = await sql.any<Row>(
      `select ${columns} from ${from} where ${where.join(' and ')} order by e.sequence ${forward ? 'asc' : 'desc'} limit ${limit}`,
      params.values,
      { signal: scope.signal },
    )
    const last = side.waiting.at(-1)
    if (last !== undefined) side.read = forward ? last.sequence : last.sequence - 1n
    side.done = side.waiting.length < limit
  }

  const next = (sides: readonly Side[], forward: boolean): Side | undefined => {
    let best: Side | undefined
    for (const side of sides) {
      const [row] = side.waiting
      const [other] = best?.waiting ?? []
      if (row === undefined) continue
      // at one moment: in the order of the streams, backwards too
      const isNearer =
        other === undefined || (forward ? row.recorded_at_ns < other.recorded_at_ns : row.recorded_at_ns >= other.recorded_at_ns)
      if (isNearer) best = side
    }
    return best
  }

  async function read(scope: Scope, request: TimelineRequest): Promise<TimelinePage> {
    const forward = request.direction === 'FORWARD'
    const positions = new Map(request.from)
    const move = (stream: LogStream, sequence: bigint): void => {
      positions.set(stream, { epoch: positions.get(stream)?.epoch ?? '', sequence })
    }
    const sides = timelineStreams
      .filter(({ stream }) => request.streams.includes(stream))
      .map((source): Side => ({ source, waiting: [], read: request.from.get(source.stream)?.sequence ?? 0n, done: false }))
    const items: { event: DomainEvent; positions: Positions }[] = []
    const most = request.filter.points.length > 0 ? maxConfirmed : Infinity
    for (let looked = 0; looked < most && (looked < leastRows || request.rows.left > 0); looked++) {
      request.rows.left--
      for (const side of sides) await fill(scope, side, request)
      const side = next(sides, forward)
      const row = side?.waiting[0]
      if (side === undefined || row === undefined) return { items, reached: positions, more: false }
      const event = side.source.event(scope.tenantId, row)
      const may = event !== null && event.tenantId === scope.tenantId && request.filter.matches(event)
      const matches = may && (request.confirm === undefined || (await request.confirm(event)))
      if (matches && items.length === request.size) return { items, reached: positions, more: true }
      side.waiting.shift()
      move(side.source.stream, row.sequence)
      if (matches) items.push({ event, positions: new Map(positions) })
      if (!forward) move(side.source.stream, row.sequence - 1n)
    }
    return { items, reached: positions, more: true }
  }

  return {
    async heads(scope) {
      const rows = await sql.any<{ projection: string; epoch: string; sequence: bigint }>(
        'select projection, epoch, sequence from projection_watermarks where projection = any($1::text[])',
        [timelineStreams.map(({ projection }) => projection)],
        { signal: scope.signal },
      )
      return new Map(
        timelineStreams.map(({ stream, projection }) => {
          const row = rows.find((one) => one.projection === projection)
          return [stream, { epoch: row?.epoch ?? '', sequence: row?.sequence ?? 0n }]
        }),
      )
    },
    async before(scope, moment, streams) {
      const found = new Map(await this.heads(scope))
      for (const { stream, table } of timelineStreams) {
        const head = found.get(stream)
        if (head === undefined || !streams.includes(stream)) continue
        // times grow with sequences, so a search by halves needs no index on times
        const { low } = await sql.one<{ low: bigint }>(
          `with recursive search (low, high) as (
             select 0::bigint, $3::bigint
             union all
             select case when near.at is null or near.at < $2 then half.middle else s.low end,
                    case when near.at is null or near.at < $2 then s.high else near.sequence - 1 end
               from search s
               cross join lateral (select (s.low + s.high + 1) / 2 as middle) half
               left join lateral (
                 select e.sequence, e.recorded_at_ns as at from ${table} e
                  where e.tenant_id = $1 and e.sequence > s.low and e.sequence <= half.middle
                  order by e.sequence desc limit 1) near on true
              where s.low < s.high)
           select max(low) as low from search`,
          [scope.tenantId, moment, head.sequence],
          { signal: scope.signal },
        )
        found.set(stream, { ...head, sequence: low })
      }
      return found
    },
    read,
    async find(scope, stream, sequence) {
      const source = streamOf(stream)
      if (source === undefined) return null
      const row = await sql.maybeOne<Row>(
        `select ${source.columns} from ${source.from} where e.tenant_id = $1 and e.sequence = $2`,
        [scope.tenantId, sequence],
        { signal: scope.signal },
      )
      return row === null ? null : source.event(scope.tenantId, row)
    },
  }
}
