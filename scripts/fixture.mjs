// `npm run fixture:products`: builds the tests' programs and runs the products subgraph on PORT (default 4001) in this process.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json')], { stdio: ['ignore', 2, 2] })
if (status !== 0) process.exit(status ?? 1)
await import(join(root, 'build', 'test', 'fixtures', 'products', 'server.js'))
