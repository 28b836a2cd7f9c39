import { type DocumentNode, GraphQLError, parse } from 'graphql'
import { coded, refuse, Refused } from './refused.ts'

/** Longer texts than this are refused before they are read: the caches hold texts, so one text must be small. */
export const maxDocumentCharacters = 65_536
/** To say where an error is, GraphQL.js counts the lines before it, for every error anew: a text of empty lines would make each cost milliseconds. */
const maxLines = 5000

/**
 * Reads a GraphQL document. Nothing else counts as one: a JSON AST as text does not parse (platform D31).
 * @param maxTokens longest document, in tokens; parsing stops there
 * @throws Refused PARSE (GRAPHQL_PARSE_FAILED), COST (COST_LIMIT_EXCEEDED: too long, `limit` names in what)
 */
export function parseDocument(text: string, maxTokens: number): DocumentNode {
  if (text.length > maxDocumentCharacters) throw tooLong('characters', maxDocumentCharacters)
  if (linesOf(text) > maxLines) throw tooLong('lines', maxLines)
  try {
    return parse(text, { maxTokens })
  } catch (error) {
    // a RangeError is the stack of the recursive parser: nesting beyond anything that could pass the depth limit
    if (!(error instanceof GraphQLError))
      throw refuse('COST', 'COST_LIMIT_EXCEEDED', 'The document is nested too deeply.', { limit: 'depth' })
    if (error.message.includes(`more that ${maxTokens} tokens`)) throw tooLong('tokens', maxTokens)
    throw new Refused('PARSE', coded('GRAPHQL_PARSE_FAILED', [error]))
  }
}

function linesOf(text: string): number {
  let lines = 1
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\n' || character === '\r') lines++
  }
  return lines
}

const tooLong = (limit: string, max: number): Refused =>
  refuse('COST', 'COST_LIMIT_EXCEEDED', `The document is too long: more than ${max} ${limit}.`, { limit, max })
