import { test } from 'tap'
import { stormOfFaults } from './support/stream-faults.ts'

test('server, log and store killed at random moments: every reader gets every event once, in order', { timeout: 540_000 }, (t) =>
  stormOfFaults(t, { rounds: 4, seed: 5, readers: 40, eventsPerSecond: 300, restlessMs: 2000 }),
)
