import { badUserInput } from '../errors.ts'

const maxCharacters = 500

/**
 * A text to look for anywhere in another. Stores prepare it anew for every row, so that its length multiplies what a search costs.
 * @throws AppError BAD_USER_INPUT when it is too long
 */
export function soughtText(text: string): string {
  if (text.length > maxCharacters) throw badUserInput(`A text to look for may have at most ${maxCharacters} characters.`)
  return text
}
