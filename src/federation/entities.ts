import { AppError, badUserInput } from '../errors.ts'
import { type FieldSet, gives } from './field-set.ts'

/** What another subgraph knows of an entity. */
export interface Representation {
  readonly __typename: string
  readonly [field: string]: unknown
}

/**
 * Finds the entities of one type that are named by one set of key fields: once per operation and set, for all of them.
 * @returns one answer for each representation, in their order: the object, null when it does not exist, or why it cannot be told
 */
export type FindEntities<Context> = (
  representations: readonly Representation[],
  context: Context,
) => Promise<readonly (object | Error | null)[]>

/** A type that other subgraphs may ask for. */
export interface EntityType<Context> {
  readonly name: string
  readonly keys: readonly EntityKey<Context>[]
  /** Fields that belong to other subgraphs: where a representation gives them, they are taken from it (`@requires`). */
  readonly external: readonly string[]
}

export interface EntityKey<Context> {
  readonly fields: FieldSet
  readonly find: FindEntities<Context>
}

interface Member {
  readonly position: number
  readonly representation: Representation
  readonly external: readonly string[]
}

const isRepresentation = (value: unknown): value is Representation =>
  typeof value === 'object' && value !== null && '__typename' in value && typeof value.__typename === 'string'

/** The found object under the name it was asked by, with what only the asker knows. The original is shared by loaders: it stays as it is. */
function asAsked(found: object, { representation, external }: Member): object {
  const prototype: unknown = Object.getPrototypeOf(found)
  const copy: object = Object.create(typeof prototype === 'object' ? prototype : null)
  const given = external.filter((name) => representation[name] !== undefined).map((name) => [name, representation[name]])
  return Object.assign(copy, found, Object.fromEntries(given), { __typename: representation.__typename })
}

async function answersOf<Context>(
  { find }: EntityKey<Context>,
  members: readonly Member[],
  context: Context,
): Promise<readonly (object | Error | null)[]> {
  const representations = members.map(({ representation }) => representation)
  try {
    const found = await find(representations, context)
    if (found.length !== members.length) throw new Error('a finder of entities answered for another number of them')
    return found
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    return members.map(() => failure)
  }
}

function choose<Context>(
  types: ReadonlyMap<string, EntityType<Context>>,
  representation: unknown,
): { key: EntityKey<Context>; member: Omit<Member, 'position'> } | AppError {
  if (!isRepresentation(representation)) return badUserInput('A representation is an object with a `__typename`.')
  const name = representation.__typename
  const type = types.get(name)
  if (type === undefined) return badUserInput(`"${name.slice(0, 100)}" is no entity of this subgraph.`)
  const key = type.keys.find(({ fields }) => gives(representation, fields))
  if (key === undefined) return badUserInput(`The representation gives no key of ${name}.`)
  return { key, member: { representation, external: type.external } }
}

/**
 * `Query._entities`: same order and length as the representations. What cannot be understood or found sinks nobody else: it is an error, or
 * null, at its own place. Representations of one type and key set are found together.
 */
export function createEntities<Context>(types: ReadonlyMap<string, EntityType<Context>>) {
  return async (representations: readonly unknown[], context: Context): Promise<(object | Error | null)[]> => {
    const answers: (object | Error | null)[] = representations.map(() => null)
    const groups = new Map<EntityKey<Context>, Member[]>()
    representations.forEach((representation, position) => {
      const chosen = choose(types, representation)
      if (chosen instanceof AppError) {
        answers[position] = chosen
        return
      }
      const members = groups.get(chosen.key) ?? []
      members.push({ ...chosen.member, position })
      groups.set(chosen.key, members)
    })
    await Promise.all(
      [...groups].map(async ([key, members]) => {
        const found = await answersOf(key, members, context)
        members.forEach((member, index) => {
          const answer = found[index] ?? null
          answers[member.position] = answer === null || answer instanceof Error ? answer : asAsked(answer, member)
        })
      }),
    )
    return answers
  }
}
