import { badUserInput } from '../../errors.ts'

/**
 * Whether a pattern of NATS selects a subject: `*` is exactly one token, a last `>` one or more, everything else itself.
 * @returns a check to be called once per message
 */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  if (!/[*>]/.test(pattern)) return (subject) => subject === pattern
  const expression = new RegExp(subjectExpression(pattern), 'su')
  return (subject) => expression.test(subject)
}

/** The same rule as a regular expression that PostgreSQL and JavaScript read alike. */
export function subjectExpression(pattern: string): string {
  const tokens = pattern.split('.')
  const parts = tokens.map((token, index) => {
    if (token === '*') return '[^.]+'
    if (token === '>' && index === tokens.length - 1) return '.+'
    return token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  return `^${parts.join('\\.')}$`
}

/**
 * Refuses what may not be published or asked for as one subject: wildcards, white space, empty tokens (contract: demon 2.4).
 * @throws AppError BAD_USER_INPUT
 */
export function assertPlainSubject(subject: string): void {
  const plain = subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>' && !/[\s\0]/.test(token))
  if (!plain) throw badUserInput('This subject has an empty token, a wildcard or white space in it.')
}
