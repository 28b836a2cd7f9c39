import { createReadStream } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { packageRoot } from '../../root.ts'
import { type PgliteWorkerOptions } from './pglite-protocol.ts'

interface PreparedDataDir {
  readonly options: PgliteWorkerOptions
  /** To be called once the database has started: from then on the directory is kept. */
  started(): Promise<void>
}

const installedPglite = async (): Promise<string> => {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }
  return version
}

/** The template saves running initdb. One of another PGlite version is left aside: slow and right beats fast and broken. */
async function findTemplate(): Promise<{ path: string | null; pglite: string; postgres: string }> {
  const pglite = await installedPglite()
  const template = JSON.parse(await readFile(join(packageRoot, 'assets', 'pglite-template.json'), 'utf8')) as {
    pglite: string
    postgres: number
  }
  const path = join(packageRoot, 'assets', 'pglite-template.tar.gz')
  return { path: template.pglite === pglite ? path : null, pglite, postgres: String(template.postgres) }
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

/**
 * Decides how the database starts. Beside `dir` lies `<dir>.ready`, written after the first successful start: without it `dir` is what a
 * killed first start left behind, holds nothing that was ever acknowledged, and is made anew.
 * @param dir the directory of PGlite itself, or null for memory
 * @throws Error when the directory was made by another major version of PostgreSQL
 */
export async function prepareDataDir(dir: string | null): Promise<PreparedDataDir> {
  const template = await findTemplate()
  if (dir === null) return { options: { dataDir: null, templatePath: template.path }, started: async () => undefined }
  const ready = `${dir}.ready`
  if (!(await exists(ready))) {
    await rm(dir, { recursive: true, force: true })
    // PGlite would unpack it too, whole in memory, and never give that back (measured: 441 MB instead of 350 MB after a first start).
    if (template.path !== null) await pipeline(createReadStream(template.path), createGunzip(), unpackTar(dir))
    return {
      options: { dataDir: dir, templatePath: null },
      started: () => writeFile(ready, `made by PGlite ${template.pglite}\n`),
    }
  }
  const major = (await readFile(join(dir, 'PG_VERSION'), 'utf8')).trim()
  if (major !== template.postgres)
    throw new Error(
      `${dir} holds data of PostgreSQL ${major}; this program embeds PostgreSQL ${template.postgres}. Start with another data directory.`,
    )
  return { options: { dataDir: dir, templatePath: null }, started: async () => undefined }
}
