import { AppError, badUserInput } from '../errors.ts'
import { type Viewer } from './viewer.ts'

/** What may name a tenant: it becomes one token of a subject, so no dots, wildcards or white space; halves of surrogates would all be one tenant. */
const tenantName = /^[^\s.*>\p{Cc}\p{Cs}]{1,128}$/u

export const isTenantName = (text: string): boolean => tenantName.test(text)

/**
 * The viewer in the tenant that the request asks for; the verified identity decides whether it may.
 * @param anyTenant the caller may choose tenants that the identity does not list
 * @throws AppError BAD_USER_INPUT (no tenant's name), FORBIDDEN (same words whether or not the tenant exists)
 */
export function inTenant(viewer: Viewer, wanted: string | null, anyTenant: boolean): Viewer {
  if (wanted === null || wanted === viewer.tenantId) return viewer
  if (!isTenantName(wanted)) throw badUserInput('This is not the name of a tenant.')
  if (!anyTenant && !viewer.tenants.includes(wanted)) throw new AppError('FORBIDDEN', 'You have no access to this tenant.')
  return { ...viewer, tenantId: wanted, tenants: viewer.tenants.includes(wanted) ? viewer.tenants : [...viewer.tenants, wanted] }
}
