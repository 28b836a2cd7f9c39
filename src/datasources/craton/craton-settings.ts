import { type DataClass, dataClasses } from '../storage/storage.ts'

/** A stream as the configuration names it: the server can list neither names nor classes (contract: craton 2.2). */
export interface ConfiguredStream {
  readonly tenantId: string
  readonly name: string
  readonly streamId: bigint
  readonly dataClass: DataClass
}

const MOST_TENANT = 2n ** 32n - 1n

/** A stream's id: the tenant in the upper half (contract: craton 2.1). */
export const streamIdOf = (tenant: bigint, local: bigint): bigint => (tenant << 32n) | local
export const tenantOfStream = (streamId: bigint): bigint => streamId >> 32n

/** `demo=7,acme=8`. @throws Error saying what is wrong */
export function parseTenants(entries: readonly string[]): ReadonlyMap<string, bigint> {
  const tenants = new Map<string, bigint>()
  for (const entry of entries) {
    const [, tenantId, digits] = /^([^=/]+)=(\d{1,10})$/.exec(entry) ?? []
    const id = BigInt(digits ?? 0)
    if (tenantId === undefined || id < 1n || id > MOST_TENANT)
      throw new Error(`"${entry}" is no tenant: write name=id, the id from 1 to ${MOST_TENANT}`)
    if ([...tenants.values()].includes(id)) throw new Error(`"${entry}": two tenants cannot share an id`)
    tenants.set(tenantId, id)
  }
  return tenants
}

/** `demo/orders=1:PHI`; the number is the local id, or the whole id of the same tenant. @throws Error saying what is wrong */
export function parseStreams(entries: readonly string[], tenants: ReadonlyMap<string, bigint>): ConfiguredStream[] {
  return entries.map((entry) => {
    const [, tenantId = '', name = '', digits = '', className = 'UNKNOWN'] = /^([^=/]+)\/(.+)=(\d{1,20})(?::([A-Z]+))?$/.exec(entry) ?? []
    const tenant = tenants.get(tenantId)
    const dataClass = dataClasses.find((known) => known === className)
    if (name === '' || dataClass === undefined) throw new Error(`"${entry}" is no stream: write tenant/name=id:CLASS`)
    if (tenant === undefined) throw new Error(`"${entry}": CRATON_TENANTS does not name the tenant ${tenantId}`)
    const given = BigInt(digits)
    const streamId = given < 1n << 32n ? streamIdOf(tenant, given) : given
    if (tenantOfStream(streamId) !== tenant || given === 0n) throw new Error(`"${entry}": the stream does not belong to tenant ${tenant}`)
    return { tenantId, name, streamId, dataClass }
  })
}
