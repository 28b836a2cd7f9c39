import { createHash } from 'node:crypto'
import { type GraphDigest } from './traversal.ts'

export type EachNode = (ref: number, labels: readonly string[]) => void
export type EachEdge = (ref: number, from: number, to: number, type: string | null) => void

/** A sum of hashes: the same for the same content, in whatever order it comes. */
export function digestOf(position: number, visit: (node: EachNode, edge: EachEdge) => void): GraphDigest {
  let nodes = 0
  let edges = 0
  let sum = 0n
  const add = (text: string): void => {
    sum = BigInt.asUintN(128, sum + BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`))
  }
  visit(
    (ref, labels) => {
      nodes += 1
      add(`n${ref}:${labels.join('\u0001')}`)
    },
    (ref, from, to, type) => {
      edges += 1
      add(`e${ref}:${from}:${to}:${type ?? '\u0000'}`)
    },
  )
  return { position, nodes, edges, checksum: sum.toString(16).padStart(32, '0') }
}
