import { join } from 'node:path'
import t from 'tap'
import { commandsOf, shell } from './support/docs-shell.ts'
import { graphql, serve, temporaryFolder } from './support/program.ts'
import { createTestDatabase } from './support/sql.ts'

t.setTimeout(110_000)

t.test('the commands of docs/operations.md work as they stand, in their order', async (t) => {
  const database = await createTestDatabase(t)
  const other = await createTestDatabase(t)
  if (database === null || other === null) return
  const run = await shell(t, { DATABASE_URL: database, NEW_DATABASE_URL: other })
  t.equal(run('orrery migrate').status, 0)
  const commands = commandsOf('operations.md')
  t.ok(commands.length >= 6)
  for (const command of commands) {
    const { status, stderr } = run(command)
    t.equal(status, 0, `${command} ${stderr}`)
  }
  t.equal(run('DATABASE_URL="$NEW_DATABASE_URL" orrery doctor').status, 0, 'what was restored is healthy')
})

t.test('the commands of docs/storage.md work as they stand, in their order', async (t) => {
  const server = await serve(t, ['--empty', '--data', join(await temporaryFolder(t), 'data')])
  const run = await shell(t, { ORRERY_URL: server.url })
  await graphql(server.url, 'mutation { createRecordStream(input: { name: "orders" }) { __typename } }')
  t.equal(run('orrery records append orders one two').status, 0)
  const commands = commandsOf('storage.md')
  t.ok(commands.length >= 8)
  for (const command of commands) {
    // `tail` without `--count` follows for ever
    const { status, stdout, stderr } = run(command.includes(' tail ') ? `timeout 5 ${command}` : command)
    if (command.includes(' tail ')) t.match(stdout, '"text":"plain text"', command)
    else t.equal(status, 0, `${command} ${stderr}`)
  }
})

t.test('the commands of docs/schema-changes.md print what they say', async (t) => {
  const run = await shell(t, {})
  const printed = commandsOf('schema-changes.md').flatMap((command) =>
    command.startsWith('node dist/cli.js ') ? [run(command.replace('node dist/cli.js', 'orrery'))] : [],
  )
  t.equal(printed.length, 2)
  for (const { status, stdout } of printed) {
    t.equal(status, 0)
    t.match(stdout, /^type Query/m)
  }
})
