import { UnusableSourceError } from '../../errors.ts'

/** The newest refusal is taken for the present state for so long; whoever writes on renews it. */
const LIFE_MS = 10_000

/** Remembers that the store lately refused writes of any kind. */
export interface WriteTrouble {
  /** To be told of every error of the store. */
  note(error: unknown): void
  /** What the store said, while that is news. */
  complaint(): string | null
}

export function createWriteTrouble(now: () => number = () => performance.now()): WriteTrouble {
  let last: { readonly message: string; readonly at: number } | null = null
  return {
    note(error) {
      if (error instanceof UnusableSourceError) last = { message: error.reason, at: now() }
    },
    complaint: () => (last !== null && now() - last.at < LIFE_MS ? last.message : null),
  }
}
