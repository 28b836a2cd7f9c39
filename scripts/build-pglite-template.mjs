// Makes assets/pglite-template.tar.gz: a fresh data directory of the installed PGlite, so that a first start need not run initdb (5-13 s).
// Run it after each bump of @electric-sql/pglite.
import { createRequire } from 'node:module'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'

const assets = join(import.meta.dirname, '..', 'assets')
const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'))

const db = await PGlite.create()
await db.exec('vacuum freeze analyze')
await db.exec('checkpoint')
const { rows } = await db.query("select current_setting('server_version_num')::int / 10000 as major")
const template = new Uint8Array(await (await db.dumpDataDir('gzip')).arrayBuffer())
await db.close()

await mkdir(assets, { recursive: true })
await writeFile(join(assets, 'pglite-template.tar.gz'), template)
await writeFile(join(assets, 'pglite-template.json'), `${JSON.stringify({ pglite: version, postgres: rows[0].major })}\n`)
console.log(`assets/pglite-template.tar.gz: ${template.byteLength} bytes, PGlite ${version}, PostgreSQL ${rows[0].major}`)
