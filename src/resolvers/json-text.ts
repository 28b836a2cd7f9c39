import { isNestedTooDeeply } from '../nesting.ts'

/** The value of a stored JSON text; the text itself where it is no JSON or could not be written again for its depth, since nothing read from a log is hidden. */
export function jsonOfText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isNestedTooDeeply(value, text.length) ? text : value
  } catch {
    return text
  }
}
