/**
 * Prometheus' remote write, as much of it as tests need: protobuf `WriteRequest` in a snappy block of literals, which every reader of snappy takes.
 */
export interface WrittenSeries {
  readonly labels: Readonly<Record<string, string>>
  /** In order; times in milliseconds. */
  readonly samples: readonly (readonly [atMs: number, value: number])[]
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = BigInt(value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  bytes.push(Number(left))
  return Buffer.from(bytes)
}

/** A field of bytes: strings and messages alike. */
const field = (number: number, content: Buffer): Buffer => Buffer.concat([varint((number << 3) | 2), varint(content.length), content])

const text = (number: number, value: string): Buffer => field(number, Buffer.from(value))

function sample([atMs, value]: readonly [number, number]): Buffer {
  const double = Buffer.alloc(8)
  double.writeDoubleLE(value)
  return Buffer.concat([Buffer.from([(1 << 3) | 1]), double, Buffer.from([2 << 3]), varint(atMs)])
}

const timeSeries = ({ labels, samples }: WrittenSeries): Buffer =>
  Buffer.concat([
    ...Object.entries(labels)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => field(1, Buffer.concat([text(1, name), text(2, value)]))),
    ...samples.map((one) => field(2, sample(one))),
  ])

const LITERAL = 65_536

function snappy(content: Buffer): Buffer {
  const parts = [varint(content.length)]
  for (let at = 0; at < content.length; at += LITERAL) {
    const literal = content.subarray(at, at + LITERAL)
    const tag = Buffer.from([61 << 2, 0, 0])
    tag.writeUInt16LE(literal.length - 1, 1)
    parts.push(tag, literal)
  }
  return Buffer.concat(parts)
}

/** @throws Error with what the server said, when it did not take them */
export async function remoteWrite(url: string, series: readonly WrittenSeries[]): Promise<void> {
  const body = snappy(Buffer.concat(series.map((one) => field(1, timeSeries(one)))))
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    body: Uint8Array.from(body),
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
  })
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`)
}

const BATCH_MS = 600_000

/** Writes a whole past: all series of some minutes, then those of the next, since the server takes nothing that is much older than its newest. */
export async function writeHistory(url: string, series: readonly WrittenSeries[]): Promise<void> {
  const times = series.flatMap(({ samples }) => [samples[0]?.[0] ?? Infinity, samples.at(-1)?.[0] ?? -Infinity])
  const last = times.reduce((one, other) => Math.max(one, other), -Infinity)
  for (let from = times.reduce((one, other) => Math.min(one, other), Infinity); from <= last; from += BATCH_MS) {
    const part = series.map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(([at]) => at >= from && at < from + BATCH_MS),
    }))
    await remoteWrite(
      url,
      part.filter(({ samples }) => samples.length > 0),
    )
  }
}
