import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Who holds a data directory. The start time tells a process from a later one with the same number. */
interface Owner {
  readonly pid: number
  readonly startedAt: string | null
  readonly host: string
}

export interface DataDirLock {
  /** @throws Error when the file is another's by now: it took us for dead, because this process stood still */
  verify(): Promise<void>
  release(): Promise<void>
}

const HEARTBEAT_MS = 2_000
/** A lock of another host (a volume shared by containers) cannot be checked; it counts as live while its file is touched. */
const FOREIGN_STALE_MS = 15_000
const STALE_TURN_MS = 5_000

/** @returns an opaque text that differs between processes that had the same pid, or null when the system does not tell */
function processStart(pid: number): string | null {
  try {
    // Field 22, counted after the command's name, which may itself hold spaces and brackets.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    if (process.platform === 'linux') return null
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2_000 }).trim() || null
  } catch {
    return null
  }
}

function isRunning({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === null || processStart(pid) === startedAt
}

const parseOwner = (text: string): Owner | null => {
  try {
    const { pid, startedAt, host } = JSON.parse(text) as Record<string, unknown>
    if (typeof pid !== 'number' || typeof host !== 'string') return null
    return { pid, startedAt: typeof startedAt === 'string' ? startedAt : null, host }
  } catch {
    // A process killed between creating and filling the file leaves it empty.
    return null
  }
}

async function liveOwner(path: string, text: string): Promise<Owner | null> {
  const owner = parseOwner(text)
  const ageMs = Date.now() - (await stat(path)).mtimeMs
  // Its owner may be about to fill it.
  if (owner === null) return ageMs < 1_000 ? { pid: 0, startedAt: null, host: hostname() } : null
  if (owner.host !== hostname()) return ageMs < FOREIGN_STALE_MS ? owner : null
  return isRunning(owner) ? owner : null
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && (error as NodeJS.ErrnoException).code === code

/**
 * Two processes may judge the same dead lock at once, and one of them may have replaced it by now: they take turns, and whoever has the turn
 * removes only what was judged. A turn whose process was killed ends by its age.
 */
async function removeDead(path: string, judged: string): Promise<void> {
  const turn = `${path}.turn`
  try {
    await mkdir(turn)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    const { mtimeMs } = await stat(turn)
    if (Date.now() - mtimeMs > STALE_TURN_MS) await rmdir(turn)
    else await delay(20)
    return
  }
  try {
    if ((await readFile(path, 'utf8')) === judged) await rm(path)
  } finally {
    await rmdir(turn)
  }
}

/**
 * Takes the data directory for this process: PGlite itself does not, and a second process would lose committed rows.
 * @throws Error naming the directory and the process that has it
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, 'orrery.lock')
  const mine = `${JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid), host: hostname(), nonce: Math.random() })}\n`
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await writeFile(path, mine, { flag: 'wx' })
      return holdLock(path, mine)
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
    try {
      const text = await readFile(path, 'utf8')
      const owner = await liveOwner(path, text)
      if (owner !== null && owner.pid !== 0) throw inUse(dataDir, owner)
      if (owner === null) await removeDead(path, text)
      else await delay(100)
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error
    }
  }
  throw new Error(`The data directory ${dataDir} could not be locked: ${path} keeps changing.`)
}

const inUse = (dataDir: string, { pid, host }: Owner): Error =>
  new Error(
    `The data directory ${dataDir} is in use by process ${pid}${host === hostname() ? '' : ` on ${host}`}. Stop that process, or choose another directory.`,
  )

function holdLock(path: string, mine: string): DataDirLock {
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  const isMine = async (): Promise<boolean> => (await readFile(path, 'utf8').catch(() => null)) === mine
  return {
    async verify() {
      if (!(await isMine())) throw new Error(`The lock ${path} was taken by another process at the same moment.`)
    },
    async release() {
      clearInterval(heartbeat)
      if (await isMine()) await rm(path, { force: true })
    },
  }
}
