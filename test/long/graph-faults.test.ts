import t from 'tap'
import { caughtUp, grow, outage, readLine, startLine } from '../support/graph-line.ts'
import { run, serve } from '../support/program.ts'

t.test(
  'Neo4j dies, hangs, and hangs while the server ends: nothing waits for it, and in the end all stores agree',
  { timeout: 900_000 },
  async (t) => {
    const line = await startLine(t)
    if (line === null) return
    const { neo4j, server, env } = line
    await outage(t, server, 3, { what: 'killed', away: () => neo4j.kill() })
    await neo4j.restart()
    await caughtUp(line, 5)
    await outage(t, server, 5, { what: 'hung', away: () => neo4j.pause() })
    neo4j.resume()
    await caughtUp(line, 7)

    neo4j.pause()
    await grow(t, server, 8, 'hung again')
    server.child.kill('SIGTERM')
    t.equal(await server.ended, 0, 'a server ends by itself while Neo4j hangs')
    neo4j.resume()

    const again = await serve(t, [], env)
    await caughtUp({ ...line, server: again }, 8)
    await readLine(t, again, 8, 'after all')
    again.child.kill('SIGTERM')
    await again.ended
    // The embedded store allows one process at a time.
    const checksum = run(t, ['graph', 'checksum'], env)
    t.equal(await checksum.ended, 0)
    t.match(checksum.stdout(), /All agree/, 'SQL, memory and Neo4j hold the same')
    t.match(checksum.stdout(), /neo4j +[0-9a-f]{32}/)
  },
)
