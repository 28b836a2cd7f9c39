import { Session } from 'node:inspector/promises'

/** A function by the end of its module's address and its name there. */
export interface Counted {
  readonly module: string
  readonly name: string
}

/** How often functions are called while something is done, by the count of V8 itself. */
export async function countCalls(counted: readonly Counted[], work: () => Promise<unknown>): Promise<number[]> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    await work()
    const { result } = await session.post('Profiler.takePreciseCoverage')
    await session.post('Profiler.stopPreciseCoverage')
    return counted.map(({ module, name }) =>
      result
        .filter(({ url }) => url.endsWith(module))
        .flatMap(({ functions }) => functions.filter(({ functionName }) => functionName === name))
        .reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0),
    )
  } finally {
    session.disconnect()
  }
}
