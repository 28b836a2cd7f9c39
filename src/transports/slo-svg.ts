import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { denyByScope, type Viewer } from '../auth/viewer.ts'
import { type DataSources } from '../datasources/index.ts'
import { type SeriesPoint, type SloReport } from '../datasources/slo/slo.ts'
import { AppError } from '../errors.ts'
import { formatNanos, type Nanos } from '../time.ts'

export interface SloSvgOptions {
  readonly dataSources: Pick<DataSources, 'slo'>
  readonly authenticate: (headers: FastifyRequest['headers']) => Promise<Viewer>
}

const WIDTH = 720
const PLOT = { left: 56, width: 640, height: 150 }
const POINTS = 160

const escape = (text: string): string => text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`)
const percent = (value: number | null): string => (value === null ? 'no data' : `${(value * 100).toFixed(1)} %`)

interface Scale {
  readonly top: number
  readonly low: number
  readonly high: number
}

const yOf = (value: number, { top, low, high }: Scale): number =>
  top + PLOT.height - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * PLOT.height

/** A line that is broken where nothing was measured. */
function lineOf(points: readonly SeriesPoint[], range: { from: Nanos; to: Nanos }, scale: Scale): string {
  let path = ''
  let drawing = false
  for (const { at, value } of points) {
    if (value === null) {
      drawing = false
      continue
    }
    const x = PLOT.left + (Number(at - range.from) / Number(range.to - range.from)) * PLOT.width
    path += `${drawing ? 'L' : 'M'}${x.toFixed(1)} ${yOf(value, scale).toFixed(1)}`
    drawing = true
  }
  return path
}

function frame(title: string, scale: Scale, marks: readonly { value: number; text: string }[]): string {
  const lines = marks.map(({ value, text }) => {
    const y = yOf(value, scale).toFixed(1)
    return `<line x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${y}" y2="${y}" stroke="#c9ced6" stroke-dasharray="3 3"/><text x="${PLOT.left - 6}" y="${y}" text-anchor="end" dominant-baseline="middle">${escape(text)}</text>`
  })
  return `<text x="${PLOT.left}" y="${scale.top - 10}" font-weight="600">${escape(title)}</text>${lines.join('')}`
}

const valuesOf = (points: readonly SeriesPoint[]): number[] => points.flatMap(({ value }) => (value === null ? [] : [value]))

/** The burn-down of the budget and the burn rate with its tiers, from the same series that GraphQL gives. */
export function drawSlo(
  report: SloReport,
  remaining: readonly SeriesPoint[],
  burn: readonly SeriesPoint[],
  range: { from: Nanos; to: Nanos },
): string {
  const least = Math.min(0, ...valuesOf(remaining))
  const budget: Scale = { top: 70, low: Math.max(-2, least), high: 1 }
  const factors = report.tiers.filter(({ reachable }) => reachable)
  const most = Math.max(2, ...valuesOf(burn), ...factors.map(({ factor }) => factor))
  const rates: Scale = { top: 280, low: 0, high: most * 1.05 }
  const { name, service } = report.definition
  const title = `${name} (${service}): ${report.status}, ${percent(report.budget.remainingRatio)} of the budget left`
  const nothing = valuesOf(burn).length === 0 ? `<text x="${PLOT.left + 12}" y="${rates.top + 20}">Nothing was measured.</text>` : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 470" width="${WIDTH}" height="470" font-family="sans-serif" font-size="11" fill="#2b3038" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title><rect width="${WIDTH}" height="470" fill="#ffffff"/><text x="${PLOT.left}" y="26" font-size="15" font-weight="600">${escape(title)}</text>
${frame('Error budget left', budget, [
  { value: 1, text: '100 %' },
  { value: 0, text: '0 %' },
  ...(budget.low < 0 ? [{ value: budget.low, text: percent(budget.low) }] : []),
])}<path d="${lineOf(remaining, range, budget)}" fill="none" stroke="#2563a8" stroke-width="1.6"/>
${frame('Burn rate, and where tiers fire', rates, [{ value: 0, text: '0' }, { value: 1, text: '1' }, ...factors.map(({ name: tier, factor }) => ({ value: factor, text: `${tier} ${factor.toFixed(1)}`.slice(-12) }))])}<path d="${lineOf(burn, range, rates)}" fill="none" stroke="#b4460f" stroke-width="1.6"/>${nothing}
<text x="${PLOT.left}" y="456">${escape(formatNanos(range.from))}</text><text x="${PLOT.left + PLOT.width}" y="456" text-anchor="end">${escape(formatNanos(range.to))}</text></svg>
`
}

/** `GET /slos/NAME.svg`: a picture for pages and people. */
export function registerSloSvg(app: FastifyInstance, { dataSources, authenticate }: SloSvgOptions): void {
  app.get<{ Params: { file: string } }>('/slos/:file', async (request, reply) => {
    const { file } = request.params
    if (!file.endsWith('.svg')) throw new AppError('NOT_FOUND', 'There is nothing at this address.')
    const viewer = await authenticate(request.headers)
    const denied = denyByScope(viewer, 'slo:read')
    if (denied === 'NOT_AUTHENTICATED') throw new AppError('UNAUTHENTICATED', 'Send a token or an API key.')
    if (denied !== null) throw new AppError('FORBIDDEN', 'This needs the scope slo:read.')
    const scope = { tenantId: viewer.tenantId }
    const report = await dataSources.slo.find(scope, file.slice(0, -4), null)
    if (report === null) throw new AppError('NOT_FOUND', 'There is no such objective.')
    const range = { from: report.windowFrom, to: report.at }
    const [remaining, burn] = await Promise.all([
      dataSources.slo.series(scope, report, { kind: 'REMAINING', ...range, maxPoints: POINTS }),
      dataSources.slo.series(scope, report, { kind: 'BURN_RATE', ...range, maxPoints: POINTS }),
    ])
    return reply
      .type('image/svg+xml')
      .header('cache-control', 'no-store')
      .send(drawSlo(report, remaining, burn, range))
  })
}
