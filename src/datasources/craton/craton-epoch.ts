import { formatNanos, type Nanos } from '../../time.ts'

/** When a life of the server began, as far as an answer tells: after `earliest`, and not after `latest`. */
export interface Beginning {
  readonly earliest: Nanos
  readonly latest: Nanos
}

const SECOND: Nanos = 1_000_000_000n
/** Clocks are set, and those of replicas differ. */
const SLACK: Nanos = SECOND

/**
 * The server tells its uptime in whole seconds (contract: craton 6.7), at some moment between the question and its answer. An answer that we read
 * late, or that waited behind others, tells less; it must not tell anything wrong.
 */
export const beginningOf = (uptimeSecs: bigint, { sentAt, receivedAt }: { sentAt: Nanos; receivedAt: Nanos }): Beginning => ({
  earliest: sentAt - (uptimeSecs + 1n) * SECOND,
  latest: (receivedAt > sentAt ? receivedAt : sentAt) - uptimeSecs * SECOND,
})

/** Whether both may be the beginning of one life. */
export const mayBeOne = (left: Beginning, right: Beginning): boolean =>
  left.earliest <= right.latest + SLACK && right.earliest <= left.latest + SLACK

export const isMoreExact = (one: Beginning, other: Beginning): boolean => one.latest - one.earliest < other.latest - other.earliest

/**
 * A name that people can read: the second in which the life began at the latest, `~n` where it may have been n seconds earlier than such a name
 * says anyway, and `#n` behind what only its n-th loss of memory explains.
 */
export function epochName({ earliest, latest }: Beginning, amnesias: number): string {
  const wide = (latest - earliest) / SECOND - 1n
  return `${formatNanos(latest - (latest % SECOND))}${wide > 0n ? `~${wide}` : ''}${amnesias > 0 ? `#${amnesias}` : ''}`
}

function parseName(name: string): { beginning: Beginning; amnesias: string } | null {
  const [, time = '', wide = '0', amnesias = ''] = /^([^~#]+)(?:~(\d+))?(?:#(\d+))?$/.exec(name) ?? []
  const millis = Date.parse(time)
  if (Number.isNaN(millis)) return null
  const second = BigInt(millis) * 1_000_000n
  return { beginning: { earliest: second - (1n + BigInt(wide)) * SECOND, latest: second + SECOND }, amnesias }
}

/** Whether two names of lives may mean one. */
export function sameEpoch(left: string | null, right: string | null): boolean {
  if (left === right) return true
  const [one, other] = [left, right].map((name) => (name === null ? null : parseName(name)))
  return one != null && other != null && one.amnesias === other.amnesias && mayBeOne(one.beginning, other.beginning)
}
