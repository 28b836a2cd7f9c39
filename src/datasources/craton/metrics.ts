/** One sample of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g
const MOST_SAMPLES = 10_000

const numberOf = (text: string): number => (/^[+-]?Inf$/.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text))

/** Reads Prometheus' text format; lines that cannot be read are left out. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = []
  for (const row of text.split('\n')) {
    const match = row.startsWith('#') ? null : line.exec(row.trim())
    const [, name, labels = '', value = ''] = match ?? []
    if (name === undefined || (value !== 'NaN' && Number.isNaN(numberOf(value)))) continue
    samples.push({
      name,
      labels: Object.fromEntries([...labels.matchAll(label)].map(([, key = '', quoted = '']) => [key, quoted.replace(/\\(.)/g, '$1')])),
      value: numberOf(value),
    })
    if (samples.length >= MOST_SAMPLES) break
  }
  return samples
}

/** What a server tells about itself in its metrics; what its generation does not have is null (contract: craton 7.2). */
export interface HealthMetrics {
  readonly connectionsActive: number | null
  readonly connectionsTotal: number | null
  readonly committedOffset: bigint | null
  readonly viewNumber: bigint | null
  readonly isLeader: boolean | null
  readonly replicationLagSeconds: number | null
  readonly replicationLagRecords: bigint | null
}

const prefix = /^(?:vdb|craton|kimberlite|kmb)_/

export function healthMetrics(samples: readonly Sample[]): HealthMetrics {
  const known = new Map(samples.filter(({ name }) => prefix.test(name)).map(({ name, value }) => [name.replace(prefix, ''), value]))
  const number = (name: string): number | null => known.get(name) ?? null
  const whole = (...names: string[]): bigint | null => {
    const value = names.map(number).find((found) => found !== null)
    return value == null || !Number.isSafeInteger(value) ? null : BigInt(value)
  }
  const leader = number('is_leader')
  return {
    connectionsActive: number('connections_active'),
    connectionsTotal: number('connections_total'),
    committedOffset: whole('committed_offset'),
    viewNumber: whole('view_number', 'replication_view_number'),
    isLeader: leader === null ? null : leader === 1,
    replicationLagSeconds: number('replication_lag_seconds'),
    replicationLagRecords: whole('replication_lag_records'),
  }
}
