interface Branch<T> {
  readonly exact: Map<string, Branch<T>>
  any: Branch<T> | null
  readonly here: Set<T>
  /** Patterns that end in `>` at this place. */
  readonly rest: Set<T>
}

const newBranch = <T>(): Branch<T> => ({ exact: new Map(), any: null, here: new Set(), rest: new Set() })

const isEmpty = <T>(branch: Branch<T>): boolean =>
  branch.exact.size === 0 && branch.any === null && branch.here.size === 0 && branch.rest.size === 0

/**
 * Subjects' patterns as a tree of tokens, so that finding who wants a message does not cost an evaluation per subscriber.
 * `*` is exactly one token, a last `>` one or more, as in NATS.
 */
export interface SubjectIndex<T> {
  add(pattern: string, value: T): void
  remove(pattern: string, value: T): void
  /** Calls `visit` for every value under a pattern that selects `subject`; once per pattern. */
  visit(subject: string, visit: (value: T) => void): void
  isEmpty(): boolean
}

export function createSubjectIndex<T>(): SubjectIndex<T> {
  const root = newBranch<T>()

  const descend = (branch: Branch<T>, tokens: readonly string[], depth: number, visit: (value: T) => void): void => {
    const token = tokens[depth]
    if (token === undefined) return branch.here.forEach(visit)
    branch.rest.forEach(visit)
    const exact = branch.exact.get(token)
    if (exact !== undefined) descend(exact, tokens, depth + 1, visit)
    if (branch.any !== null) descend(branch.any, tokens, depth + 1, visit)
  }

  const prune = (branch: Branch<T>, tokens: readonly string[], depth: number, value: T): void => {
    const token = tokens[depth]
    if (token === undefined) branch.here.delete(value)
    else if (token === '>' && depth === tokens.length - 1) branch.rest.delete(value)
    else {
      const next = token === '*' ? branch.any : branch.exact.get(token)
      if (next == null) return
      prune(next, tokens, depth + 1, value)
      if (!isEmpty(next)) return
      if (token === '*') branch.any = null
      else branch.exact.delete(token)
    }
  }

  return {
    add(pattern, value) {
      const tokens = pattern.split('.')
      let branch = root
      for (const [depth, token] of tokens.entries()) {
        if (token === '>' && depth === tokens.length - 1) {
          branch.rest.add(value)
          return
        }
        if (token === '*') branch = branch.any ??= newBranch<T>()
        else {
          const known = branch.exact.get(token) ?? newBranch<T>()
          branch.exact.set(token, known)
          branch = known
        }
      }
      branch.here.add(value)
    },
    remove: (pattern, value) => prune(root, pattern.split('.'), 0, value),
    visit: (subject, visit) => descend(root, subject.split('.'), 0, visit),
    isEmpty: () => isEmpty(root),
  }
}

/** Whether one of the patterns selects a subject, for checks outside an index. */
export function subjectFilter(patterns: readonly string[]): (subject: string) => boolean {
  const index = createSubjectIndex<true>()
  for (const pattern of patterns) index.add(pattern, true)
  return (subject) => {
    let found = false
    index.visit(subject, () => (found = true))
    return found
  }
}
