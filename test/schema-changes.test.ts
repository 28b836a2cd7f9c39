import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { buildSchema as buildFromSdl, parse, print } from 'graphql'
import tap from 'tap'
import { withDefinitions } from '../src/federation/subgraph.ts'
import { packageRoot } from '../src/root.ts'
import { loadTypeDefs } from '../src/schema.ts'
import { fixtureApp } from './support/fixture-app.ts'
import { run, temporaryFolder } from './support/program.ts'

const released = readFileSync(join(packageRoot, 'released', 'schema.graphql'), 'utf8')

async function check(t: Parameters<typeof temporaryFolder>[0], current: string, from = released) {
  const folder = await temporaryFolder(t)
  const files = { released: join(folder, 'released.graphql'), current: join(folder, 'current.graphql') }
  writeFileSync(files.released, from)
  writeFileSync(files.current, current)
  const script = join(packageRoot, 'scripts', 'schema-check.mjs')
  return spawnSync(process.execPath, [script, '--released', files.released, '--current', files.current], { encoding: 'utf8' })
}

tap.test('the schema breaks no client of the released one', async (t) => {
  const { status, stdout } = await check(t, print(withDefinitions(loadTypeDefs())))
  t.equal(status, 0, stdout)
  t.match(stdout, /, 0 of them breaking/)
})

tap.test('a removed field, a changed type and a new required argument are breaking; what was deprecated may go', async (t) => {
  const before = 'type Query { a: Int b: Int c(x: Int): Int old: Int @deprecated(reason: "Use a.") }'
  const broken = await check(t, 'type Query { a: String c(x: Int!): Int }', before)
  t.equal(broken.status, 1)
  t.match(broken.stdout, /BREAKS: Field 'b' was removed/)
  t.match(broken.stdout, /3 of them breaking/)
  t.equal((await check(t, 'type Query { a: Int b: Int c(x: Int): Int more: Int }', before)).status, 0)
})

tap.test('`schema print` is a schema by itself; `--subgraph` prints what a composer gets', async (t) => {
  const program = run(t, ['schema', 'print'])
  t.equal(await program.ended, 0)
  const whole = buildFromSdl(program.stdout())
  t.ok(whole.getDirective('cost') && whole.getType('Approval'))
  const part = run(t, ['schema', 'print', '--subgraph', 'approvals'])
  t.equal(await part.ended, 0)
  t.match(part.stdout(), /@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.9"/)
  t.notMatch(part.stdout(), /directive @key/)
  t.doesNotThrow(() => parse(part.stdout()))
  const wrong = run(t, ['schema', 'print', '--subgraph', 'nothing'])
  t.equal(await wrong.ended, 2)
  t.match(wrong.stderr(), /There is no subgraph nothing; there are approvals,/)
})

tap.test('the use of deprecated elements is counted by client', async (t) => {
  const schema = makeExecutableSchema({
    typeDefs: `
      enum Size { BIG HUGE @deprecated(reason: "Use BIG.") }
      type Query { new: Int old: Int @deprecated(reason: "Use new.") sized(of: Size, by: Int @deprecated(reason: "Use of.")): Int }
    `,
  })
  const { app } = await fixtureApp(t, {}, { schema })
  const ask = (query: string, client?: string) =>
    app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...(client === undefined ? {} : { 'graphql-client-name': client }) },
      payload: { query },
    })
  await ask('{ old new }', 'dashboard')
  await ask('{ a: old }', 'dashboard')
  await ask('{ old sized(of: HUGE, by: 1) }')
  await ask('{ new }', 'good')
  const metrics = (await app.inject('/metrics')).body
  const series = metrics.split('\n').filter((line) => line.startsWith('orrery_deprecated_uses_total{'))
  t.strictSame(series.sort(), [
    'orrery_deprecated_uses_total{coordinate="Query.old",client="dashboard"} 2',
    'orrery_deprecated_uses_total{coordinate="Query.old",client="unnamed"} 1',
    'orrery_deprecated_uses_total{coordinate="Query.sized(by:)",client="unnamed"} 1',
    'orrery_deprecated_uses_total{coordinate="Size.HUGE",client="unnamed"} 1',
  ])
})

tap.test('the check that CI runs reads the build', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  t.equal(scripts['schema:check'], 'node scripts/schema-check.mjs')
  t.match(readFileSync(join(packageRoot, '.ci', 'run'), 'utf8'), 'npm run --silent schema:check')
  t.doesNotThrow(() => execFileSync('bash', ['-n', join(packageRoot, '.ci', 'run')]))
})
