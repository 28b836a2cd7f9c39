import { readFileSync } from 'node:fs'

/**
 * Secrets given as files (`POSTGRES_PASSWORD_FILE=/run/secrets/postgres`), as container platforms mount them. A value given directly wins.
 * @returns the environment with what the files hold, without the line end that editors add
 */
export function withSecretFiles(env: NodeJS.ProcessEnv, secrets: readonly string[], problems: string[]): NodeJS.ProcessEnv {
  const found: NodeJS.ProcessEnv = { ...env }
  for (const name of secrets) {
    const file = env[`${name}_FILE`]
    if (file === undefined || file === '' || (env[name] !== undefined && env[name] !== '')) continue
    try {
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
      if (text === '') problems.push(`${name}_FILE: the file is empty`)
      else found[name] = text
    } catch {
      problems.push(`${name}_FILE: the file cannot be read`)
    }
  }
  return found
}
