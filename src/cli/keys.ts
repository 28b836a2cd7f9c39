import { makeApiKey, parseApiKey } from '../auth/api-keys.ts'
import { isTenantName } from '../auth/tenant.ts'
import { type Role, roles as knownRoles } from '../auth/viewer.ts'
import { readConfigWith } from '../config.ts'
import { openStores } from '../datasources/index.ts'
import { type ApiKeyStore, createSqlApiKeys } from '../datasources/sql-api-keys.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { formatNanos, type Nanos, systemClock } from '../time.ts'
import { type Arguments, UsageError } from './arguments.ts'

const isRole = (text: string): text is Role => knownRoles.some((role) => role === text)

function readRoles(text: string | undefined): readonly Role[] {
  const wanted = (text ?? 'viewer').split(',').map((role) => role.trim())
  const unknown = wanted.filter((role) => !isRole(role))
  if (unknown.length > 0) throw new UsageError(`There is no role ${unknown.join(', ')}; there are ${knownRoles.join(', ')}.`)
  return wanted.filter(isRole)
}

const DAY_NS = 86_400_000_000_000n

function readExpiry(text: string | undefined, now: Nanos): Nanos | null {
  if (text === undefined) return null
  const days = /^([1-9]\d{0,3})d$/.exec(text)?.[1]
  if (days === undefined) throw new UsageError('Say --expires as a number of days, such as 30d.')
  return now + BigInt(days) * DAY_NS
}

async function create(keys: ApiKeyStore, { tenant, name, roles, expires }: Arguments): Promise<void> {
  if (tenant === undefined || tenant === '' || name === undefined || name === '') throw new UsageError('Say --tenant T and --name N.')
  if (!isTenantName(tenant)) throw new UsageError('A tenant has no dots, white space, `*` or `>` in its name.')
  const now = systemClock.now()
  const wanted = readRoles(roles)
  const expiresAt = readExpiry(expires, now)
  const { keyId, text, secretHash } = makeApiKey()
  await keys.insert({ keyId, tenantId: tenant, name, secretHash, roles: wanted, createdAt: now, expiresAt })
  process.stderr.write('Keep it now: it is not stored and cannot be shown again.\n')
  process.stdout.write(`${text}\n`)
}

async function list(keys: ApiKeyStore, { tenant }: Arguments): Promise<void> {
  const time = (at: Nanos | null): string => (at === null ? '-' : formatNanos(at))
  for (const key of await keys.list(tenant ?? null))
    process.stdout.write(
      `${[key.keyId, key.tenantId, key.name, key.roles.join(','), `created ${time(key.createdAt)}`, `expires ${time(key.expiresAt)}`, `revoked ${time(key.revokedAt)}`].join('\t')}\n`,
    )
}

async function revoke(keys: ApiKeyStore, { words }: Arguments): Promise<void> {
  const [, given] = words
  if (given === undefined) throw new UsageError('Say which: orrery keys revoke KEY_ID.')
  // who has found one that leaked has the key itself; its secret is repeated nowhere, however much of it was given
  const keyId = parseApiKey(given)?.keyId ?? given
  if (!(await keys.revoke(keyId, systemClock.now())))
    throw new Error(`There is no living key ${keyId.replace(/^(orr_[0-9a-f]*).*$/s, '$1...')}: \`orrery keys list\` shows their ids.`)
  process.stdout.write(`${keyId} is revoked.\n`)
}

const actions: Readonly<Record<string, (keys: ApiKeyStore, given: Arguments) => Promise<void>>> = { create, list, revoke }

/** `orrery keys create|list|revoke`: works on the tables directly, so whoever may run it holds the database anyway. */
export async function keysCommand(given: Arguments): Promise<void> {
  const action = actions[given.words[0] ?? '']
  if (action === undefined) throw new UsageError('Say `orrery keys create`, `list` or `revoke`.')
  const stores = await openStores(readConfigWith(given.overrides), { clock: systemClock })
  try {
    await migrate(stores.sql)
    await action(createSqlApiKeys(stores.sql), given)
  } finally {
    await stores.close()
  }
}
