import { type Context } from '../context.ts'
import { type ResolversInterfaceTypes, type ResolversTypes } from '../generated/resolver-types.ts'

type Node = ResolversInterfaceTypes<ResolversTypes>['Node']

/** How objects of one type are found by their global id. */
export interface NodeKind {
  /** What the caller must hold: `node` itself is open, so each kind asks for the scope of its own domain's fields. */
  readonly scope: string
  find(ctx: Context, parts: readonly string[]): Promise<Node | null>
}
