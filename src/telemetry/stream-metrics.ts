import { Counter, Gauge, type Registry } from 'prom-client'

/** What the transports and the subscriber tell about streams. */
export interface StreamStats {
  readonly streams: number
  /** Groups of readers that ask the same and share one execution. */
  readonly groups: number
  /** How often a reader fell behind its group and went on alone, at its own pace. */
  readonly behind: number
  readonly sockets: number
  readonly responses: number
  /** Readers that were cut off because they left full buffers unread. */
  readonly cutOff: number
}

/** `orrery_stream_*`: read when somebody scrapes. */
export function addStreamMetrics(registry: Registry, read: () => StreamStats): void {
  const gauge = (name: string, help: string, of: (stats: StreamStats) => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(of(read())) })
  }
  const total = (name: string, help: string, of: (stats: StreamStats) => number): void => {
    const made: Counter = new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        made.reset()
        made.inc(of(read()))
      },
    })
  }
  gauge('orrery_stream_readers', 'Subscriptions open now', ({ streams }) => streams)
  gauge('orrery_stream_groups', 'Executions that readers who ask the same share', ({ groups }) => groups)
  gauge('orrery_stream_sockets', 'WebSockets open now', ({ sockets }) => sockets)
  gauge('orrery_stream_responses', 'Responses that go on (SSE, multipart)', ({ responses }) => responses)
  total('orrery_stream_behind_total', 'Times that a reader fell behind and went on alone', ({ behind }) => behind)
  total('orrery_stream_cut_off_total', 'Readers that were cut off because they did not read', ({ cutOff }) => cutOff)
}
