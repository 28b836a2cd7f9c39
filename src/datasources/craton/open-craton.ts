import { readFileSync } from 'node:fs'
import { type Config } from '../../config.ts'
import { type Clock } from '../../time.ts'
import { type Sql } from '../sql/sql.ts'
import { type RecordStore } from '../storage/storage.ts'
import { type CratonClient, createCratonClient } from './craton-client.ts'
import { createCratonRecordStore } from './craton-record-store.ts'
import { parseStreams, parseTenants } from './craton-settings.ts'

/** The connected storage server: its pool, and a round trip for probes. */
export interface CratonSource {
  readonly mode: 'CONNECTED'
  readonly client: CratonClient
  ping(timeoutMs: number): Promise<void>
  close(): Promise<void>
}

/** Opens nothing yet: the server may be down. @returns null where the settings name none */
export function openCraton(config: Config, { clock }: { clock: Clock }): CratonSource | null {
  const { cratonAddr } = config
  if (cratonAddr === undefined) return null
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(cratonAddr) ?? []
  const ca = config.cratonTlsCaPath === undefined ? undefined : readFileSync(config.cratonTlsCaPath, 'utf8')
  const client = createCratonClient({
    address: {
      host: host.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port),
      tls: config.cratonTls ? { ca } : null,
      token: config.cratonToken,
    },
    clock,
    poolSize: config.cratonPoolSize,
    timeoutMs: config.sourceTimeoutMs,
    pinnedVersion: config.cratonVersion,
  })
  return {
    mode: 'CONNECTED',
    client,
    async ping(timeoutMs) {
      await client.info(timeoutMs)
    },
    close: () => client.close(),
  }
}

/** The record store over an opened server. */
export function createCratonStore(config: Config, { source, sql, clock }: { source: CratonSource; sql: Sql; clock: Clock }): RecordStore {
  const tenants = parseTenants(config.cratonTenants)
  return createCratonRecordStore({
    client: source.client,
    sql,
    clock,
    tenants,
    streams: parseStreams(config.cratonStreams, tenants),
    sidecars: config.cratonHttpUrls,
    dataDir: config.cratonDataDir,
    limits: { eventBytes: config.cratonMaxEventBytes, batchBytes: config.recordBatchMaxBytes },
    pollMs: { first: config.cratonPollMs, last: Math.max(config.cratonPollMs, 5_000) },
  })
}
