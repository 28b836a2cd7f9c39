/** The value of a stored JSON text; the text itself where it is no JSON, since nothing read from a log is hidden. */
export function jsonOfText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
