import { Redis } from 'ioredis'
import { type Config } from '../../config.ts'
import { checked, fail, type Finding, ok, warn } from './finding.ts'

async function redis(url: string, timeoutMs: number): Promise<readonly Finding[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  // what goes wrong is told by the call that failed
  client.on('error', () => undefined)
  try {
    await client.connect()
    const info = await client.info()
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? ''
    const version = field('redis_version')
    const found = [
      Number(version.split('.')[0]) < 6
        ? fail('cache version', `Redis ${version} is too old.`, 'Upgrade it to 6 or later.')
        : ok('cache version', `Redis ${version}.`),
    ]
    const policy = field('maxmemory_policy')
    if (policy !== 'noeviction')
      found.push(
        warn('cache memory', `Keys are evicted (${policy}).`, 'Set maxmemory-policy noeviction: budgets and nonces must not vanish.'),
      )
    if (field('role') === 'slave')
      found.push(fail('cache role', 'This is a replica: it takes no writes.', 'Point REDIS_URL at the primary.'))
    return found
  } finally {
    client.disconnect()
  }
}

async function answersAt(check: string, url: string, timeoutMs: number): Promise<readonly Finding[]> {
  const answer = await fetch(new URL('/-/ready', url), { signal: AbortSignal.timeout(timeoutMs) })
  return [answer.ok ? ok(check, 'Is ready.') : warn(check, `Says ${answer.status}.`, 'See its own log.')]
}

/** Cache and neighbours, where they are set. */
export async function checkOthers(config: Config): Promise<readonly Finding[]> {
  const { redisUrl, prometheusUrl, alertmanagerUrl, sourceTimeoutMs } = config
  const found = await Promise.all([
    redisUrl === undefined
      ? [ok('cache', 'In memory.')]
      : checked('cache', 'Check REDIS_URL and its password.', () => redis(redisUrl, sourceTimeoutMs)),
    prometheusUrl === undefined
      ? []
      : checked('prometheus', 'Check PROMETHEUS_URL.', () => answersAt('prometheus', prometheusUrl, sourceTimeoutMs)),
    alertmanagerUrl === undefined
      ? []
      : checked('alertmanager', 'Check ALERTMANAGER_URL.', () => answersAt('alertmanager', alertmanagerUrl, sourceTimeoutMs)),
  ])
  return found.flat()
}
