import { ConfigError } from '../config.ts'
import { isAppError } from '../errors.ts'
import { UsageError } from './arguments.ts'

const hasCode = (error: unknown): error is Error & { code: string; port?: number; address?: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** What is wrong with a file or folder that the program needs. */
const folderProblems: Readonly<Record<string, string>> = {
  EACCES: 'may not be used by this user. Give it to the user, or choose another with DATA_DIR.',
  EPERM: 'may not be used by this user. Give it to the user, or choose another with DATA_DIR.',
  EROFS: 'is on a disk that can only be read. Choose another with DATA_DIR.',
  ENOSPC: 'is on a full disk. Make room, or choose another with DATA_DIR.',
  EDQUOT: 'is on a full disk. Make room, or choose another with DATA_DIR.',
  EEXIST: 'is a file, and a folder is needed. Choose another with DATA_DIR.',
  ENOTDIR: 'is a file, and a folder is needed. Choose another with DATA_DIR.',
}

/** Why the program cannot go on, for a person: no stack, and what to do where that is known. */
export function describeFailure(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} See orrery --help.`
  if (error instanceof ConfigError || isAppError(error)) return error.message
  if (hasCode(error)) {
    if (error.code === 'EADDRINUSE')
      return `Port ${error.port} on ${error.address} is in use. Stop what listens there, or choose another with --port N.`
    if (error.code === 'EADDRNOTAVAIL') return `${error.address} is no address of this machine. Choose another with --host ADDRESS.`
    const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
    if (path !== undefined && error.code in folderProblems) return `${path} ${folderProblems[error.code]}`
    if (error.code === 'EACCES' && error.port !== undefined)
      return `This user may not listen on port ${error.port}. Choose another with --port N.`
  }
  return error instanceof Error ? error.message : String(error)
}
