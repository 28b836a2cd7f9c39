import { once } from 'node:events'
import { connect } from 'node:net'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, validate } from 'graphql'
import t from 'tap'
import { buildSchema } from '../src/app.ts'
import { packageRoot } from '../src/root.ts'
import { answerOf, graphql, serve, temporaryFolder } from './support/program.ts'

t.setTimeout(300_000)

const doc = readFileSync(join(packageRoot, 'docs/live-events.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...doc.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, body]) => body ?? '')

/** Runs a command while something happens, and gives what it printed. */
const printed = (file: string, args: string[], timeout: number): Promise<string> =>
  new Promise((resolve) => {
    execFile(file, args, { timeout, killSignal: 'SIGKILL' }, (_error, stdout) => resolve(stdout))
  })

t.test('every operation of the page is valid', async (t) => {
  const schema = buildSchema()
  for (const text of blocks('graphql')) t.strictSame(validate(schema, parse(text)), [])
})

t.test('the recipes work as they stand', async (t) => {
  const dir = await temporaryFolder(t)
  const server = await serve(t, ['--data', join(dir, 'data')], { SAMPLE_DATA: 'off' })
  const [curl = ''] = blocks('sh')
  const [eventSource = ''] = blocks('js')
  const here = (text: string): string => text.replaceAll('http://localhost:4000', server.url)

  let n = 0
  const writing = setInterval(() => {
    const id = `r${n++}`
    void graphql(server.url, `mutation { startRun(input: { ritualId: "deploy", runId: "${id}" }) { __typename } }`)
      .then(() =>
        graphql(server.url, `mutation { failRun(input: { key: { ritualId: "deploy", runId: "${id}" }, message: "no" }) { __typename } }`),
      )
      .catch(() => undefined)
  }, 300)
  t.teardown(() => clearInterval(writing))

  const streamed = await printed('sh', ['-c', here(curl)], 30_000)
  t.match(streamed, /^retry: \d+/)
  t.match(streamed, /"phase":"LIVE"/)
  const [, id] = /^id: ?(\S+)\n(?:.*\n)*?data: .*ritual\.started:v1/m.exec(streamed) ?? []
  t.ok(id)
  const resumed = await printed('sh', ['-c', here(curl).replace('curl -N', `curl -N -H 'last-event-id: ${id}'`)], 30_000)
  t.match(resumed, /"phase":"REPLAY"[\s\S]*ritual\.failed:v1/)

  const script = join(dir, 'recipe.mjs')
  const undici = join(packageRoot, 'node_modules/undici/index.js')
  const ending = "let seen = 0\nsource.addEventListener('next', () => { if (++seen === 3) process.exit(0) })\n"
  writeFileSync(script, `import undici from ${JSON.stringify(undici)}\nconst { EventSource } = undici\n${here(eventSource)}\n${ending}`)
  const shown = await printed(process.execPath, [script], 30_000)
  t.match(shown, /__typename: 'EventItem'[\s\S]*ritual\.failed:v1/)
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

t.test('a second signal ends the process at once, whatever it still waits for', async (t) => {
  const dir = await temporaryFolder(t)
  const server = await serve(t, ['--data', join(dir, 'data')], { SAMPLE_DATA: 'off', DRAIN_TIMEOUT_MS: '60000' })
  const { hostname, port } = new URL(server.url)
  // a request whose body never comes holds the drain up for as long as it may take
  const held = connect(Number(port), hostname)
  t.teardown(() => held.destroy())
  held.on('error', () => undefined)
  await once(held, 'connect')
  held.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{')
  await answerOf(async () => (await fetch(`${server.url}/livez`)).ok)
  server.child.kill('SIGTERM')
  await answerOf(async () => (await fetch(`${server.url}/health/ready`).catch(() => null))?.status !== 200)
  t.equal(server.child.exitCode, null, 'it waits for the request')
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 130)
})
