import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../support/eventually.ts'
import { outsideGauges, readMetrics } from '../support/gauges.ts'
import { graphql, serve, temporaryFolder } from '../support/program.ts'
import { dice, seeded } from '../support/random-documents.ts'
import { rudeVisit } from '../support/rude-client.ts'

const seconds = Number(process.env['RUDE_SECONDS'] ?? 120)
const seed = Number(process.env['RUDE_SEED'] ?? 1)
const atOnce = 25

t.setTimeout((seconds + 180) * 1000)

t.test(
  `${seconds} s of clients without manners (seed ${seed}) end nothing, leave nothing behind, and keep no stop from being clean`,
  async (t) => {
    const server = await serve(t, ['--data', join(await temporaryFolder(t), 'data')], {
      BUDGET_CAPACITY: '0',
      MAX_SUBSCRIPTIONS_PER_TENANT: '100000',
    })
    const port = Number(new URL(server.url).port)
    let visits = 0
    const visitors = (until: () => boolean): Promise<unknown> =>
      Promise.all(
        Array.from({ length: atOnce }, async (_, at) => {
          for (let turn = 0; !until(); turn++) {
            await rudeVisit(port, dice(seeded(seed * 1_000_003 + at * 10_007 + turn)))
            visits++
          }
        }),
      )
    const end = Date.now() + seconds * 1000
    await visitors(() => Date.now() > end)
    t.comment(`${visits} visits`)
    t.match(await graphql(server.url, '{__typename}'), { data: { __typename: 'Query' } })
    const read = async (name: string) => (await readMetrics(server.url)).get(name)
    for (const name of outsideGauges)
      await eventually(async () => (await read(name)) === 0, { withinMs: 60_000 }).catch(async () =>
        t.fail(`${name} stays at ${await read(name)}`),
      )

    const more = visitors(() => server.child.exitCode !== null)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    server.child.kill('SIGTERM')
    t.equal(await server.ended, 0, 'the stop is clean')
    await more
    t.notMatch(server.stdout() + server.stderr(), /"level":"(error|fatal)"/)
  },
)
