import { type Watermark } from './progress.ts'

/** Tells whoever waits in this process that a projection moved, without asking the database. */
export interface ProjectionNotifier {
  publish(mark: Watermark): void
  /** @returns ends listening */
  listen(heard: (mark: Watermark) => void): () => void
}

export function createProjectionNotifier(): ProjectionNotifier {
  const listeners = new Set<(mark: Watermark) => void>()
  return {
    publish(mark) {
      for (const heard of listeners) heard(mark)
    },
    listen(heard) {
      listeners.add(heard)
      return () => listeners.delete(heard)
    },
  }
}
