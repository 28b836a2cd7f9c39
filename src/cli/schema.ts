import { print } from 'graphql'
import { serviceSdl, withDefinitions } from '../federation/subgraph.ts'
import { domains, loadTypeDefs } from '../schema.ts'
import { type Arguments, UsageError } from './arguments.ts'

function readDomains(names: string): string[] {
  const wanted = names.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => !domains.includes(name))
  if (unknown.length > 0) throw new UsageError(`There is no subgraph ${unknown.join(', ')}; there are ${domains.join(', ')}.`)
  return wanted
}

/**
 * `orrery schema print`: the whole SDL with every definition, for tools that know no federation. With `--subgraph NAME` (or several, by commas):
 * what that subgraph's `_service` says, for a composer.
 */
export async function schemaCommand({ words, subgraph }: Arguments): Promise<void> {
  if (words[0] !== 'print' || words.length !== 1) throw new UsageError('Say `orrery schema print`.')
  const sdl = subgraph === undefined ? print(withDefinitions(loadTypeDefs())) : serviceSdl(loadTypeDefs(readDomains(subgraph)))
  process.stdout.write(`${sdl}\n`)
}
