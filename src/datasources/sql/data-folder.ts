import { mkdirSync, mkdtempSync, existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** What the embedded database takes at its first start (measured: 41 MiB), and some room to write into. */
const LEAST_START_BYTES = 67_108_864
/** Below this the log of one large transaction may not find room any more. */
const LEAST_RUN_BYTES = 16_777_216
const PROBE_BYTES = 65_536

/** What is wrong with a file or folder that the program needs, by the system's code. */
export const folderProblems: Readonly<Record<string, string>> = {
  EACCES: 'may not be used by this user. Give it to the user, or choose another with DATA_DIR.',
  EPERM: 'may not be used by this user. Give it to the user, or choose another with DATA_DIR.',
  EROFS: 'is on a disk that can only be read. Choose another with DATA_DIR.',
  ENOSPC: 'is on a full disk. Make room, or choose another with DATA_DIR.',
  EDQUOT: 'is on a full disk. Make room, or choose another with DATA_DIR.',
  EEXIST: 'is a file, and a folder is needed. Choose another with DATA_DIR.',
  ENOTDIR: 'is a file, and a folder is needed. Choose another with DATA_DIR.',
}

/** The data folder cannot hold a database; the message says why and what to do. */
export class UnusableFolderError extends Error {
  constructor(folder: string, problem: string, cause: unknown) {
    super(`${folder} ${problem}`, { cause })
    this.name = 'UnusableFolderError'
  }
}

const problemOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? folderProblems[error.code] : undefined

/** The folder itself, or the nearest one above it that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path))
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(existing(resolve(folder)))
  return bavail * bsize
}

/** @throws UnusableFolderError where the system's code says what is wrong with the folder */
function inFolder(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    const problem = problemOf(error)
    throw problem === undefined ? error : new UnusableFolderError(path, problem, error)
  }
}

/**
 * Writes a little where the folder is or will be, and takes it away again: what a mode says is not what a file system does.
 * @throws UnusableFolderError
 */
export function tryFolder(folder: string): void {
  const path = resolve(folder)
  inFolder(path, () => {
    const probe = mkdtempSync(join(existing(path), '.orrery-probe-'))
    try {
      writeFileSync(join(probe, 'probe'), Buffer.alloc(PROBE_BYTES), { flush: true })
    } finally {
      rmSync(probe, { recursive: true, force: true })
    }
  })
}

/** Makes the folder. @throws UnusableFolderError */
export function makeFolder(folder: string): void {
  tryFolder(folder)
  inFolder(resolve(folder), () => mkdirSync(folder, { recursive: true }))
}

/** Why a database did not start in this folder: for want of room, or for its own reason. */
export function startFailure(folder: string, error: unknown): unknown {
  const free = freeBytes(folder)
  if (free >= LEAST_START_BYTES && problemOf(error) === undefined) return error
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`
  const problem = problemOf(error) ?? `has ${megabytes(free)} left, and a start takes up to ${megabytes(LEAST_START_BYTES)}. Make room.`
  return new UnusableFolderError(resolve(folder), problem, error)
}

/** What a running database lacks, or null. */
export const lackOfRoom = (folder: string): string | null =>
  freeBytes(folder) < LEAST_RUN_BYTES ? 'The disk is full: writes are refused until there is room.' : null
