import { type ScaleHint } from '../datasources/runs/runs.ts'
import { type Applied, type Projection } from './projection.ts'
import { parseScaleHint, tenantOfScaleSubject } from './scale-hints.ts'
import { createTableWriter } from './table-writer.ts'

const scaleHints = createTableWriter<ScaleHint>('scale_hints', {
  sequence: ['bigint', (hint) => hint.sequence],
  tenant_id: ['text', (hint) => hint.tenantId],
  at_ns: ['bigint', (hint) => hint.at],
  recommendation: ['text', (hint) => hint.recommendation],
  reason: ['text', (hint) => hint.reason],
  payload: ['text', (hint) => hint.payload],
})

/** What Demon's agents recommend about scale. (contract: demon 4.7) */
export function createScaleProjection(): Projection {
  return {
    name: 'scale_hints',
    stream: 'scale',
    tables: ['scale_hints'],
    tenantOf: tenantOfScaleSubject,
    forget: () => undefined,
    async apply(tx, messages) {
      const hints: ScaleHint[] = []
      const unreadable: Applied['unreadable'][number][] = []
      for (const message of messages) {
        const parsed = parseScaleHint(message)
        if (parsed.readable) hints.push(parsed.hint)
        else unreadable.push({ message, tenantId: parsed.tenantId, reason: parsed.reason })
      }
      await scaleHints.write(tx, hints)
      return { unreadable, commit: () => undefined }
    },
  }
}
