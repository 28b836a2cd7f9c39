import { cpus, loadavg } from 'node:os'

const closers: (() => unknown)[] = []

/** Stands where a test stands in the helpers of the tests. */
export const owner = {
  comment: (text: string) => console.log(text),
  fail(text: string): never {
    throw new Error(text)
  },
  teardown: (close: () => unknown) => void closers.push(close),
}

/** Does the work, then closes what it opened, in reverse order, whatever happened. */
export async function bench(work: () => Promise<void>): Promise<void> {
  console.log(machine())
  try {
    await work()
  } finally {
    await closeAll()
  }
}

/** Closes what was opened so far, newest first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** What the figures were measured on, and what else was running on it. */
const machine = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, load average before the start ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`

/** @param share 0..1; 0.5 is the median */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Cut to what can be read: three digits or so. */
export const readable = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))

export async function elapsedMs(work: () => unknown): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
