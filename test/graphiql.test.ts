import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { parse, validate } from 'graphql'
import { buildSchema } from '../src/app.ts'
import { packageRoot } from '../src/root.ts'
import { answerOf, graphql, serve, type Serving, temporaryFolder } from './support/program.ts'
import { programOf } from './support/server-process.ts'
import { shouldRun } from './support/services.ts'

const examples = join(packageRoot, 'ide', 'examples')

t.test('every example of the IDE is valid against the schema', async (t) => {
  const schema = buildSchema()
  const files = readdirSync(examples)
  t.ok(files.length >= 3)
  for (const file of files) t.strictSame(validate(schema, parse(readFileSync(join(examples, file), 'utf8'))), [], file)
})

t.test('the files that are served are those that would be built', async (t) => {
  t.equal(execFileSync(process.execPath, [join(packageRoot, 'scripts', 'build-ide.mjs'), '--check'], { encoding: 'utf8' }), '')
})

const findChromium = (): string | null => {
  try {
    return programOf('chromium')
  } catch {
    return null
  }
}

/** A browser that can reach our server and nothing else, and notes what it tried. */
async function open(
  server: Serving,
  executablePath: string,
): Promise<{ browser: Browser; page: Page; outside: string[]; complaints: string[] }> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 } })
  const outside: string[] = []
  const complaints: string[] = []
  await page.route('**/*', async (route) => {
    if (route.request().url().startsWith(server.url)) return route.continue()
    outside.push(route.request().url())
    return route.abort()
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { browser, page, outside, complaints }
}

const shown = (page: Page): Promise<string> => page.locator('.result-window').innerText()

/** Opens a tab and presses the button, once the editor has taken in which operation the tab holds: it does so a moment later. */
async function runTab(page: Page, title: string): Promise<void> {
  await page.getByRole('tab', { name: title }).click()
  // not `waitForFunction`: it evaluates inside the page, which the page's policy forbids
  await answerOf(
    async () => (await page.evaluate(`localStorage.getItem('graphiql:operationName')`)) === title,
    () => `of the editor about ${title}`,
  )
  await page.locator('.graphiql-execute-button').click()
}

const isShown = (page: Page, text: string): Promise<boolean> =>
  answerOf(
    async () => (await shown(page)).includes(text),
    () => `of ${text}`,
  )

t.test('GraphiQL works without any outside network: a query, a mutation, live events; so does the page about graphs', async (t) => {
  const executablePath = findChromium()
  if (!shouldRun(t, 'Chromium', executablePath !== null) || executablePath === null) return
  const server = await serve(t, ['--data', await temporaryFolder(t)])
  const { browser, page, outside, complaints } = await open(server, executablePath)
  t.teardown(async () => {
    const screenshot = process.env['ORRERY_SCREENSHOT']
    if (screenshot !== undefined) await page.screenshot({ path: screenshot })
    await browser.close()
  })

  await page.goto(`${server.url}/graphiql`)
  await page.locator('.graphiql-query-editor').waitFor()
  await runTab(page, 'WaitingRuns')
  t.ok(await isShown(page, 'AWAITING_APPROVAL'))
  await runTab(page, 'GrantGoLive')
  t.ok(await isShown(page, 'ApprovalDecided'))
  await runTab(page, 'GrantGoLive')
  t.ok(await isShown(page, 'ApprovalAlreadyDecided'), 'a second grant is told about the first')

  await runTab(page, 'RunEvents')
  const seen = new Set<string>()
  let started = 0
  await answerOf(async () => {
    const cursor = /"cursor": "([^"]+)"/.exec(await shown(page))?.[1]
    if (cursor !== undefined) seen.add(cursor)
    // the sample moves by itself; this only makes it quick
    if (seen.size >= started) {
      started += 1
      await graphql(
        server.url,
        `
          mutation {
            startRun(input: { ritualId: "by-hand" }) {
              __typename
            }
          }
        `,
      )
    }
    return seen.size >= 3
  })
  t.ok(seen.size >= 3, `${seen.size} events were shown, one after the other`)

  await page.goto(`${server.url}/graph`)
  await page.locator('#picture svg text').first().waitFor()
  t.ok((await page.locator('#picture svg text').count()) > 3, 'the page about graphs draws the newest commit of the first one')
  t.ok((await page.locator('#graph option').count()) > 0 && (await page.locator('#commit option').count()) > 1, 'and offers others')
  t.strictSame(outside, [], 'nothing outside was asked for')
  t.strictSame(complaints, [], 'neither the policy nor the page complained')
})
