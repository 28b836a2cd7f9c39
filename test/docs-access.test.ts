import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { shell, shellBlocks } from './support/docs-shell.ts'
import { serve, temporaryFolder } from './support/program.ts'

t.setTimeout(240_000)

/** The settings with which a block starts the server, and what it does besides. */
function readBlock(script: string): { env: Record<string, string>; rest: string } {
  const lines = script.split('\n')
  const start = lines.find((line) => line.endsWith('npm start')) ?? ''
  const env = Object.fromEntries([...start.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))
  return { env, rest: lines.filter((line) => line !== start).join('\n') }
}

/** What stands in a text of JSON's members, numbers that time moves left out. */
const membersOf = (text: string): string[] =>
  [...text.matchAll(/"(\w+)": ?("(?:[^"\\]|\\.)*"|[\d.]+|null|true|false|\[|\{)/g)].map(([, name = '', value = '']) =>
    name === 'currentlyAvailable' ? name : `${name}: ${value}`,
  )

t.test('the commands of docs/limits-and-cost.md print what they say', async (t) => {
  const folder = await temporaryFolder(t)
  const blocks = shellBlocks('limits-and-cost.md').map(({ script, printed }) => ({ ...readBlock(script), printed }))
  const isFile = (line: string): boolean => line.startsWith('echo ')
  const files = blocks.flatMap(({ rest }) => rest.split('\n').filter(isFile))
  t.equal(spawnSync('sh', ['-c', files.join('\n')], { cwd: folder }).status, 0)
  const env: Record<string, string> = Object.assign({}, ...blocks.map((block) => block.env))
  const settings = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.endsWith('.json') ? join(folder, value) : value]),
  )
  const server = await serve(t, ['--data', join(folder, 'data')], { SAMPLE_DATA: 'static', ...settings })
  const run = await shell(t, {})
  for (const { rest, printed } of blocks) {
    const commands = rest.split('\n').filter((line) => !isFile(line))
    const { status, stdout, stderr } = run(commands.join('\n').replaceAll('localhost:4000', server.url))
    t.equal(status, 0, `${rest} ${stderr}`)
    const answered = new Set(membersOf(stdout))
    t.ok(answered.size > 5, stdout)
    for (const member of membersOf(printed)) t.ok(answered.has(member), `${member} in ${stdout.slice(-600)}`)
  }
})

t.test('the commands of docs/identity.md do what they say', async (t) => {
  const data = join(await temporaryFolder(t), 'data')
  const [tokens, keys] = shellBlocks('identity.md')
  const { env, rest } = readBlock(tokens?.script ?? '')
  const run = await shell(t, { DATA_DIR: data })
  const [create = '', list = '', revoke = ''] = (keys?.script ?? '').split('\n')
  const make = () => /orr_([0-9a-f]{16})_\S+/.exec(run(create).stdout) ?? []
  const [[gone = '', goneId = ''], [kept = '', keptId = '']] = [make(), make()]
  const listed = run(list).stdout
  t.ok(listed.includes(goneId) && listed.includes(keptId), listed)
  t.equal(run(revoke.replace(/\w+$/, goneId)).status, 0)
  const server = await serve(t, ['--empty', '--data', data], env)
  t.match(
    run(rest.replaceAll('localhost:4000', server.url)).stdout,
    /"actor":\{"id":"ana@acme.test"\},"tenantId":"demo","roles":\["viewer"\]/,
  )
  const asked = (key: string) =>
    run(
      `curl -s ${server.url}/graphql -H 'x-api-key: ${key}' -H 'content-type: application/json' -d '{"query":"{ viewer { actor { id } } }"}'`,
    )
  t.match(asked(kept).stdout, /"id":"key:ci-bot"/)
  t.match(asked(gone).stdout, /UNAUTHENTICATED/)
})
