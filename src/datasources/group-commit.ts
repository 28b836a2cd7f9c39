interface Waiting<In, Out> {
  readonly item: In
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/**
 * Calls that arrive while a statement runs share the next one: many at once cost few commits, one alone waits for nobody.
 * @param run gives one result per item, in their order; when it fails, all of its items do
 * @param most items in one statement
 * @param lanes statements under way at once
 */
export function groupCommit<In, Out>({
  run,
  most,
  lanes,
}: {
  run: (items: readonly In[]) => Promise<readonly Out[]>
  most: number
  lanes: number
}): (item: In) => Promise<Out> {
  const queue: Waiting<In, Out>[] = []
  let busy = 0

  async function flush(group: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await run(group.map(({ item }) => item))
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index]
        if (result === undefined) reject(new Error('a statement gave fewer results than it was asked for'))
        else resolve(result)
      })
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) await flush(queue.splice(0, most))
    busy -= 1
  }

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject })
      if (busy >= lanes) return
      busy += 1
      // after this turn of the event loop, so that what is asked at once shares the first statement too
      queueMicrotask(() => void drain())
    })
}
