import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/root.ts'

t.setTimeout(110_000)

const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc')

/** A folder in which the client is installed as it would be from a registry, beside the stock clients. */
function installed(dir: string): void {
  const home = join(dir, 'node_modules/orrery-client')
  mkdirSync(home, { recursive: true })
  for (const file of ['package.json', 'README.md']) cpSync(join(packageRoot, 'client', file), join(home, file))
  execFileSync(process.execPath, [tsc, '-p', join(packageRoot, 'client/tsconfig.json'), '--outDir', join(home, 'dist')])
  for (const name of ['graphql', 'graphql-ws', 'graphql-sse', 'ws', '@types'])
    symlinkSync(join(packageRoot, 'node_modules', name), join(dir, 'node_modules', name))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }))
}

t.test('the client is usable as it is published: by name, with types, with both stock clients', async (t) => {
  const dir = t.testdir({})
  installed(dir)
  const consumer = `
    import { createClient as createWs } from 'graphql-ws'
    import { createClient as createSse } from 'graphql-sse'
    import { iterateResuming, subscribeResuming, type ResumeOptions } from 'orrery-client'
    const options: ResumeOptions = { after: null, onCursor: (cursor: string) => void cursor }
    const request = { query: 'subscription { events { __typename } }' }
    export const ws: AsyncIterableIterator<{ data: unknown }> = iterateResuming<{ data: unknown }>(createWs({ url: 'ws://x' }), request, options)
    export const stop: () => void = subscribeResuming<{ data: unknown }>(
      createSse({ url: 'http://x' }), request, { next: ({ data }) => void data, error: () => undefined, complete: () => undefined })
  `
  writeFileSync(join(dir, 'consumer.ts'), consumer)
  const flags = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
  ]
  execFileSync(process.execPath, [tsc, ...flags, join(dir, 'consumer.ts')], { cwd: dir, stdio: 'inherit' })

  const script = `
    import { iterateResuming } from 'orrery-client'
    const sent = []
    let sink
    const client = { subscribe(request, given) { sink = given; sent.push(() => JSON.stringify(request)); return () => {} } }
    const results = iterateResuming(client, { query: 'q', extensions: { mine: 1 } }, { after: 'kept' })
    const before = sent[0]()
    sink.next({ data: { n: 1 }, extensions: { cursor: 'c1' } })
    await results.next()
    console.log(JSON.stringify([JSON.parse(before), JSON.parse(sent[0]())]))
  `
  writeFileSync(join(dir, 'run.js'), script)
  const printed = JSON.parse(execFileSync(process.execPath, [join(dir, 'run.js')], { cwd: dir, encoding: 'utf8' })) as unknown
  t.strictSame(printed, [
    { query: 'q', extensions: { mine: 1, resume: 'kept' } },
    { query: 'q', extensions: { mine: 1, resume: 'c1' } },
  ])
})

t.test('what is packed is what is needed, and nothing else', async (t) => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(packageRoot, 'client'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = JSON.parse(listed) as { files: { path: string }[] }[]
  const files = packed?.files.map(({ path }) => path).filter((path) => !path.startsWith('dist/'))
  t.strictSame(files?.sort(), ['README.md', 'package.json'])
})
