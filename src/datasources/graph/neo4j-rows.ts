export const numberOf = (value: unknown): number => Number(value)
export const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : [])
export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** The labels of a node at a position, of its spans `[from, to, from, to, ...]`; null where it does not exist there. */
export function labelsAt(spans: readonly number[], labels: readonly string[], position: number): string[] | null {
  for (let at = 0; at < spans.length; at += 2)
    if ((spans[at] ?? 0) <= position && position < (spans[at + 1] ?? 0)) return (labels[at / 2] ?? '').split('\u0001').slice(0, -1)
  return null
}
