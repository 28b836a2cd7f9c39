import t from 'tap'
import { imageCommands, startJailed } from './support/jail.ts'

t.test('the image’s program runs as nobody special, on a read-only root, without a network, from production packages alone', async (t) => {
  const { start, healthcheck, env } = imageCommands()
  t.strictSame(start, ['node', '--max-semi-space-size=64', 'dist/cli.js', 'serve'])
  t.equal(env['NODE_ENV'], 'production')
  // production refuses to run without stores: what a trial of the image sets
  const jailed = await startJailed(t, { NODE_ENV: 'development', HOST: '127.0.0.1' })
  if (jailed === null) return

  t.equal(jailed.exec(healthcheck).status, 0, 'HEALTHCHECK')
  const status = jailed.exec(['cat', '/proc/1/status']).stdout
  t.match(status, /^Uid:\s+1000\s+1000\s+1000\s+1000$/m)
  t.match(status, /^CapEff:\s+0+$/m)
  t.match(status, /^CapBnd:\s+0+$/m)
  t.match(status, /^NoNewPrivs:\s+1$/m)
  for (const place of ['/', '/app/', '/usr/']) t.match(jailed.exec(['touch', `${place}x`]).stderr, /Read-only file system/, place)
  t.strictSame(
    jailed
      .exec(['cat', '/proc/net/dev'])
      .stdout.match(/^\s*\w+:/gm)
      ?.map((name) => name.trim()),
    ['lo:'],
    'its own loopback is all the network there is',
  )

  const ask = (script: string): string => {
    const { stdout, stderr } = jailed.exec(['node', '-e', script])
    return stdout + stderr
  }
  const post = (query: string): string =>
    ask(`fetch('http://127.0.0.1:4000/graphql', { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: ${JSON.stringify(query)} }) }).then((answer) => answer.text()).then(console.log)`)
  t.match(
    post('{ runs(first: 1) { nodes { runId } } }'),
    /"nodes":\[\{"runId":/,
    'the sample is there: the template and the schema are inside',
  )
  t.match(post('mutation { startRun(input: { ritualId: "a", runId: "b" }) { __typename } }'), '"RunAccepted"')
  t.match(ask(`fetch('http://127.0.0.1:4000/graphiql').then((answer) => console.log(answer.status))`), '200')
  t.match(ask(`fetch('http://192.0.2.1/').catch((error) => console.log(error.cause.code))`), 'ENETUNREACH')
  t.notMatch(jailed.output(), /ENETUNREACH|EAI_AGAIN|ENOTFOUND|EROFS|EACCES/, 'it reaches for nothing that is not there')
  t.match(jailed.exec(['node', 'dist/cli.js', 'doctor']).stdout, /data folder: .*\/data: /, 'the doctor runs inside')
  t.equal(await jailed.stop(), 0, 'ends cleanly on SIGTERM, as process 1')
})
