// Writes the settings table of README.md from the one list that also reads them (src/settings.ts, compiled by `npm run build`).
//   node scripts/readme.mjs           writes it
//   node scripts/readme.mjs --check   fails when README.md shows another one
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { settingsTable } = await import(join(root, 'dist', 'cli', 'settings-table.js'))
const file = join(root, 'README.md')
const before = readFileSync(file, 'utf8')
const after = before.replace(
  /(<!-- settings:begin -->\n)[\s\S]*(<!-- settings:end -->)/,
  (_all, begin, end) => `${begin}${settingsTable()}${end}`,
)

if (process.argv.includes('--check')) {
  if (before !== after) {
    console.error('The settings table of README.md is stale: run npm run build && node scripts/readme.mjs')
    process.exit(1)
  }
} else writeFileSync(file, after)
