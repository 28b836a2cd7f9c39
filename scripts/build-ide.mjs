// Builds assets/ide from ide/ and the IDE's own distribution files, so that the running server needs none of the development packages.
//   node scripts/build-ide.mjs           writes assets/ide
//   node scripts/build-ide.mjs --check   fails when assets/ide is not what it would write
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(root, 'assets', 'ide')
const read = (...path) => readFileSync(join(root, ...path), 'utf8')
const withoutSourceMap = (text) => text.replace(/\n?\/[/*]# sourceMappingURL=.*$/m, '')

const examples = readdirSync(join(root, 'ide', 'examples'))
  .sort()
  .map((file) => read('ide', 'examples', file))

const files = {
  'index.html': read('ide', 'index.html'),
  'ide.js': read('ide', 'ide.js'),
  'ide.css': read('ide', 'ide.css'),
  'favicon.svg': read('ide', 'favicon.svg'),
  'examples.js': `globalThis.orreryExamples = ${JSON.stringify(examples, null, 2)}\n`,
  'react.js': read('node_modules', 'react', 'umd', 'react.production.min.js'),
  'react-dom.js': read('node_modules', 'react-dom', 'umd', 'react-dom.production.min.js'),
  'graphiql.js': withoutSourceMap(read('node_modules', 'graphiql', 'graphiql.min.js')),
  'graphiql.css': withoutSourceMap(read('node_modules', 'graphiql', 'graphiql.min.css')),
  'LICENSES.txt': ['graphiql', 'react', 'react-dom']
    .map((name) => `${name} ${JSON.parse(read('node_modules', name, 'package.json')).version}\n\n${read('node_modules', name, 'LICENSE')}`)
    .join('\n----\n\n'),
}

if (process.argv.includes('--check')) {
  const stale = Object.entries(files).filter(
    ([name, text]) => !existsSync(join(target, name)) || readFileSync(join(target, name), 'utf8') !== text,
  )
  if (stale.length > 0) {
    console.error(`assets/ide is stale (${stale.map(([name]) => name).join(', ')}): run node scripts/build-ide.mjs`)
    process.exit(1)
  }
} else {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(target, name), text)
}
