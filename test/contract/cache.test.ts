import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type Cache } from '../../src/datasources/cache/cache.ts'
import { openMemoryCache } from '../../src/datasources/cache/memory-cache.ts'
import { openRedisCache } from '../../src/datasources/cache/redis-cache.ts'
import { isAppError } from '../../src/errors.ts'
import { startRedis } from '../support/redis.ts'
import { shouldRun } from '../support/services.ts'
import { eventually } from '../support/eventually.ts'

interface Adapter {
  readonly name: string
  open(t: Test): Cache | null
}

const redisUrl = process.env['REDIS_URL']

const adapters: readonly Adapter[] = [
  {
    name: 'memory',
    open(t) {
      const cache = openMemoryCache()
      t.teardown(() => cache.close())
      return cache
    },
  },
  {
    name: 'redis',
    open(t) {
      if (!shouldRun(t, 'REDIS_URL', redisUrl !== undefined) || redisUrl === undefined) return null
      const cache = openRedisCache({ url: redisUrl, timeoutMs: 2000, keyPrefix: `orrery-test:${randomUUID()}:` })
      t.teardown(() => cache.close())
      return cache
    },
  },
]

const bucket = { capacity: 10, restorePerSecond: 10 }

for (const { name, open } of adapters) {
  t.test(`cache: ${name}`, async (t) => {
    const cache = open(t)
    if (cache === null) return

    t.test('a value is kept, replaced and deleted', async (t) => {
      t.equal(await cache.get('a'), null)
      await cache.set('a', 'one')
      t.equal(await cache.get('a'), 'one')
      await cache.set('a', 'two ✓')
      t.equal(await cache.get('a'), 'two ✓')
      await cache.delete('a')
      t.equal(await cache.get('a'), null)
    })

    t.test('says whether it may lose a key before its time', async (t) => {
      t.equal(await cache.keepsEverything(), name === 'redis')
    })

    t.test('a value is gone when its life time is over', async (t) => {
      await cache.set('short', 'x', 40)
      await cache.set('long', 'x', 60_000)
      await eventually(async () => (await cache.get('short')) === null)
      t.equal(await cache.get('long'), 'x')
    })

    t.test('of many who store if absent, one does', async (t) => {
      const stored = await Promise.all(Array.from({ length: 50 }, (_, index) => cache.setIfAbsent('once', String(index), 60_000)))
      t.equal(stored.filter(Boolean).length, 1)
      t.equal(await cache.get('once'), String(stored.indexOf(true)))
      t.equal(await cache.setIfAbsent('once-without-end', 'x'), true)
      t.equal(await cache.setIfAbsent('once-without-end', 'y'), false)
      await cache.delete('once')
      t.equal(await cache.setIfAbsent('once', 'again', 60_000), true)
    })

    t.test('a burst of 30 takes what a bucket of 10 holds', async (t) => {
      const slow = { capacity: 10, restorePerSecond: 0.01 }
      const grants = await Promise.all(Array.from({ length: 30 }, () => cache.takeFromBucket('burst', 1, slow)))
      t.equal(grants.filter(({ granted }) => granted).length, 10)
      t.equal(Math.round(Math.min(...grants.filter(({ granted }) => granted).map(({ remaining }) => remaining))), 0)
      t.ok(grants.every(({ granted, retryAfterMs }) => (granted ? retryAfterMs === 0 : retryAfterMs > 0)))
    })

    t.test('a bucket leaks with time, and says how long to wait', async (t) => {
      t.match(await cache.takeFromBucket('leak', 10, bucket), { granted: true, retryAfterMs: 0 })
      const refused = await cache.takeFromBucket('leak', 3, bucket)
      t.equal(refused.granted, false)
      t.ok(refused.retryAfterMs > 0 && refused.retryAfterMs <= 300, `waits for 3 at 10 a second: ${refused.retryAfterMs} ms`)
      const from = Date.now()
      await eventually(async () => (await cache.takeFromBucket('leak', 3, bucket)).granted)
      t.ok(Date.now() - from > refused.retryAfterMs - 50, 'not granted before')
    })

    t.test('a refused call takes nothing, and keys do not touch each other', async (t) => {
      const still = { capacity: 10, restorePerSecond: 0.001 }
      t.equal((await cache.takeFromBucket('still', 11, still)).granted, false)
      t.equal((await cache.takeFromBucket('still', 10, still)).granted, true)
      t.equal((await cache.takeFromBucket('other', 10, still)).granted, true)
      t.match(await cache.takeFromBucket('still', 1, still), { granted: false })
      t.equal((await cache.takeFromBucket('still', 0, still)).granted, true)
    })

    t.test('settling refunds and charges, and never goes below empty or beyond full', async (t) => {
      const still = { capacity: 10, restorePerSecond: 0.001 }
      await cache.takeFromBucket('settle', 8, still)
      await cache.settleBucket('settle', -5, still)
      t.equal(Math.round((await cache.takeFromBucket('settle', 0, still)).remaining), 7)
      await cache.settleBucket('settle', 20, still)
      const over = await cache.takeFromBucket('settle', 1, still)
      t.same([over.granted, Math.round(over.remaining)], [false, 0])
      t.ok(over.retryAfterMs <= 1_000_000, `waits for 1 point: ${over.retryAfterMs} ms`)
      await cache.settleBucket('settle', -3, still)
      t.equal(Math.round((await cache.takeFromBucket('settle', 0, still)).remaining), 3)
      await cache.settleBucket('settle', -100, still)
      t.equal(Math.round((await cache.takeFromBucket('settle', 0, still)).remaining), 10)
      await cache.takeFromBucket('settle', 2.5, still)
      t.equal(Math.round((await cache.takeFromBucket('settle', 0, still)).remaining * 10), 75)
    })

    t.test('it answers a probe and names its version', async (t) => {
      await cache.ping(1000)
      t.match(await cache.version(), name === 'memory' ? /^embedded$/ : /^\d+\.\d+/)
    })
  })
}

