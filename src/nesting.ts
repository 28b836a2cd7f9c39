/** What is stored, compared or answered is walked through again, with more on the stack than where it was read: half of what was measured to overflow there. */
export const maxLevels = 1000

/** Whether lists and objects lie within one another deeper than that; whatever the depth, it takes none of the stack. */
export function isNestedTooDeeply(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxLevels) return true
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return false
}
