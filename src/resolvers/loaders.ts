import { type DataSources } from '../datasources/index.ts'
import { type Scope } from '../datasources/scope.ts'

/** Batches by level: one statement for all parents of a field. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Loaders {}

export function createLoaders(_dataSources: DataSources, _scope: Scope): Loaders {
  return {}
}
