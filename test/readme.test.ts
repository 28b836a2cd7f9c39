import t from 'tap'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse, validate } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { settingsOverview, settingsTable } from '../src/cli/settings-table.ts'
import { packageRoot } from '../src/root.ts'
import { graphql, serve, temporaryFolder } from './support/program.ts'

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')

/** The fenced blocks of one language, in order. */
const blocks = (language: string, text = readme): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, body]) => body ?? '')

t.test('the settings tables show what the program reads', async (t) => {
  const shownIn = (text: string) => /<!-- settings:begin -->\n([\s\S]*)<!-- settings:end -->/.exec(text)?.[1]
  t.equal(shownIn(readme), settingsOverview(), 'run `npm run build && node scripts/readme.mjs`')
  t.equal(shownIn(readFileSync(join(packageRoot, 'docs/settings.md'), 'utf8')), settingsTable())
})

t.test('the README has its length, and its two commands first', async (t) => {
  const lines = readme.split('\n').length
  t.ok(lines >= 120 && lines <= 240, `${lines} lines`)
  t.equal(blocks('sh')[0], 'npm ci\nnpm start\n')
})

const pagesIn = (path: string): string[] =>
  readdirSync(join(packageRoot, path))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(path, file))
const pages = ['README.md', 'client/README.md', 'charts/orrery/README.md', ...['docs', 'docs/decisions', 'docs/runbooks'].flatMap(pagesIn)]
const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8')

/** The places within a page that a link can name: its headings, as pages of Markdown are shown. */
const anchorsOf = (file: string): string[] =>
  [...read(file).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

t.test('every link in the README and the docs leads to a file, and to a heading where it names one', async (t) => {
  for (const file of pages)
    for (const [, target = '', anchor] of read(file).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
      if (/^https?:/.test(target)) continue
      const path = target === '' ? file : join(dirname(file), target)
      t.ok(existsSync(join(packageRoot, path)), `${file} -> ${target}`)
      if (anchor !== undefined) t.ok(anchorsOf(path).includes(anchor), `${file} -> ${target}#${anchor}`)
    }
})

t.test('every operation in the README and the docs is valid against the schema', async (t) => {
  const schema = buildSchema()
  const operations = pages
    .flatMap((file) => blocks('graphql', read(file)))
    .filter((text) => /^\s*(query|mutation|subscription|\{)/.test(text))
  t.ok(operations.length >= 10)
  for (const text of operations) t.strictSame(validate(schema, parse(text)), [], text.slice(0, 40))
})

t.test('what the README tells people to paste works on a first start', async (t) => {
  const server = await serve(t, ['--data', await temporaryFolder(t)])
  for (const text of blocks('graphql').filter((block) => !block.startsWith('subscription'))) {
    const answer = await graphql(server.url, text)
    t.equal(answer.errors, undefined, text.slice(0, 30))
    if (text.startsWith('mutation')) t.match(answer.data, { grantApproval: { __typename: 'ApprovalDecided', projected: true } })
    else t.match(answer.data, { runs: { nodes: [{ approvals: { nodes: [{}] } }] } })
  }
  const commands = blocks('sh').filter((block) => block.startsWith('curl'))
  t.ok(commands.length >= 3)
  for (const command of commands) {
    const streams = command.includes('text/event-stream')
    const local = command.replaceAll('http://localhost:4000', server.url)
    // a stream has no end: curl stops by itself after --max-time, with 28
    const { stdout } = await promisify(execFile)('bash', ['-c', streams ? `${local.trimEnd()} || [ $? = 28 ]` : local])
    if (streams) t.match(stdout, /^event: next\n/m, 'events arrive')
    else t.notMatch(JSON.stringify(JSON.parse(stdout)), '"errors"', command.slice(0, 60))
  }
})
