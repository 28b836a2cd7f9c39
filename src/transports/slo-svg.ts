import { type FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { xml } from '../graph-files/xml.ts'
import { type Clock, formatNanos, type Nanos, parseNanos } from '../time.ts'
import { picturePolicy } from './graph-picture.ts'
import { ownOperations, type OwnOperationParts } from './own-operations.ts'

/** How an objective stands, as the pipeline answers. */
interface Standing {
  readonly name: string
  readonly service: string
  readonly status: string
  readonly window: { readonly startsAt: string }
  readonly errorBudget: { readonly remainingRatio: number | null } | null
  readonly tiers: readonly { readonly name: string; readonly factor: number; readonly reachable: boolean }[]
}

interface Point {
  readonly at: string
  readonly value: number | null
}

interface Series {
  readonly remaining: readonly Point[]
  readonly burn: readonly Point[]
}

interface Range {
  readonly from: Nanos
  readonly to: Nanos
}

const WIDTH = 720
const PLOT = { left: 56, width: 640, height: 150 }
const POINTS = 160

const percent = (value: number | null): string => (value === null ? 'no data' : `${(value * 100).toFixed(1)} %`)

interface Scale {
  readonly top: number
  readonly low: number
  readonly high: number
}

const yOf = (value: number, { top, low, high }: Scale): number =>
  top + PLOT.height - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * PLOT.height

/** A line that is broken where nothing was measured. */
function lineOf(points: readonly Point[], range: Range, scale: Scale): string {
  let path = ''
  let drawing = false
  for (const { at, value } of points) {
    if (value === null) {
      drawing = false
      continue
    }
    const x = PLOT.left + (Number((parseNanos(at) ?? range.from) - range.from) / Number(range.to - range.from)) * PLOT.width
    path += `${drawing ? 'L' : 'M'}${x.toFixed(1)} ${yOf(value, scale).toFixed(1)}`
    drawing = true
  }
  return path
}

function frame(title: string, scale: Scale, marks: readonly { value: number; text: string }[]): string {
  const lines = marks.map(({ value, text }) => {
    const y = yOf(value, scale).toFixed(1)
    return `<line x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${y}" y2="${y}" stroke="#c9ced6" stroke-dasharray="3 3"/><text x="${PLOT.left - 6}" y="${y}" text-anchor="end" dominant-baseline="middle">${xml(text)}</text>`
  })
  return `<text x="${PLOT.left}" y="${scale.top - 10}" font-weight="600">${xml(title)}</text>${lines.join('')}`
}

const valuesOf = (points: readonly Point[]): number[] => points.flatMap(({ value }) => (value === null ? [] : [value]))

/** The burn-down of the budget and the burn rate with its tiers, from the same series that GraphQL gives. */
function drawSlo(slo: Standing, { remaining, burn }: Series, range: Range): string {
  const least = Math.min(0, ...valuesOf(remaining))
  const budget: Scale = { top: 70, low: Math.max(-2, least), high: 1 }
  const factors = slo.tiers.filter(({ reachable }) => reachable)
  const most = Math.max(2, ...valuesOf(burn), ...factors.map(({ factor }) => factor))
  const rates: Scale = { top: 280, low: 0, high: most * 1.05 }
  const { name, service, status, errorBudget } = slo
  const title = `${name} (${service}): ${status}, ${percent(errorBudget?.remainingRatio ?? null)} of the budget left`
  const nothing = valuesOf(burn).length === 0 ? `<text x="${PLOT.left + 12}" y="${rates.top + 20}">Nothing was measured.</text>` : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 470" width="${WIDTH}" height="470" font-family="sans-serif" font-size="11" fill="#2b3038" role="img" aria-label="${xml(title)}">
<title>${xml(title)}</title><rect width="${WIDTH}" height="470" fill="#ffffff"/><text x="${PLOT.left}" y="26" font-size="15" font-weight="600">${xml(title)}</text>
${frame('Error budget left', budget, [
  { value: 1, text: '100 %' },
  { value: 0, text: '0 %' },
  ...(budget.low < 0 ? [{ value: budget.low, text: percent(budget.low) }] : []),
])}<path d="${lineOf(remaining, range, budget)}" fill="none" stroke="#2563a8" stroke-width="1.6"/>
${frame('Burn rate, and where tiers fire', rates, [{ value: 0, text: '0' }, { value: 1, text: '1' }, ...factors.map(({ name: tier, factor }) => ({ value: factor, text: `${tier} ${factor.toFixed(1)}`.slice(-12) }))])}<path d="${lineOf(burn, range, rates)}" fill="none" stroke="#b4460f" stroke-width="1.6"/>${nothing}
<text x="${PLOT.left}" y="456">${xml(formatNanos(range.from))}</text><text x="${PLOT.left + PLOT.width}" y="456" text-anchor="end">${xml(formatNanos(range.to))}</text></svg>
`
}

/** `GET /slos/NAME.svg`: a picture for pages and people, of ordinary operations of the pipeline. */
export function registerSloSvg(app: FastifyInstance, { clock, ...options }: OwnOperationParts & { readonly clock: Clock }): void {
  app.get<{ Params: { file: string } }>('/slos/:file', async (request, reply) => {
    const { file } = request.params
    if (!file.endsWith('.svg')) throw new AppError('NOT_FOUND', 'There is nothing at this address.')
    const name = file.slice(0, -4)
    const run = await ownOperations(options, request, reply)
    const standing = await run<{ slo: Standing | null }>('orrery:slo-standing', { name })
    if (standing === null) return reply
    const from = parseNanos(standing.slo?.window.startsAt)
    if (standing.slo === null || from === null) throw new AppError('NOT_FOUND', 'There is no such objective.')
    const range = { from, to: clock.now() }
    const times = { from: formatNanos(range.from), to: formatNanos(range.to) }
    const series = await run<{ slo: Series | null }>('orrery:slo-series', { name, ...times, points: POINTS })
    if (series === null) return reply
    // ended between the two
    if (series.slo === null) throw new AppError('NOT_FOUND', 'There is no such objective.')
    return reply
      .type('image/svg+xml')
      .header('content-security-policy', picturePolicy)
      .send(drawSlo(standing.slo, series.slo, range))
  })
}
