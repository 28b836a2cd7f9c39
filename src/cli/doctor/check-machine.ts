import { existsSync, mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Config } from '../../config.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

const LEAST_FREE_BYTES = 1_073_741_824

const nodeVersion = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isEnough = major > 20 || (major === 20 && minor >= 19)
  return isEnough
    ? ok('node', `Node ${process.versions.node}.`)
    : fail('node', `Node ${process.versions.node} is too old.`, 'Install Node 20.19 or later.')
}

/** The folder itself, or the nearest one above it that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path))
}

function dataFolder(dataDir: string): Finding[] {
  const path = resolve(dataDir)
  const folder = existing(path)
  try {
    // What the mode says is not what the file system does: only a write tells.
    rmdirSync(mkdtempSync(join(folder, '.orrery-doctor-')))
  } catch {
    return [fail('data folder', `${path} cannot be written.`, 'Give the user of this process the folder, or choose another with DATA_DIR.')]
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${path}: ${(free / LEAST_FREE_BYTES).toFixed(1)} GiB free.`
  return [free < LEAST_FREE_BYTES ? warn('data folder', text, 'Make room: a full disk stops every write.') : ok('data folder', text)]
}

/** The process's own surroundings. */
export function checkMachine(config: Config): readonly Finding[] {
  const open = config.authMode === 'none' && config.host !== '127.0.0.1' && config.host !== 'localhost' && config.host !== '::1'
  return [
    nodeVersion(),
    ...(config.databaseUrl === undefined ? dataFolder(config.dataDir) : []),
    ...(open
      ? [warn('doors', `Everybody who reaches ${config.host} is the local operator with all rights.`, 'Set AUTH_MODE, or HOST=127.0.0.1.')]
      : []),
  ]
}
