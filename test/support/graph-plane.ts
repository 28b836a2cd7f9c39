import { type Test } from 'tap'
import { openKvTags } from '../../src/datasources/graph/kv-tags.ts'
import { type TagStore } from '../../src/datasources/graph/tags.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { openPgliteSql } from '../../src/datasources/sql/pglite-sql.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { systemClock } from '../../src/time.ts'
import { type ControlPlane, openControlPlane } from './control-plane.ts'
import { openTestJetstream } from './logs.ts'
import { type NatsServer, startNats } from './nats.ts'
import { createTestDatabase } from './sql.ts'

export interface GraphPlane extends ControlPlane {
  readonly name: 'embedded' | 'connected'
  readonly tags: TagStore | null
  readonly nats: NatsServer | null
}

async function embedded(t: Test): Promise<GraphPlane> {
  const sql = await openPgliteSql({ dataDir: null, timeoutMs: 20_000 })
  const log = openSqlLog({ sql, clock: systemClock, pollMs: 50 })
  t.teardown(() => log.close())
  return { name: 'embedded', tags: null, nats: null, ...(await openControlPlane(t, { sql, log }, { PROJECTION_WAIT_MS: '20000' })) }
}

async function connected(t: Test): Promise<GraphPlane | null> {
  const url = await createTestDatabase(t)
  const nats = await startNats(t)
  if (url === null || nats === null) return null
  const sql = openPostgresSql({ url, poolSize: 5, timeoutMs: 20_000 })
  const log = await openTestJetstream(t, nats)
  const tags = openKvTags({ url: nats.url, credsPath: undefined, timeoutMs: 3000, create: true })
  t.teardown(() => tags.close())
  return { name: 'connected', tags, nats, ...(await openControlPlane(t, { sql, log, tags }, { PROJECTION_WAIT_MS: '20000' })) }
}

/** Everything behind the transports, embedded and, where the servers are there, connected; the projector runs. */
export async function graphPlanes(t: Test): Promise<GraphPlane[]> {
  const planes = [await embedded(t), await connected(t)].flatMap((plane) => plane ?? [])
  for (const { projector } of planes) projector.start()
  return planes
}
