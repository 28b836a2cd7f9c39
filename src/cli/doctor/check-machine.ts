import { resolve } from 'node:path'
import { type Config } from '../../config.ts'
import { freeBytes, tryFolder } from '../../datasources/sql/data-folder.ts'
import { isLoopback } from '../../transports/own-host.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

const LEAST_FREE_BYTES = 1_073_741_824

const nodeVersion = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isEnough = major > 20 || (major === 20 && minor >= 19)
  return isEnough
    ? ok('node', `Node ${process.versions.node}.`)
    : fail('node', `Node ${process.versions.node} is too old.`, 'Install Node 20.19 or later.')
}

function dataFolder(dataDir: string): Finding[] {
  try {
    tryFolder(dataDir)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [fail('data folder', message, 'Give the user of this process a folder with room, or choose another with DATA_DIR.')]
  }
  const free = freeBytes(dataDir)
  const text = `${resolve(dataDir)}: ${(free / LEAST_FREE_BYTES).toFixed(1)} GiB free.`
  return [free < LEAST_FREE_BYTES ? warn('data folder', text, 'Make room: a full disk stops every write.') : ok('data folder', text)]
}

/** The process's own surroundings. */
export function checkMachine(config: Config): readonly Finding[] {
  const open = config.authMode === 'none' && !isLoopback(config.host)
  return [
    nodeVersion(),
    ...(config.databaseUrl === undefined ? dataFolder(config.dataDir) : []),
    ...(open
      ? [warn('doors', `Everybody who reaches ${config.host} is the local operator with all rights.`, 'Set AUTH_MODE, or HOST=127.0.0.1.')]
      : []),
  ]
}
