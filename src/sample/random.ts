/** A small seeded generator, so that every first start shows the same sample. */
export interface Random {
  /** 0 <= x < 1 */
  next(): number
  /** A whole number, both ends included. */
  between(min: number, max: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
  /** True with this probability, 0..1. */
  chance(probability: number): boolean
}

/** mulberry32: good enough for scenery, and the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
    chance: (probability) => next() < probability,
  }
}
