/** Whether one letter added, left out, changed or two neighbours swapped make one of the other. */
function isOneSlipAway(given: string, known: string): boolean {
  const [short, long] = given.length <= known.length ? [given, known] : [known, given]
  if (long.length - short.length > 1) return false
  let at = 0
  while (at < short.length && short[at] === long[at]) at += 1
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1)
  const swapped = short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2)
  return swapped || short.slice(at + 1) === long.slice(at + 1)
}

/** Shorter names are too near to each other, and to those of other programs. */
const SHORTEST = 8

/**
 * Names in the environment that are no settings, but one slip of a finger away from one that is not given: they were meant, and would
 * silently do nothing. Beside the setting itself they belong to another program.
 * @param settings the names of each setting, all of which say the same
 */
export function misspeltSettings(env: NodeJS.ProcessEnv, settings: readonly (readonly string[])[]): string[] {
  const names = new Set(settings.flat())
  const isGiven = (name: string): boolean => env[name] !== undefined && env[name] !== ''
  const open = settings.filter((aliases) => !aliases.some(isGiven)).flat()
  return Object.keys(env).flatMap((given) => {
    if (given.length < SHORTEST || names.has(given) || !isGiven(given)) return []
    const meant = open.find((name) => isOneSlipAway(given, name))
    return meant === undefined ? [] : [`${given}: there is no such setting; ${meant} was meant, it seems`]
  })
}
