// One of several server processes that decide the same gate: waits for the word, then sends 33 decisions at once.
import { openJetstreamLog } from '../../src/datasources/log/jetstream-log.ts'
import { createRunCommands } from '../../src/datasources/runs/demon-commands.ts'
import { systemClock } from '../../src/time.ts'

const [url = '', runId = '', index = ''] = process.argv.slice(2)
const log = await openJetstreamLog({ url, credsPath: undefined, createStreams: false, ritualStreamName: undefined, timeoutMs: 5000 })
await log.state('ritual')
const commands = createRunCommands({ log, clock: systemClock })

process.once('message', async () => {
  const told = await Promise.all(
    Array.from({ length: 33 }, async (_, number) => {
      const actorId = `actor-${index}-${number}`
      const key = { system: 'DEMON', ritualId: 'rollout', runId, gateId: 'publish' } as const
      const decision = number % 2 === 0 ? ({ kind: 'GRANT' } as const) : ({ kind: 'DENY', reason: 'no' } as const)
      const outcome = await commands.decide({ tenantId: 'acme' }, { actorId }, key, decision)
      return { actorId, outcome: outcome.outcome, sequence: 'sequence' in outcome ? outcome.sequence.toString() : '' }
    }),
  )
  process.send?.(told)
  await log.close()
  process.disconnect()
})
process.send?.('ready')
