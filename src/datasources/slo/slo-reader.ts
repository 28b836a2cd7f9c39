import { badUserInput } from '../../errors.ts'
import { type Clock, type Nanos } from '../../time.ts'
import { cutPage } from '../memory-page.ts'
import { type Scope } from '../scope.ts'
import { type Measures } from './remembered-measures.ts'
import { type SloDefinition, type SloFilter, type SloOrder, type SloReader, type SloReport } from './slo.ts'
import { seconds } from './windows.ts'

const fitsDefinition = (definition: SloDefinition, { names, services, sources, nameContains, labels }: SloFilter): boolean =>
  (names == null || names.includes(definition.name)) &&
  (services == null || services.includes(definition.service)) &&
  (sources == null || sources.includes(definition.indicator.source)) &&
  (nameContains == null || definition.name.toLowerCase().includes(nameContains.toLowerCase())) &&
  (labels == null || Object.entries(labels).every(([label, value]) => definition.labels[label] === value))

const fits = (report: SloReport, filter: SloFilter): boolean =>
  fitsDefinition(report.definition, filter) && (filter.statuses == null || filter.statuses.includes(report.status))

export const LARGEST = 9_000_000_000_000_000_000n
export const scaled = (value: number | null, missing: bigint): bigint => {
  if (value === null) return missing
  const whole = Math.round(Math.max(-9e9, Math.min(9e9, value)) * 1e9)
  return BigInt(whole)
}
const highestBurn = ({ tiers }: SloReport): number | null =>
  tiers.reduce<number | null>(
    (most, { long }) => (long.burnRate !== null && (most === null || long.burnRate > most) ? long.burnRate : most),
    null,
  )

/** What a list is ordered by, ascending; ties by name. Unmeasured ones come last. */
const keyOf = (report: SloReport, order: SloOrder): bigint => {
  if (order === 'NAME_ASC') return 0n
  if (order === 'REMAINING_ASC') return scaled(report.budget.remainingRatio, LARGEST)
  const burn = highestBurn(report)
  return burn === null ? LARGEST : -scaled(burn, 0n)
}

/** @throws AppError BAD_USER_INPUT for the future */
export function momentOf(asked: Nanos | null, now: Nanos): Nanos {
  const at = asked ?? now
  if (at > now + seconds(1)) throw badUserInput('`at` lies in the future.', { path: ['at'] })
  return at
}

export interface SloReaderParts {
  readonly definitions: () => Promise<readonly SloDefinition[]>
  readonly scope: Scope
  readonly measures: Measures
  readonly clock: Clock
}

export function createSloReader({ definitions, scope, measures, clock }: SloReaderParts): SloReader {
  const quickList: SloReader['list'] = async (filter, order, page, at) => {
    momentOf(at, clock.now())
    const wanted = (await definitions()).filter((definition) => fitsDefinition(definition, filter))
    const left = order === 'REMAINING_ASC' ? await measures.remaining(wanted, at) : []
    const keys = new Map(wanted.map((definition, index) => [definition, left[index] ?? 0n]))
    const owner = { list: 'slos', order, tenantId: scope.tenantId }
    const cut = cutPage(owner, wanted, (definition) => [keys.get(definition) ?? 0n, definition.name], page)
    const shown = await measures.reports(
      cut.items.map(({ item }) => item),
      at,
    )
    const items = cut.items.flatMap(({ cursor }, index) => {
      const report = shown[index]
      return report === undefined ? [] : [{ cursor, item: report }]
    })
    return { page: { ...cut, items }, total: wanted.length }
  }
  return {
    all: async () => measures.reports(await definitions(), null),
    async find(name, at) {
      const definition = (await definitions()).find((one) => one.name === name)
      return definition === undefined ? null : ((await measures.reports([definition], at))[0] ?? null)
    },
    async list(filter, order, page, at) {
      // the order by what remains needs one window of each objective; all others are measured for the page alone
      if (order !== 'BURN_DESC' && filter.statuses == null) return quickList(filter, order, page, at)
      const wanted = (await measures.reports(await definitions(), at)).filter((report) => fits(report, filter))
      const owner = { list: 'slos', order, tenantId: scope.tenantId }
      return { page: cutPage(owner, wanted, (report) => [keyOf(report, order), report.definition.name], page), total: wanted.length }
    },
  }
}
