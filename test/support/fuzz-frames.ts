import { crc32 } from 'node:zlib'
import { FrameDecoder } from '../../src/datasources/craton/frames.ts'
import { WireError } from '../../src/datasources/craton/postcard.ts'

/** A small generator of numbers, so that a failure can be repeated. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Changes bytes, cuts, repeats; half of the results get a right checksum and length, so that they reach the decoder of messages. */
function mutate(frame: Buffer, random: (below: number) => number): Buffer {
  let mutant = Buffer.from(frame)
  for (let changes = 1 + random(4); changes > 0; changes -= 1) {
    const at = random(mutant.length)
    const kind = random(4)
    if (kind === 0) mutant[at] = random(256)
    else if (kind === 1) mutant[at] = (mutant[at] ?? 0) ^ (1 << random(8))
    else if (kind === 2) mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + 1 + random(4))])
    else mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(random(at + 1), at + 1), mutant.subarray(at)])
    if (mutant.length === 0) mutant = Buffer.from([0])
  }
  if (mutant.length > 14 && random(2) === 0) {
    frame.copy(mutant, 0, 0, 6)
    mutant.writeUInt32BE(mutant.length - 14, 6)
    mutant.writeUInt32BE(crc32(mutant.subarray(14)), 10)
  }
  return mutant
}

export interface FuzzOutcome {
  readonly decoded: number
  readonly refused: number
}

/** Feeds mutated frames, each cut somewhere, to the decoder. @throws whatever is not a `WireError` */
export function fuzzFrames({ seeds, count, seed }: { seeds: readonly Buffer[]; count: number; seed: number }): FuzzOutcome {
  const random = randomOf(seed)
  let decoded = 0
  let refused = 0
  for (let round = 0; round < count; round += 1) {
    const frame = seeds[random(seeds.length)]
    if (frame === undefined) continue
    const mutant = mutate(frame, random)
    const cut = random(mutant.length + 1)
    const decoder = new FrameDecoder()
    try {
      decoder.push(mutant.subarray(0, cut))
      decoder.push(mutant.subarray(cut))
      decoded += 1
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      refused += 1
    }
  }
  return { decoded, refused }
}
