import { createReadStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { packageRoot } from '../../root.ts'
import { UnusableFolderError } from './data-folder.ts'
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

const NOT_OURS =
  'is not known to be a database of this program: the file beside it whose name ends in .ready is missing. If it is a whole copy of one, make ' +
  'that file, with any content; else move it away, or choose another folder with DATA_DIR.'

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

const isEmpty = async (folder: string): Promise<boolean> => {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return names.length === 0
}

/**
 * Decides how the database starts. Beside `dir` lies `<dir>.making` before anything is put into it, and that becomes `<dir>.ready` after the first
 * successful start. So what a killed first start left behind is known for it: it holds nothing that was ever acknowledged, and is made anew.
 * Nothing else is ever removed.
 * @param dir the directory of PGlite itself, or null for memory
 * @throws Error when the directory was made by another major version of PostgreSQL; UnusableFolderError when it is not known to be ours
 */
export async function prepareDataDir(dir: string | null): Promise<PreparedDataDir> {
  const template = await findTemplate()
  if (dir === null) return { options: { dataDir: null, templatePath: template.path }, started: async () => undefined }
  const ready = `${dir}.ready`
  const making = `${dir}.making`
  if (!(await exists(ready))) {
    if (await exists(making)) await rm(dir, { recursive: true, force: true })
    else if (!(await isEmpty(dir))) throw new UnusableFolderError(dir, NOT_OURS, null)
    await writeFile(making, `made by PGlite ${template.pglite}\n`)
    // PGlite would unpack it too, whole in memory, and never give that back (measured: 441 MB instead of 350 MB after a first start).
    if (template.path !== null) await pipeline(createReadStream(template.path), createGunzip(), unpackTar(dir))
    return {
      options: { dataDir: dir, templatePath: null },
      started: () => rename(making, ready),
    }
  }
  const major = (await readFile(join(dir, 'PG_VERSION'), 'utf8')).trim()
  if (major !== template.postgres)
    throw new Error(
      `${dir} holds data of PostgreSQL ${major}; this program embeds PostgreSQL ${template.postgres}. Start with another data directory.`,
    )
  return { options: { dataDir: dir, templatePath: null }, started: async () => undefined }
}
