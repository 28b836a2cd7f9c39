import { print } from 'graphql'
import { loadTypeDefs } from '../schema.ts'
import { type Arguments, UsageError } from './arguments.ts'

/** `orrery schema print`: the SDL with its directives, as written in schema/. */
export async function schemaCommand({ words }: Arguments): Promise<void> {
  if (words[0] !== 'print' || words.length !== 1) throw new UsageError('Say `orrery schema print`.')
  process.stdout.write(`${print(loadTypeDefs())}\n`)
}
