import { type DenyReason } from '../auth/permission.ts'
import { isAppError } from '../errors.ts'
import { type InvalidInput, type NotAllowed, type NotFound, type Unavailable } from '../generated/resolver-types.ts'

type Named<T, Name extends string> = T & { readonly __typename: Name }

/** The failing members that every mutation's result union has. */
export type Refusal =
  Named<InvalidInput, 'InvalidInput'> | Named<NotFound, 'NotFound'> | Named<NotAllowed, 'NotAllowed'> | Named<Unavailable, 'Unavailable'>

/** Where in the mutation's argument a field of a data source's input stands; null where the caller did not give it. */
export type Locate = (field: string) => readonly string[] | null

export const notFound = (message: string, path: readonly string[]): Refusal => ({
  __typename: 'NotFound',
  code: 'NOT_FOUND',
  message,
  path,
  retryable: false,
})

const reasons: Readonly<Record<DenyReason, string>> = {
  NOT_AUTHENTICATED: 'Sign in first.',
  MISSING_SCOPE: 'You lack the right to do this.',
  NOT_AN_APPROVER: 'You are not among the approvers.',
  SEPARATION_OF_DUTIES: 'Who asked for a gate may not decide it.',
  ALREADY_TERMINAL: 'The run is over already.',
  READ_ONLY_SOURCE: 'Runs of this system can only be read here.',
  LEGACY_SUBJECT: 'This run lives on 6-token subjects, on which nobody can write.',
}

const nobodyCould: readonly DenyReason[] = ['READ_ONLY_SOURCE', 'LEGACY_SUBJECT']

/** @param scopes the rights that would be enough, where the lack of one is the reason */
export const notAllowed = (reason: DenyReason, ...scopes: readonly string[]): Refusal => ({
  __typename: 'NotAllowed',
  code: nobodyCould.includes(reason) ? 'UNSUPPORTED' : 'NOT_ALLOWED',
  message: reasons[reason],
  path: null,
  retryable: false,
  reason,
  requiredScopes: reason === 'MISSING_SCOPE' || reason === 'NOT_AUTHENTICATED' ? scopes : [],
})

/** What the error of a data source is for a mutation's caller; null when it is none that people branch on. */
function refusalOf(error: unknown, locate: Locate): Refusal | null {
  if (!isAppError(error)) return null
  const { message, details, source } = error
  if (error.code === 'BAD_USER_INPUT') {
    const [field] = Array.isArray(details['path']) ? details['path'] : []
    const path = typeof field === 'string' ? locate(field) : ['input']
    return { __typename: 'InvalidInput', code: 'BAD_USER_INPUT', message, path, retryable: false }
  }
  if (error.code !== 'SOURCE_UNAVAILABLE' || source === undefined) return null
  // Whoever knows more about what was written has said so in the message.
  const whole = details['written'] === undefined ? `${message} Nothing was written.` : message
  return { __typename: 'Unavailable', code: 'SOURCE_UNAVAILABLE', message: whole, path: null, retryable: true, source }
}

/** Runs a mutation; what went wrong in a way that people branch on becomes a member of its union, everything else is thrown. */
export async function answering<T>(locate: Locate, work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work()
  } catch (error) {
    const refusal = refusalOf(error, locate)
    if (refusal === null) throw error
    return refusal
  }
}
