import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { type EventLog } from '../src/datasources/log/log.ts'
import { type HubItem, type HubSubscribeOptions } from '../src/subscriptions/hub.ts'
import { createLiveHub } from '../src/subscriptions/live-hub.ts'
import { timeMark } from '../src/subscriptions/time-mark.ts'
import { eventually } from './support/eventually.ts'
import { logAdapters } from './support/logs.ts'

t.setTimeout(180_000)

const subject = 'demon.ritual.v1.acme.r.run.events'

/** The same log; its tails can be held, as a process that is busy or cut off holds them. */
function heldLog(log: EventLog) {
  let hold = new AbortController()
  let release = (): void => undefined
  let held: Promise<void> = Promise.resolve()
  const slow: EventLog = {
    ...log,
    async *tail(stream, options) {
      await held
      yield* log.tail(stream, { ...options, signal: AbortSignal.any([options.signal, hold.signal]) })
    },
  }
  return {
    log: slow,
    hold() {
      held = new Promise((resolve) => (release = resolve))
      hold.abort()
      hold = new AbortController()
    },
    release: () => release(),
  }
}

const short = (item: HubItem): string => {
  if (item.kind === 'MESSAGE') return `${item.message.sequence}`
  return item.kind === 'PHASE' ? `${item.phase}@${item.sequence}` : `${item.reason}:${item.from}-${item.to}`
}

async function take(stream: AsyncIterator<HubItem>, count: number): Promise<string[]> {
  const items: string[] = []
  for (let left = count; left > 0; left--) {
    const step = await stream.next()
    if (step.done === true) throw new Error('the stream ended')
    items.push(short(step.value))
  }
  return items
}

function open(t: Test, log: EventLog) {
  const hub = createLiveHub({ log, ringSize: 100, queueSize: 20 })
  t.teardown(() => hub.close())
  const signal = new AbortController().signal
  return (after: HubSubscribeOptions['after'] = null, strict = false) =>
    hub.subscribe({ field: 'runEvents', stream: 'ritual', subjects: ['>'], after, strict, signal })
}

for (const adapter of logAdapters)
  t.test(adapter.name, async (t) => {
    const opened = await adapter.open(t)
    if (opened === null) return
    const { log, hold, release } = heldLog(opened.log)
    const put = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const messageId = randomUUID()
        await eventually(async () => (await log.append(subject, Buffer.from('{}'), { messageId }).catch(() => null)) !== null)
      }
    }
    const subscribe = open(t, log)

    await t.test('purged before it came to live readers: they are told what they lost, and what is held still comes', async (t) => {
      await put(5)
      const [reader, strict] = [subscribe(), subscribe(null, true)]
      t.strictSame([await take(reader, 1), await take(strict, 1)], [['LIVE@5'], ['LIVE@5']])
      hold()
      await put(5)
      await opened.purgeBefore('ritual', 9n)
      release()
      t.strictSame(await take(reader, 3), ['SOURCE_RESET:6-8', '9', '10'])
      await t.rejects(strict.next(), { code: 'CURSOR_EXPIRED', details: { reason: 'SOURCE_RESET', from: '6', to: '8' } })
      const epoch = (await log.state('ritual'))?.epoch ?? ''
      t.strictSame(await take(subscribe({ sequence: 8n, epoch }), 4), ['REPLAY@8', '9', '10', 'LIVE@10'])
    })

    await t.test('restored to what it was, and grown past live readers and old positions: both are told', async (t) => {
      const reader = subscribe()
      t.strictSame(await take(reader, 1), ['LIVE@10'])
      const { restore } = await opened.backup()
      await put(3)
      t.strictSame(await take(reader, 3), ['11', '12', '13'])
      const { epoch } = (await log.state('ritual')) ?? { epoch: '' }
      const markOf = async (sequence: bigint) => timeMark((await log.get('ritual', sequence))?.recordedAtNs ?? 0n)
      const [kept, old] = [
        { epoch, sequence: 9n, timeMark: await markOf(9n) },
        { epoch, sequence: 12n, timeMark: await markOf(12n) },
      ]
      hold()
      await restore()
      await put(6)
      release()
      t.match(await take(reader, 1), [/^SOURCE_RESET:9-1\d$/])
      t.match(await take(subscribe(old), 1), [/^SOURCE_RESET:9-1\d$/])
      t.strictSame(await take(subscribe(kept), 3), ['REPLAY@9', '10', '11'], 'what was restored is what it was')
      await put(1)
      const all = await take(reader, 1)
      while (all.at(-1) !== '17') all.push(...(await take(reader, 1)))
      t.equal(new Set(all).size, all.length)
    })

    await t.test('deleted and made again: live readers and old positions are told, and nothing is taken for what it is not', async (t) => {
      const epoch = (await log.state('ritual'))?.epoch ?? ''
      const reader = subscribe()
      t.strictSame(await take(reader, 1), ['LIVE@17'])
      hold()
      await opened.replace('ritual')
      await put(12)
      release()
      t.match(await take(reader, 1), [/^SOURCE_RESET:1-\d+$/])
      t.match(await take(subscribe({ sequence: 10n, epoch }), 1), [/^SOURCE_RESET:1-\d+$/])
      await put(1)
      const all = await take(reader, 1)
      while (all.at(-1) !== '13') all.push(...(await take(reader, 1)))
      t.equal(new Set(all).size, all.length)
    })
  })
