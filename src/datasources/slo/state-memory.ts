import { type Sql, type SqlExecutor } from '../sql/sql.ts'
import { type StatusState } from './alert-rules.ts'
import { type OwnAlert, readLiveAlerts, readStates, type StateChange, stateKey } from './sql-slo-states.ts'

/** What the evaluator remembers, by `stateKey`. */
export interface KnownStates {
  readonly states: ReadonlyMap<string, StatusState>
  /** Alerts that live, by tier. */
  readonly alerts: ReadonlyMap<string, ReadonlyMap<string, OwnAlert>>
}

/** The evaluator's tables in memory: read again only when somebody has written since. */
export interface StateMemory {
  read(signal?: AbortSignal): Promise<KnownStates>
  /** Takes over what this process has just committed under `revision`. */
  committed(revision: bigint, changes: { readonly states: readonly StateChange[]; readonly alerts: readonly OwnAlert[] }): void
}

interface Mutable {
  revision: bigint
  readonly states: Map<string, StatusState>
  readonly alerts: Map<string, Map<string, OwnAlert>>
}

/** To be called in every transaction that changes states or alerts. */
export async function nextStateRevision(tx: SqlExecutor): Promise<bigint> {
  return (await tx.one<{ revision: bigint }>('update slo_evaluations set revision = revision + 1 returning revision')).revision
}

function put(alerts: Mutable['alerts'], alert: OwnAlert): void {
  const key = stateKey(alert.tenantId, alert.slo)
  const tiers = alerts.get(key) ?? new Map<string, OwnAlert>()
  if (alert.endsAt === null) tiers.set(alert.tier, alert)
  else tiers.delete(alert.tier)
  if (tiers.size === 0) alerts.delete(key)
  else alerts.set(key, tiers)
}

export function createStateMemory({ sql }: { sql: Sql }): StateMemory {
  let known: Mutable | null = null

  async function load(revision: bigint): Promise<Mutable> {
    const [states, live] = await Promise.all([readStates(sql), readLiveAlerts(sql)])
    const alerts: Mutable['alerts'] = new Map()
    for (const alert of live) put(alerts, alert)
    return { revision, states, alerts }
  }

  return {
    async read(signal) {
      const { revision } = await sql.one<{ revision: bigint }>('select revision from slo_evaluations', [], { signal })
      if (known?.revision === revision) return known
      // read before the rows: what is written in between is read once more
      const loaded = await load(revision)
      known = loaded
      return loaded
    },
    committed(revision, { states, alerts }) {
      // somebody else wrote in between: the next read sees to it
      if (known?.revision !== revision - 1n) return
      known.revision = revision
      for (const { tenantId, slo, state } of states) known.states.set(stateKey(tenantId, slo), state)
      for (const alert of alerts) put(known.alerts, alert)
    },
  }
}
