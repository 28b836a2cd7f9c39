import t from 'tap'
import { testGraphSizes } from '../support/graph-sizes.ts'

t.test('graphs as large as they may be', { timeout: 3_000_000 }, (t) =>
  testGraphSizes(t, { hub: 100_000, edges: 1_000_000, value: 1_000_000 }),
)
