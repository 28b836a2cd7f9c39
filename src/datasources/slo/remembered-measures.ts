import DataLoader from 'dataloader'
import { type Nanos } from '../../time.ts'
import { type SloDefinition, type SloReport } from './slo.ts'

/** What lists and reports are made of; `at` null = now. One result per definition, in their order. */
export interface Measures {
  reports(definitions: readonly SloDefinition[], at: Nanos | null): Promise<readonly SloReport[]>
  /** What remains of each budget, as a list is ordered by it. */
  remaining(definitions: readonly SloDefinition[], at: Nanos | null): Promise<readonly bigint[]>
}

/** Each objective is measured once a moment that is asked for, however many fields ask; those that ask at once share the queries. */
export function rememberMeasures(measures: Measures): Measures {
  const remembered = <Value>(measure: (definitions: readonly SloDefinition[], at: Nanos | null) => Promise<readonly Value[]>) => {
    const loaders = new Map<Nanos | null, DataLoader<SloDefinition, Value>>()
    return async (definitions: readonly SloDefinition[], at: Nanos | null): Promise<readonly Value[]> => {
      let loader = loaders.get(at)
      if (loader === undefined) loaders.set(at, (loader = new DataLoader((missing) => measure(missing, at))))
      const known = loader
      return Promise.all(definitions.map((definition) => known.load(definition)))
    }
  }
  return { reports: remembered(measures.reports), remaining: remembered(measures.remaining) }
}
