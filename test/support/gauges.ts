/** What runs, waits or listens in a server for somebody outside. */
export const outsideGauges = [
  'orrery_operations_active',
  'orrery_stream_readers',
  'orrery_stream_groups',
  'orrery_stream_sockets',
  'orrery_stream_responses',
] as const

/** The metrics of a server that have no labels, or a type alone, by their names as they are written. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).matchAll(/^(\w+(?:\{type="\w+"\})?) (\S+)$/gm)
  return new Map([...lines].map(([, name = '', value = '']) => [name, Number(value)]))
}
