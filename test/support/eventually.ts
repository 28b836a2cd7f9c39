/** Asks until the answer is yes. Fails after the deadline. */
export async function eventually(question: () => Promise<boolean> | boolean, { withinMs = 30_000, everyMs = 15 } = {}): Promise<void> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, everyMs))) {
    if (await question()) return
  }
  throw new Error(`still not so after ${withinMs} ms`)
}
