// Writes the settings tables of README.md and docs/settings.md from the one list that also reads them (src/settings.ts, compiled by `npm run build`).
//   node scripts/readme.mjs           writes them
//   node scripts/readme.mjs --check   fails when a file shows another one
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { settingsOverview, settingsTable } = await import(join(root, 'dist', 'cli', 'settings-table.js'))
const check = process.argv.includes('--check')

for (const [name, table] of [
  ['README.md', settingsOverview()],
  ['docs/settings.md', settingsTable()],
]) {
  const file = join(root, name)
  const before = readFileSync(file, 'utf8')
  const after = before.replace(/(<!-- settings:begin -->\n)[\s\S]*(<!-- settings:end -->)/, (_all, begin, end) => `${begin}${table}${end}`)
  if (!check) writeFileSync(file, after)
  else if (before !== after) {
    console.error(`The settings table of ${name} is stale: run npm run build && node scripts/readme.mjs`)
    process.exitCode = 1
  }
}
