/** What is stored, compared or answered is walked through again, with more on the stack than where it was read: half of what was measured to overflow there. */
const maxLevels = 1000

/**
 * Whether lists and objects lie within one another deeper than that; whatever the depth, it takes none of the stack.
 * @param length of the value as JSON: most are too short for so many levels
 */
export function isNestedTooDeeply(value: unknown, length: number): boolean {
  // a level is two brackets
  if (length <= 2 * maxLevels) return false
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxLevels) return true
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return false
}
