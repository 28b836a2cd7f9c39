import { type DocumentNode, type FieldNode, Kind, type OperationDefinitionNode, type SelectionNode, type SelectionSetNode } from 'graphql'
import { fragmentsOf } from './fragments.ts'
import { refuse } from './refused.ts'

export interface Limits {
  readonly maxDepth: number
  readonly maxAliases: number
  readonly maxRootFields: number
  readonly maxDirectives: number
  readonly maxFragmentSpreads: number
}

/** Selections of an operation when every fragment is written out, fragments counted too: what executors and rules may have to look at. */
const maxSelections = 10_000
/** Selection sets within one another, those of fragments too: what is written of an operation is indented by each. */
const maxNesting = 50
/** Introspection has its own depth: the standard query is 15 levels deep. */
const maxIntrospectionDepth = 20
/** Repeats of one response key side by side: comparing them pairwise is quadratic. */
const maxDuplicates = 100

/** What a piece of an operation amounts to, fragments written out. */
export interface Tally {
  depth: number
  introspectionDepth: number
  aliases: number
  directives: number
  selections: number
  /** Selection sets within one another. */
  nesting: number
  /** Fields at the top of the piece. */
  rootFields: number
}

const nothing = (): Tally => ({ depth: 0, introspectionDepth: 0, aliases: 0, directives: 0, selections: 0, nesting: 0, rootFields: 0 })

/**
 * Counts an operation in one pass: linear in the document, because each fragment is counted once, however often it is spread. Needs no schema and
 * no valid document: unknown fragments count nothing, circular ones end where they meet themselves (validation refuses both).
 */
export function tallyOperation(document: DocumentNode, operation: OperationDefinitionNode): Tally {
  const fragments = fragmentsOf(document)
  const counted = new Map<string, Tally>()

  const countFragment = (name: string): Tally => {
    const known = counted.get(name)
    if (known !== undefined) return known
    counted.set(name, nothing())
    const fragment = fragments.get(name)
    const tally = fragment === undefined ? nothing() : countSet(fragment.selectionSet)
    tally.directives += fragment?.directives?.length ?? 0
    counted.set(name, tally)
    return tally
  }

  const countField = (field: FieldNode): Tally => {
    const inner = field.selectionSet === undefined ? nothing() : countSet(field.selectionSet)
    const introspects = field.name.value === '__schema' || field.name.value === '__type'
    return {
      depth: introspects ? 1 : 1 + inner.depth,
      introspectionDepth: introspects ? 1 + inner.depth : inner.introspectionDepth,
      aliases: inner.aliases + (field.alias === undefined ? 0 : 1),
      directives: inner.directives,
      selections: inner.selections + 1,
      nesting: inner.nesting,
      rootFields: 1,
    }
  }

  const countSelection = (selection: SelectionNode): Tally => {
    if (selection.kind === Kind.FIELD) return countField(selection)
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? countSet(selection.selectionSet) : countFragment(selection.name.value)
    return { ...inner, selections: inner.selections + 1 }
  }

  const countSet = (set: SelectionSetNode): Tally => {
    const sum = nothing()
    for (const selection of set.selections) {
      const one = countSelection(selection)
      sum.depth = Math.max(sum.depth, one.depth)
      sum.introspectionDepth = Math.max(sum.introspectionDepth, one.introspectionDepth)
      sum.aliases += one.aliases
      sum.directives += one.directives + (selection.directives?.length ?? 0)
      sum.selections += one.selections
      sum.nesting = Math.max(sum.nesting, one.nesting)
      sum.rootFields += one.rootFields
    }
    sum.nesting++
    return sum
  }

  const tally = countSet(operation.selectionSet)
  tally.directives +=
    (operation.directives?.length ?? 0) +
    (operation.variableDefinitions ?? []).reduce((sum, { directives }) => sum + (directives?.length ?? 0), 0)
  return tally
}

/** Spreads and side-by-side repeats as they are written, over the whole document. */
function tallyText(document: DocumentNode): { spreads: number; duplicates: number } {
  let spreads = 0
  let duplicates = 0
  const walk = (set: SelectionSetNode, keys: Set<string>): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) spreads++
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, keys)
      else {
        const key = (selection.alias ?? selection.name).value
        if (keys.has(key)) duplicates++
        keys.add(key)
        if (selection.selectionSet !== undefined) walk(selection.selectionSet, new Set())
      }
    }
  }
  for (const definition of document.definitions) if ('selectionSet' in definition) walk(definition.selectionSet, new Set())
  return { spreads, duplicates }
}

/** @throws Refused COST (COST_LIMIT_EXCEEDED, `limit` names which) */
export const checkLimit = (limit: string, what: string, actual: number, max: number): void => {
  if (actual > max)
    throw refuse(
      'COST',
      'COST_LIMIT_EXCEEDED',
      `The operation has too many ${what}: ${Math.min(actual, Number.MAX_SAFE_INTEGER)}, and ${max} are allowed.`,
      { limit, max },
    )
}

/**
 * The whole document against what is bounded by its text, each of its operations against the limits of one operation. Runs before validation,
 * whose rules it keeps from exploding (platform 6.2).
 * @throws Refused COST (COST_LIMIT_EXCEEDED, `limit` names which)
 */
export function checkLimits(document: DocumentNode, limits: Limits): void {
  const { spreads, duplicates } = tallyText(document)
  checkLimit('fragmentSpreads', 'fragment spreads', spreads, limits.maxFragmentSpreads)
  checkLimit('duplicates', 'repeated fields', duplicates, maxDuplicates)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const tally = tallyOperation(document, definition)
    checkLimit('depth', 'levels', tally.depth, limits.maxDepth)
    checkLimit('introspectionDepth', 'levels of introspection', tally.introspectionDepth, maxIntrospectionDepth)
    checkLimit('aliases', 'aliases', tally.aliases, limits.maxAliases)
    checkLimit('rootFields', 'root fields', tally.rootFields, limits.maxRootFields)
    checkLimit('directives', 'directives', tally.directives, limits.maxDirectives)
    checkLimit('selections', 'selections', tally.selections, maxSelections)
    checkLimit('nesting', 'selections within one another', tally.nesting, maxNesting + limits.maxDepth)
  }
}
