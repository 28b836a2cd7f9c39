import { type DocumentNode, GraphQLError, Lexer, parse, Source, TokenKind } from 'graphql'
import { coded, refuse, Refused } from './refused.ts'

/** Longer texts than this are refused before they are read: the caches hold texts, so one text must be small. */
export const maxDocumentCharacters = 65_536
/** To say where an error is, GraphQL.js counts the lines before it, for every error anew: a text of empty lines would make each cost milliseconds. */
const maxLines = 5000
/**
 * Brackets within one another. The parser recurses into each, and says there where an error is, by a pattern: V8 ends the process where it compiles one on
 * a stack that is nearly spent.
 */
const maxNesting = 500
const opening: readonly TokenKind[] = [TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]
const closing: readonly TokenKind[] = [TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]

/**
 * Reads a GraphQL document. Nothing else counts as one: a JSON AST as text does not parse (platform D31).
 * @param maxTokens longest document, in tokens; parsing stops there
 * @throws Refused PARSE (GRAPHQL_PARSE_FAILED), COST (COST_LIMIT_EXCEEDED: too long, `limit` names in what)
 */
export function parseDocument(text: string, maxTokens: number): DocumentNode {
  if (text.length > maxDocumentCharacters) throw tooLong('characters', maxDocumentCharacters)
  if (countOf(text, '\n\r') > maxLines) throw tooLong('lines', maxLines)
  try {
    if (countOf(text, '{[(') > maxNesting && isNestedTooDeeply(text, maxTokens))
      throw refuse('COST', 'COST_LIMIT_EXCEEDED', 'The document is nested too deeply.', { limit: 'depth' })
    return parse(text, { maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes(`more that ${maxTokens} tokens`)) throw tooLong('tokens', maxTokens)
    throw new Refused('PARSE', coded('GRAPHQL_PARSE_FAILED', [error]))
  }
}

function countOf(text: string, wanted: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) if (wanted.includes(text[at] ?? '')) count++
  return count
}

/** @throws GraphQLError where the text is none of tokens */
function isNestedTooDeeply(text: string, maxTokens: number): boolean {
  const lexer = new Lexer(new Source(text))
  let levels = 0
  for (let tokens = 0; tokens <= maxTokens; tokens++) {
    const { kind } = lexer.advance()
    if (kind === TokenKind.EOF) return false
    if (opening.includes(kind)) levels++
    else if (closing.includes(kind)) levels--
    if (levels > maxNesting) return true
  }
  return false
}

const tooLong = (limit: string, max: number): Refused =>
  refuse('COST', 'COST_LIMIT_EXCEEDED', `The document is too long: more than ${max} ${limit}.`, { limit, max })
