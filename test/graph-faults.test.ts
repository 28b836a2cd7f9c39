import t from 'tap'
import { caughtUp, grow, outage, readLine, startLine } from './support/graph-line.ts'

t.test('Neo4j hangs, and later dies, under reads and writes: both go on and say so, and it catches up', { timeout: 300_000 }, async (t) => {
  const line = await startLine(t)
  if (line === null) return
  const { neo4j, server } = line
  await outage(t, server, 3, { what: 'hung', away: () => neo4j.pause() })
  neo4j.resume()
  await caughtUp(line, 5)
  await readLine(t, server, 5, 'after it hung')
  await neo4j.kill()
  await grow(t, server, 6, 'killed')
  t.equal((await readLine(t, server, 6, 'killed')).neo4j, 'DOWN')
})
