import t from 'tap'
import { testGraphSizes } from './support/graph-sizes.ts'

t.test('graphs of many sizes', { timeout: 300_000 }, (t) => testGraphSizes(t, { hub: 6_000, edges: 20_000, value: 1_000_000 }))
