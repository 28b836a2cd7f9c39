import { isNestedTooDeeply, maxLevels } from '../nesting.ts'

/** The value of a stored JSON text; the text itself where it is no JSON or could not be written again for its depth, since nothing read from a log is hidden. */
export function jsonOfText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // a level is two brackets
    return text.length > 2 * maxLevels && isNestedTooDeeply(value) ? text : value
  } catch {
    return text
  }
}
