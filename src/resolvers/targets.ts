import { type Context } from '../context.ts'
import { AppError, isAppError } from '../errors.ts'
import { type ApprovalKey as ApprovalKeyInput, type RunKey as RunKeyInput } from '../generated/resolver-types.ts'
import { type Locate } from './refusals.ts'
import { approvalTarget, runTarget } from './node-ids.ts'

interface RunInput {
  readonly run?: string | null
  readonly key?: RunKeyInput | null
}

interface ApprovalInput {
  readonly approval?: string | null
  readonly key?: ApprovalKeyInput | null
}

const keyFields = ['system', 'ritualId', 'runId', 'gateId']
/** Not of the input, but of the caller's identity. */
const ofTheViewer = ['tenantId', 'actor']

/** Finds a field: parts of the key where the caller gave them, by the global id or in `key`. `own` stand beside it. */
export const locateIn =
  (idField: string | null, own: readonly string[] = []): ((input: { readonly key?: object | null }) => Locate) =>
  (input) =>
  (field) => {
    if (ofTheViewer.includes(field)) return null
    if (!keyFields.includes(field) || own.includes(field)) return ['input', field]
    if (input.key != null) return ['input', 'key', field]
    return idField === null ? ['input', field] : ['input', idField]
  }

/** Marks where a target that cannot be read stands: a broken id at the id, neither or both at the input as a whole. */
function located<T>(idField: string, given: boolean, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isAppError(error, 'BAD_USER_INPUT') || !given) throw error
    throw new AppError('BAD_USER_INPUT', error.message, { details: { path: [idField] }, cause: error })
  }
}

/** The run that an input names; null for one of another tenant. @throws AppError BAD_USER_INPUT */
export const targetRun = (ctx: Context, { run, key }: RunInput) =>
  located('run', run != null && key == null, () => runTarget(ctx.scope, { id: run, key }, 'run'))

/** The gate that an input names; null for one of another tenant. @throws AppError BAD_USER_INPUT */
export const targetApproval = (ctx: Context, { approval, key }: ApprovalInput) =>
  located('approval', approval != null && key == null, () => approvalTarget(ctx.scope, { id: approval, key }, 'approval'))
