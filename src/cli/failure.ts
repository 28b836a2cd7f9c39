import { ConfigError } from '../config.ts'
import { folderProblems } from '../datasources/sql/data-folder.ts'
import { isAppError } from '../errors.ts'
import { UsageError } from './arguments.ts'

const hasCode = (error: unknown): error is Error & { code: string; port?: number; address?: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** Why the program cannot go on, for a person: no stack, and what to do where that is known. */
export function describeFailure(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} See orrery --help.`
  if (error instanceof ConfigError || isAppError(error)) return error.message
  if (hasCode(error)) {
    if (error.code === 'EADDRINUSE')
      return `Port ${error.port} on ${error.address} is in use. Stop what listens there, or choose another with --port N.`
    if (error.code === 'EADDRNOTAVAIL') return `${error.address} is no address of this machine. Choose another with --host ADDRESS.`
    const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
    if (path !== undefined && error.code === 'ENOENT') return `There is no file ${path}.`
    if (path !== undefined && error.code in folderProblems) return `${path} ${folderProblems[error.code]}`
    if (error.code === 'EACCES' && error.port !== undefined)
      return `This user may not listen on port ${error.port}. Choose another with --port N.`
  }
  return error instanceof Error ? error.message : String(error)
}
