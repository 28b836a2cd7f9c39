import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { type EventLog, type LogMessage } from '../../src/datasources/log/log.ts'
import { openSqlLog } from '../../src/datasources/log/sql-log.ts'
import { openPostgresSql } from '../../src/datasources/sql/postgres-sql.ts'
import { type Nanos, systemClock } from '../../src/time.ts'
import { eventually } from '../support/eventually.ts'
import { sqlAdapters } from '../support/sql.ts'

// What only the log in SQL has: an injected clock, several processes on one database, appends that share a transaction.

const bytes = (text: string) => new TextEncoder().encode(text)
const subjectOf = () => `demon.ritual.v1.t.ritual.${randomUUID()}.events`

function follow(log: EventLog) {
  const stop = new AbortController()
  const seen: LogMessage[] = []
  const statuses: string[] = []
  const tail = log.tail('ritual', { from: 1n, signal: stop.signal, onStatus: (status) => statuses.push(status) })
  const ended = (async () => {
    for await (const batch of tail) seen.push(...batch)
  })()
  const failures: unknown[] = []
  ended.catch((error: unknown) => failures.push(error))
  return {
    seen,
    failures,
    statuses,
    sequences: () => seen.map(({ sequence }) => sequence),
    async stop() {
      stop.abort()
      await ended
    },
  }
}

const upTo = (last: number): bigint[] => Array.from({ length: last }, (_, index) => BigInt(index + 1))

async function sharedDatabase(t: Test, url: string) {
  const open = () => {
    const sql = openPostgresSql({ url, poolSize: 4, timeoutMs: 5000 })
    t.teardown(() => sql.close())
    const log = openSqlLog({ sql, clock: systemClock, pollMs: 30 })
    t.teardown(() => log.close())
    return { sql, log }
  }
  return [open(), open()] as const
}

t.test('the log in SQL', async (t) => {
  for (const { name, sql, url } of await sqlAdapters(t)) {
    await t.test(name, async (t) => {
      await t.test('a message id is forgotten after 120 s', async (t) => {
        let now: Nanos = 1_700_000_000_000_000_000n
        const log = openSqlLog({ sql, clock: { now: () => now } })
        t.teardown(() => log.close())
        const messageId = randomUUID()
        const first = await log.append(subjectOf(), bytes('1'), { messageId })
        now += 119_000_000_000n
        t.same(await log.append(subjectOf(), bytes('2'), { messageId }), { sequence: first.sequence, duplicate: true })
        now += 2_000_000_000n
        const second = await log.append(subjectOf(), bytes('3'), { messageId })
        t.same(second, { sequence: first.sequence + 1n, duplicate: false })
        t.same(await log.append(subjectOf(), bytes('4'), { messageId }), { sequence: second.sequence, duplicate: true })
        t.equal((await log.get('ritual', second.sequence))?.recordedAtNs, now)
        await sql.run('delete from log_messages')
        await sql.run('delete from log_streams')
      })

      await t.test('appends that come together are judged one after the other', async (t) => {
        const log = openSqlLog({ sql, clock: systemClock })
        t.teardown(() => log.close())
        const [subject, messageId] = [subjectOf(), randomUUID()]
        const from = (await log.state('ritual'))?.lastSequence ?? 0n
        const outcomes = await Promise.allSettled([
          log.append(subject, bytes('a'), { expectedLastSubjectSequence: 0n }),
          log.append(subject, bytes('b'), { expectedLastSubjectSequence: 0n }),
          log.append(subject, bytes('c'), { expectedLastSubjectSequence: from + 1n, messageId }),
          log.append(subject, bytes('d'), { messageId }),
          log.append(subject, bytes('e')),
        ])
        t.match(
          outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason)),
          [
            { sequence: from + 1n, duplicate: false },
            { name: 'WrongLastSequenceError' },
            { sequence: from + 2n, duplicate: false },
            { sequence: from + 2n, duplicate: true },
            { sequence: from + 3n, duplicate: false },
          ],
        )
      })

      await t.test('a table that is out of reach is told to the followers, and ends nothing else', async (t) => {
        const log = openSqlLog({ sql, clock: systemClock, pollMs: 10 })
        t.teardown(() => log.close())
        await log.append(subjectOf(), bytes('before'))
        const tail = follow(log)
        await eventually(() => tail.seen.length > 0)
        await sql.run('alter table log_streams rename to log_streams_away')
        await eventually(() => tail.failures.length > 0)
        await sql.run('alter table log_streams_away rename to log_streams')
        t.match(tail.failures, [{ name: 'SqlError' }])
        const again = follow(log)
        const { sequence } = await log.append(subjectOf(), bytes('after'))
        await eventually(() => again.sequences().at(-1) === sequence)
        await again.stop()
      })

      if (url === null) return
      await t.test('two processes on one database give one gapless sequence, and each sees what the other wrote', async (t) => {
        await sql.run('delete from log_messages')
        await sql.run('delete from log_streams')
        const [one, two] = await sharedDatabase(t, url)
        const tails = [follow(one.log), follow(two.log)]
        const acks = await Promise.all(
          Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? one : two).log.append(subjectOf(), bytes(String(index)))),
        )
        t.same(
          acks.map(({ sequence }) => sequence).sort((a, b) => Number(a - b)),
          upTo(400),
        )
        const subject = subjectOf()
        const outcomes = await Promise.allSettled(
          Array.from({ length: 100 }, (_, index) =>
            (index % 2 === 0 ? one : two).log.append(subject, bytes(String(index)), {
              expectedLastSubjectSequence: 0n,
              messageId: randomUUID(),
            }),
          ),
        )
        t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
        for (const tail of tails) {
          await eventually(() => tail.seen.length >= 401)
          await tail.stop()
          t.same(tail.sequences(), upTo(401))
        }
      })

      await t.test('connections that break under a tail cost nothing', async (t) => {
        const [one] = await sharedDatabase(t, url)
        const tail = follow(one.log)
        await eventually(() => tail.seen.length === 401)
        for (let round = 1; round <= 3; round++) {
          await sql.run(
            'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
          )
          let acknowledged = false
          await eventually(() =>
            acknowledged
              ? true
              : one.log.append(subjectOf(), bytes('x'), { messageId: `round ${round}` }).then(
                  () => (acknowledged = true),
                  () => false,
                ),
          )
          await eventually(() => tail.seen.length === 401 + round)
        }
        await tail.stop()
        t.same(tail.sequences(), upTo(404))
      })
    })
  }
})
