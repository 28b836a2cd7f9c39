import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doctor } from './support/doctor.ts'
import { run, serve, temporaryFolder } from './support/program.ts'

const noStack = / {4}at \S/

t.test('wrong settings and surroundings: one clear message each, an exit code, never a stack', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const wrong: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['a value that is no number', { PORT: 'http' }, /PORT: must be a number/],
    ['a misspelt name', { DATABSE_URL: 'postgres://h/d' }, /DATABSE_URL: there is no such setting; DATABASE_URL was meant/],
    ['a missing secret', { AUTH_MODE: 'jwt' }, /AUTH_MODE: tokens need JWT_SECRET, JWKS_URL or OIDC_ISSUER/],
    [
      'missing stores in production',
      { NODE_ENV: 'production', AUTH_MODE: 'apikey' },
      /NATS_URL: production needs[^]*DATABASE_URL: production needs[^]*REDIS_URL: production needs/,
    ],
    ['a folder that is a file', { DATA_DIR: file }, /orrery: .*a-file is a file/],
  ]
  for (const [name, env, message] of wrong) {
    const program = run(t, ['serve'], { PORT: '0', DATA_DIR: join(folder, 'data'), ...env })
    t.equal(await program.ended, 1, name)
    t.match(program.stderr(), message, name)
    t.notMatch(program.stderr(), noStack, `${name}: no stack`)
    const found = await doctor(t, { PORT: '0', DATA_DIR: join(folder, 'data'), ...env })
    t.equal(found.code, 1, `doctor: ${name}`)
  }
})

t.test('an unreachable store is a server that is alive, not ready, and names the store', async (t) => {
  const server = await serve(t, [], { DATABASE_URL: 'postgres://nobody:hidden@127.0.0.1:1/none', SOURCE_TIMEOUT_MS: '500' })
  t.equal((await fetch(`${server.url}/health/live`)).status, 200)
  const answer = await fetch(`${server.url}/health/ready`)
  t.equal(answer.status, 503)
  const text = await answer.text()
  t.match(text, /PostgreSQL: /)
  t.notMatch(text, /hidden|ECONN/)
  const found = await doctor(t, { DATABASE_URL: 'postgres://nobody:hidden@127.0.0.1:1/none', SOURCE_TIMEOUT_MS: '500' })
  t.match(found.of('sql'), [{ verdict: 'fail', remedy: /DATABASE_URL/ }])
  t.equal(found.code, 1)
  t.notMatch(JSON.stringify(found.findings), 'hidden')
})

t.test('a read-only folder is said so', async (t) => {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'locked'))
  chmodSync(join(folder, 'locked'), 0o500)
  // root may write everywhere but where the system itself lets nobody
  const locked = process.getuid?.() === 0 ? '/sys' : join(folder, 'locked')
  const found = await doctor(t, { DATA_DIR: join(locked, 'data') })
  t.match(found.of('data folder'), [{ verdict: 'fail', message: /may not be used by this user/ }])
})