t.test('memory: the least used entry goes when there are too many', async (t) => {
  const cache = openMemoryCache({ maxEntries: 2 })
  await cache.set('a', '1')
  await cache.set('b', '2')
  await cache.get('a')
  await cache.set('c', '3')
  t.same([await cache.get('a'), await cache.get('b'), await cache.get('c')], ['1', null, '3'])
})

t.test('memory: bytes are bounded', async (t) => {
  const cache = openMemoryCache({ maxBytes: 1000 })
  for (let index = 0; index < 100; index++) await cache.set(`key-${index}`, 'x'.repeat(40))
  t.equal(await cache.get('key-0'), null)
  t.equal(await cache.get('key-99'), 'x'.repeat(40))
})

t.test('redis: an outage fails fast, and ends by itself', async (t) => {
  const server = await startRedis(t)
  if (server === null) return
  const cache = openRedisCache({ url: server.url, timeoutMs: 500 })
  t.teardown(() => cache.close())
  await cache.set('kept', 'x')
  const unavailable = async (most: number) => {
    const from = Date.now()
    await t.rejects(cache.get('kept'), { code: 'SOURCE_UNAVAILABLE', source: 'cache' })
    t.ok(Date.now() - from < most, `within ${most} ms`)
  }
  const recovered = () =>
    eventually(async () => {
      try {
        await cache.ping(500)
        return true
      } catch (error) {
        if (!isAppError(error, 'SOURCE_UNAVAILABLE')) throw error
        return false
      }
    })

  await server.kill()
  await eventually(async () =>
    cache.get('kept').then(
      () => false,
      () => true,
    ),
  )
  await unavailable(100)
  await server.restart()
  await recovered()

  server.pause()
  await unavailable(900)
  const from = Date.now()
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => cache.get('kept')))
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected' && isAppError(outcome.reason, 'SOURCE_UNAVAILABLE')))
  t.ok(Date.now() - from < 1200, 'two hundred calls wait no longer than one')
  server.resume()
  await recovered()
  t.equal((await cache.takeFromBucket('b', 1, bucket)).granted, true)
})

t.test('redis: a server that became a replica is left for whoever has its address now', async (t) => {
  const server = await startRedis(t)
  if (server === null) return
  const cache = openRedisCache({ url: server.url, timeoutMs: 2000 })
  t.teardown(() => cache.close())
  const admin = new Redis(server.url)
  t.teardown(() => admin.disconnect())
  await cache.set('kept', 'x')
  const connection = async () => /id=(\d+)[^\n]* name=orrery /.exec(String(await admin.client('LIST')))?.[1]
  const before = await connection()
  t.ok(before)
  await admin.replicaof('127.0.0.1', '1')
  await t.rejects(cache.set('kept', 'y'), { code: 'SOURCE_UNAVAILABLE', source: 'cache' })
  await eventually(async () => ![before, undefined].includes(await connection()))
  await admin.replicaof('NO', 'ONE')
  await eventually(() =>
    cache.set('kept', 'z').then(
      () => true,
      () => false,
    ),
  )
})

t.test('redis: a server that was never there fails fast and is found when it comes', async (t) => {
  const server = await startRedis(t)
  if (server === null) return
  await server.kill()
  const cache = openRedisCache({ url: server.url, timeoutMs: 500 })
  t.teardown(() => cache.close())
  await t.rejects(cache.get('a'), { code: 'SOURCE_UNAVAILABLE', source: 'cache' })
  await server.restart()
  await eventually(() =>
    cache.ping(500).then(
      () => true,
      () => false,
    ),
  )
})
