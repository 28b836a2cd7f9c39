import t from 'tap'
import { type LogMessage, type LogStream } from '../src/datasources/log/log.ts'
import { announcementMessage } from '../src/domain-events/announcement.ts'
import { createEventReader } from '../src/domain-events/families.ts'
import { encodeId } from '../src/ids.ts'
import { formatNanos } from '../src/time.ts'

const message = (stream: LogStream, subject: string, payload: unknown, sequence = 7n): LogMessage => ({
  ...{ stream, subject, sequence, messageId: null, recordedAtNs: 5_000_000_000n },
  payload: typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload)),
})
const read = createEventReader()

t.test('events of a run know their domain, severity, labels and run; the subject says whose they are', async (t) => {
  const subject = 'demon.ritual.v1.acme.deploy.r1.events'
  const ts = formatNanos(4_000_000_000n)
  const base = { tenantId: 'evil', ritualId: 'deploy', runId: 'r1', ts }
  t.match(read(message('ritual', subject, { event: 'ritual.failed:v1', ...base, error: 'x', labels: { team: 'core', n: 1, o: {} } })), {
    ...{ family: 'runs', stream: 'ritual', sequence: 7n, tenantId: 'acme', domain: 'RUNS', system: 'DEMON', type: 'ritual.failed:v1' },
    ...{ at: 4_000_000_000n, recordedAt: 5_000_000_000n, severity: 'ERROR', labels: ['ritual=deploy', 'team=core', 'n=1'] },
    refs: { run: encodeId('Run', ['DEMON', 'acme', 'deploy', 'r1']) },
  })
  const denied = { event: 'approval.denied:v1', ...base, gateId: 'g', approver: 'a', reason: 'no', tags: ['x', 3] }
  t.match(read(message('ritual', subject, denied)), { domain: 'APPROVALS', severity: 'WARNING', labels: ['ritual=deploy', 'gate=g', 'x'] })
  t.match(read(message('ritual', subject, { event: 'policy.decision:v1', ...base, decision: { allowed: false } })), { severity: 'WARNING' })
  t.match(read(message('ritual', subject, { event: 'something.new:v9' })), {
    type: 'something.new:v9',
    severity: 'INFO',
    at: 5_000_000_000n,
  })
  t.equal(read(message('ritual', subject, 'no json')), null)
})

t.test('what a domain announces comes back as it was said', async (t) => {
  const written = announcementMessage({
    ...{ tenantId: 'acme', domain: 'STORAGE', type: 'record.appended:v1', at: 1_234_567_890_123_456_789n, severity: 'CRITICAL' },
    ...{ labels: ['class=PHI'], refs: { stream: 'S', run: 'R' }, nodeIds: ['n'], data: { offset: 3 } },
  })
  t.equal(written.subject, 'orrery.events.v1.acme.storage.record')
  t.match(read(message('orrery', written.subject, Buffer.from(written.payload).toString())), {
    ...{ family: 'announcements', tenantId: 'acme', domain: 'STORAGE', system: 'ORRERY', type: 'record.appended:v1' },
    ...{ at: 1_234_567_890_123_456_789n, severity: 'CRITICAL', labels: ['class=PHI'], refs: { stream: 'S', run: 'R' }, nodeIds: ['n'] },
  })
  t.match(read(message('orrery', 'orrery.events.v1.acme.slo.status', {})), { domain: 'SLO', type: 'unknown', severity: 'INFO', refs: {} })
  t.equal(read(message('orrery', 'orrery.entity.Run.abc', {})), null, 'entity stubs are no events')
  t.equal(read(message('orrery', 'orrery.events.v1.*.slo.status', {})), null, 'a wildcard is no tenant')
})

t.test('scale hints belong to the system', async (t) => {
  const hint = { event: 'agent.scale.hint:v1', recommendation: 'scale_up', ts: formatNanos(1n) }
  t.match(read(message('scale', 'demon.scale.v1.acme.hints', hint)), {
    domain: 'SYSTEM',
    tenantId: 'acme',
    labels: ['recommendation=SCALE_UP'],
  })
  t.equal(read(message('scale', 'demon.ritual.v1.acme.a.b.events', hint)), null)
})
