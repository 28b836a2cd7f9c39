import { parseScaleHint } from '../projections/scale-hints.ts'
import { type EventFamily } from './event.ts'

/** What Demon's agents recommend about scale. (contract: demon 4.7) */
export const scaleFamily: EventFamily = {
  name: 'scale',
  stream: 'scale',
  subjects: ['demon.scale.v1.*.hints'],
  domains: ['SYSTEM'],
  read(message) {
    const parsed = parseScaleHint(message)
    if (!parsed.readable) return null
    const { hint } = parsed
    return {
      ...{ family: 'scale', stream: 'scale', sequence: message.sequence, subject: message.subject, tenantId: hint.tenantId },
      ...{ domain: 'SYSTEM', system: 'DEMON', type: 'agent.scale.hint:v1', at: hint.at, recordedAt: message.recordedAtNs },
      ...{ severity: 'INFO', labels: [`recommendation=${hint.recommendation}`], refs: {}, nodeIds: [], payload: hint.payload },
    }
  },
}
