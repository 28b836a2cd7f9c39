export type Stage = 'STARTING' | 'READY' | 'DRAINING'

/** Where this process is between its start and its end; readiness follows it. Stages only go forward. */
export interface Lifecycle {
  stage(): Stage
  /** The read model's tables are there: requests can be answered. Does nothing once draining. */
  markReady(): void
  markDraining(): void
}

export function createLifecycle(): Lifecycle {
  let stage: Stage = 'STARTING'
  return {
    stage: () => stage,
    markReady() {
      if (stage === 'STARTING') stage = 'READY'
    },
    markDraining() {
      stage = 'DRAINING'
    },
  }
}
